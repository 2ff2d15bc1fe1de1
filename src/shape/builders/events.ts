import type { EventPattern } from "../pattern.ts";
import type { Conditions, NameArgument } from "./arguments.ts";
import { countOf, predicatesOf, textTestOf } from "./arguments.ts";

/** An event of a span; immutable. */
export interface EventBuilder {
  readonly part: "event";
  readonly event: EventPattern;
  /** `times(2)`, `times(1, 3)`, `times(0)`: so many events match and no more. Without it at least one. */
  readonly times: (min: number, max?: number) => EventBuilder;
  /** Conditions on the event's attributes, all of which must hold. */
  readonly where: (conditions: Conditions) => EventBuilder;
}

export function eventOf(name?: NameArgument): EventBuilder {
  return eventBuilder({ ...(name === undefined ? {} : { name: textTestOf(name) }), predicates: [] });
}

function eventBuilder(event: EventPattern): EventBuilder {
  return {
    part: "event",
    event,
    times: (min, max = min) => eventBuilder({ ...event, count: countOf(min, max) }),
    where: (conditions) => eventBuilder({ ...event, predicates: [...event.predicates, ...predicatesOf(conditions)] }),
  };
}

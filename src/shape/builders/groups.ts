import type { Count, Group, GroupType } from "../pattern.ts";
import { countOf } from "./arguments.ts";
import type { ItemBuilder } from "./parts.ts";

/** A group of items; immutable. */
export interface GroupBuilder extends ItemBuilder<Group> {
  /** `times(2)`, `times(1, 3)`, `times(1, Infinity)`: the group as a whole so often and no more. */
  readonly times: (min: number, max?: number) => GroupBuilder;
}

export function grouper(type: GroupType): (...items: readonly ItemBuilder[]) => GroupBuilder {
  return (...items) => groupBuilder(type, items);
}

function groupBuilder(type: GroupType, items: readonly ItemBuilder[], count?: Count): GroupBuilder {
  const counted = count === undefined ? {} : { count };
  return {
    part: "item",
    made: (unsaid, around) => ({ type, items: items.map(({ made }) => made(unsaid, around)), ...counted }),
    times: (min, max = min) => groupBuilder(type, items, countOf(min, max)),
  };
}

import type { Span, SpanEvent } from "../../trace/span.ts";
import type { EventPattern } from "../pattern.ts";
import type { Captured } from "./predicate.ts";
import { attributeReader, captureOf, predicateTester } from "./predicate.ts";
import { captureKeys, textTester } from "./text-test.ts";

/** What is asked of a span's events, compiled. */
export interface EventTest {
  readonly source: EventPattern;
  /** The captures that its predicates compare with. */
  readonly captures: readonly string[];
  /** How many events match. Without `captured` a capture is any value that the event has. */
  readonly count: (span: Span, captured?: Captured) => number;
  readonly holds: (span: Span, captured?: Captured) => boolean;
  /** The values, as {@link captureKeys}, with which a capture would let an event match. */
  readonly keysOf: (span: Span, capture: string) => readonly string[];
}

/** Without a count one event is enough; with a count so many match and no more, 0 included. */
export function eventTest(source: EventPattern): EventTest {
  const fitsName = source.name === undefined ? () => true : textTester(source.name);
  const tests = source.predicates.map((predicate) => ({
    valueOf: attributeReader(predicate.key),
    capture: captureOf(predicate),
    holds: predicateTester(predicate, false),
  }));
  const matches = (event: SpanEvent, captured?: Captured): boolean => {
    return fitsName(event.name) && tests.every(({ valueOf, holds }) => holds(valueOf(event.attributes), captured));
  };
  const count: EventTest["count"] = ({ events }, captured) => {
    return events.reduce((sum, event) => sum + (matches(event, captured) ? 1 : 0), 0);
  };
  const { min, max } = source.count ?? { min: 1, max: Infinity };
  return {
    source,
    captures: tests.flatMap(({ capture }) => capture ?? []),
    count,
    holds: (span, captured) => {
      const found = count(span, captured);
      return min <= found && found <= max;
    },
    keysOf: ({ events }, name) => {
      const found = events
        .filter((event) => matches(event))
        .flatMap((event) => {
          const values = tests
            .filter(({ capture }) => capture === name)
            .map(({ valueOf }) => valueOf(event.attributes));
          return values.flatMap((value) => (value === undefined ? [] : captureKeys(value)));
        });
      return [...new Set(found)];
    },
  };
}

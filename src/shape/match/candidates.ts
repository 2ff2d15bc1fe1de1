import type { Keys, Meetings, Range } from "./meetings.ts";

/** The most combinations of values that are tried for one span that is judged by a scope. */
const COMBINATIONS_MAX = 10_000;

/** The most combinations that are held on the way to them. */
const HELD_MAX = 10 * COMBINATIONS_MAX;

/** A value for each capture of a scope, in the order of their names; `undefined` is one that occurs nowhere. */
export type Combination = readonly (string | undefined)[];

/** A use of captures as the search for their values looks at it. */
export interface Use {
  readonly meetings: Meetings;
  readonly ranges: readonly Range[];
  /** The captures, by number, for which some span must have a value; none where no span must match. */
  readonly required: readonly number[];
}

export interface Candidates {
  /** `undefined`: too many to try. */
  readonly combinations: readonly Combination[] | undefined;
  /** How many spans were looked at to find them. */
  readonly looked: number;
}

/**
 * The values that `captureCount` captures may have. A value must be found at every required use, and the values of a use
 * with several captures on one span; a capture without a required use may be any value of its uses, or one that occurs
 * nowhere.
 */
export function candidatesOf(captureCount: number, uses: readonly Use[]): Candidates {
  // Those with most captures first: they say which values go together. Then those that leave fewest.
  const joined = uses
    .filter(({ required }) => required.length > 0)
    .map((use) => ({ ...use, count: use.meetings.countIn(use.ranges) }))
    .toSorted((a, b) => b.required.length - a.required.length || a.count - b.count);
  let looked = 0;
  let found: readonly Combination[] = [Array.from({ length: captureCount }, () => undefined)];
  for (const use of joined) {
    const next = new Map<string, Combination>();
    for (const combination of found) {
      for (const keys of keysFor(combination, use)) {
        looked++;
        for (const extended of extendedBy(combination, keys, use.required)) {
          next.set(JSON.stringify(extended), extended);
          if (next.size > HELD_MAX) return { combinations: undefined, looked };
        }
      }
    }
    found = [...next.values()];
  }
  for (let capture = 0; capture < captureCount; capture++) {
    if (joined.some(({ required }) => required.includes(capture))) continue;
    const values = new Set<string>();
    for (const { meetings, ranges } of uses) {
      for (const keys of meetings.keysIn(ranges)) {
        looked++;
        for (const key of keys[capture] ?? []) values.add(key);
      }
    }
    if (found.length * (values.size + 1) > HELD_MAX) return { combinations: undefined, looked };
    found = found.flatMap((combination) => {
      return [combination, ...Array.from(values, (value) => combination.with(capture, value))];
    });
  }
  return { combinations: found.length > COMBINATIONS_MAX ? undefined : found, looked };
}

/** What the spans of a use offer that may go with a combination: with its values, if it has any that the use compares. */
function keysFor(combination: Combination, { meetings, ranges, required }: Use): Iterable<Keys> {
  for (const capture of required) {
    const key = combination[capture];
    if (key !== undefined) return meetings.keysWith(capture, key, ranges);
  }
  return meetings.keysIn(ranges);
}

/** The combination with each choice of keys for the captures that have no value yet; none if one has another value. */
function* extendedBy(combination: Combination, keys: Keys, captures: readonly number[]): Generator<Combination> {
  const [capture, ...others] = captures;
  if (capture === undefined) {
    yield combination;
    return;
  }
  const value = combination[capture];
  for (const key of keys[capture] ?? []) {
    if (value === undefined) yield* extendedBy(combination.with(capture, key), keys, others);
    else if (value === key) yield* extendedBy(combination, keys, others);
  }
}

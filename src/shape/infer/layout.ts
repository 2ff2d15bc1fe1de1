import type { SpanNode } from "../../trace/tree.ts";
import type { Evidence, Siblings } from "./evidence.ts";
import type { Keys } from "./keys.ts";
import { digestKeys, headKeys, keysOver } from "./keys.ts";
import { loopBodies, loopsIn, repeatsIn } from "./loops.ts";
import type { Step, Together } from "./order.ts";
import { stepsOf } from "./order.ts";
import type { Cluster, Parts, Piece, Sighting } from "./pieces.ts";
import {
  clusterOf,
  clustersOf,
  grouped,
  loopKey,
  partedBySameEnds,
  piecesOf,
  sequenceOf,
  sightingsIn,
} from "./pieces.ts";
import type { Slot, SpanSlot } from "./slot.ts";
import { countOver, isRequired, stepsIn } from "./slot.ts";

/** A list of more steps says no more than which spans it may hold. */
const STEPS_MAX = 5000;
const KEYS_MAX = 1000;
/** How many siblings may start at once and still be in order with others. */
const TIES_MAX = 4;
/** More ways than this are no choice but chance. */
const WAYS_MAX = 4;
/** A loop that stands in the only list, or in equal ones, is one from so many rounds on. */
const ROUNDS_MIN = 3;

/** The places that several lists have in common, as exact as they allow; each list holds by them. */
export function layOut(lists: readonly Siblings[], evidence: Evidence): readonly Slot[] {
  const [first, ...others] = lists.map((siblings) =>
    siblings.map((run) => run.map(evidence.digestOf).join(" ")).join(),
  );
  const isOne = others.every((other) => other === first);
  const slots = isOne ? laidOutOnce(lists, digestKeys(evidence)) : laidOutOver(lists, keysOver(lists, evidence));
  return stepsIn(slots) > STEPS_MAX ? layOutLoosely(lists, evidence) : slots;
}

/** As {@link layOut}, but in no order at all where so many siblings start at once that nobody could decide theirs. */
export function layOutCalmly(lists: readonly Siblings[], evidence: Evidence): readonly Slot[] {
  return lists.some(hasManyTies) ? layOutLoosely(lists, evidence) : layOut(lists, evidence);
}

function hasManyTies(siblings: Siblings): boolean {
  if (siblings.length < 2) return false;
  const tied = new Map<bigint, number>();
  for (const { span } of siblings.flat()) {
    const { startTimeUnixNano: start } = span;
    tied.set(start, (tied.get(start) ?? 0) + 1);
  }
  return [...tied.values()].some((count) => count > TIES_MAX);
}

/** The places of several lists in no order at all. */
export function layOutLoosely(lists: readonly Siblings[], evidence: Evidence): readonly Slot[] {
  const keys = headKeys(evidence);
  const bags = lists.map((siblings) => clusterOf(siblings.flat(), keys.keyOf));
  const slots = clusterSlots(bags, keys);
  if (stepsIn(slots) <= STEPS_MAX) return slots;
  const [bag] = slots;
  const items = bag?.type === "any-order" ? bag.items : slots;
  if (items.length > KEYS_MAX) return [{ type: "rest" }];
  const open = items.map((slot): Slot => {
    return slot.type === "rest" ? slot : { ...slot, count: { min: Math.min(1, slot.count?.min ?? 1), max: Infinity } };
  });
  return open.length === 1 ? open : [{ type: "any-order", items: open }];
}

function laidOutOnce(lists: readonly Siblings[], keys: Keys): readonly Slot[] {
  const rows = lists.map((siblings) => clustersOf(siblings, keys.keyOf));
  const tokens = (rows[0] ?? []).map((cluster) =>
    JSON.stringify([...cluster].map(([key, spans]) => [key, spans.length])),
  );
  const repeats = repeatsIn(tokens, ROUNDS_MIN);
  return alignedSlots(
    rows.map((row) => piecesOf(row, tokens, repeats)),
    keys,
  );
}

/** The places that lists of other than equal spans have in common, by keys of the caller's. */
export function laidOutOver(lists: readonly Siblings[], keys: Keys): readonly Slot[] {
  const rows = lists.map((siblings) => clustersOf(siblings, keys.keyOf));
  const tokens = rows.map((row) => row.map((cluster) => JSON.stringify([...cluster.keys()])));
  let bodies = loopBodies(tokens);
  for (;;) {
    const parts = rows.map((row, index) => piecesOf(row, tokens[index] ?? [], loopsIn(tokens[index] ?? [], bodies)));
    const { start, middle, end } = partedBySameEnds(parts);
    const sightings = middle.map(sightingsIn);
    const steps = stepsOf(sightings);
    const tangled = new Set(steps.flatMap(tangledIn).filter((key) => sightings.some((seen) => seen.get(key)?.loop)));
    if (tangled.size > 0) {
      bodies = bodies.filter((body) => !tangled.has(loopKey(body)));
      continue;
    }
    const slots = [
      ...alignedSlots(start, keys),
      ...steps.flatMap((step) => stepSlots(step, sightings, keys)),
      ...alignedSlots(end, keys),
    ];
    return slots.some(isRequired) ? slots : (variants(parts, keys) ?? slots);
  }
}

/** The keys that stand in no order with others, among which a loop has no place. */
function tangledIn(step: Step): readonly string[] {
  if (step.type === "ways") return step.ways.flat().flatMap(tangledIn);
  return step.keys.length > 1 ? step.keys : [];
}

/** The few forms of the whole list, where nothing in it is always there. */
function variants(parts: Parts, keys: Keys): readonly Slot[] | undefined {
  const bySequence = grouped(
    parts.filter(({ length }) => length > 0),
    sequenceOf,
  );
  if (bySequence.size < 2 || bySequence.size > WAYS_MAX) return undefined;
  const sorted = [...bySequence].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const items = sorted.map(([, same]) => oneSlot(alignedSlots(same, keys)));
  return [{ type: "one-of", items, ...countOver(parts.map(({ length }) => Math.min(1, length))) }];
}

function oneSlot(slots: readonly Slot[]): Slot {
  const [only, second] = slots;
  return only !== undefined && second === undefined ? only : { type: "in-order", items: slots };
}

/** The slots of lists that have the same pieces. */
function alignedSlots(parts: Parts, keys: Keys): readonly Slot[] {
  return (parts[0] ?? []).flatMap((piece, index) => {
    const same = parts.flatMap((pieces) => pieces[index] ?? []);
    if (piece.isLoop) return loopSlot(same, parts.length, keys);
    return clusterSlots(
      same.flatMap(({ rounds }) => rounds.flat()),
      keys,
    );
  });
}

/** One loop, as `listCount` lists have it or have it not. */
function loopSlot(pieces: readonly Piece[], listCount: number, keys: Keys): Slot {
  const rounds = pieces.flatMap((piece) => piece.rounds);
  const items = (rounds[0] ?? []).flatMap((_, place) =>
    clusterSlots(
      rounds.flatMap((round) => round[place] ?? []),
      keys,
    ),
  );
  const absent = Array.from({ length: listCount - pieces.length }, () => 0);
  const count = countOver([...absent, ...pieces.map((piece) => piece.rounds.length)]);
  const [only, second] = items;
  if (only?.type === "any-order" && second === undefined) return { ...only, ...count };
  return { type: "in-order", items, ...count };
}

/** What stands in one place of the order, over the clusters found there. */
function clusterSlots(clusters: readonly Cluster[], keys: Keys): readonly Slot[] {
  const found = [...new Set(clusters.flatMap((cluster) => [...cluster.keys()]))].toSorted();
  const seen = clusters.map((cluster) => (key: string) => cluster.get(key) ?? []);
  return togetherSlots(found, seen, keys);
}

function togetherSlots(
  found: readonly string[],
  seen: readonly ((key: string) => readonly SpanNode[])[],
  keys: Keys,
): readonly Slot[] {
  const isOrdered = found.length === 1;
  const slots = found.map((key): SpanSlot => {
    const spans = seen.map((spansOf) => spansOf(key));
    const name = keys.nameOf(key);
    return {
      type: "spans",
      key,
      spans: spans.flat(),
      ...(name === undefined ? {} : { name }),
      ...countOver(spans.map(({ length }) => length)),
      isOrdered,
    };
  });
  return slots.length > 1 ? [{ type: "any-order", items: slots }] : slots;
}

function stepSlots(step: Step, sightings: readonly ReadonlyMap<string, Sighting>[], keys: Keys): readonly Slot[] {
  if (step.type === "together") return togetherStep(step, sightings, keys);
  if (step.ways.length > WAYS_MAX) return [{ type: "rest" }];
  const isTaken = step.ways.map((way) =>
    sightings.map((seen) => way.some((part) => part.keys.some((key) => seen.has(key)))),
  );
  const items = step.ways.map((way, index) => {
    const takers = sightings.filter((_, list) => isTaken[index]?.[list] === true);
    return oneSlot(way.flatMap((part) => togetherStep(part, takers, keys)));
  });
  const taken = sightings.map((_, list) => (isTaken.some((lists) => lists[list] === true) ? 1 : 0));
  return [{ type: "one-of", items, ...countOver(taken) }];
}

function togetherStep(
  { keys: found }: Together,
  sightings: readonly ReadonlyMap<string, Sighting>[],
  keys: Keys,
): readonly Slot[] {
  const [only = ""] = found;
  const loops = sightings.flatMap((seen) => seen.get(only)?.loop ?? []);
  if (loops.length > 0) return [loopSlot(loops, sightings.length, keys)];
  return togetherSlots(
    found,
    sightings.map((seen) => (key: string) => seen.get(key)?.spans ?? []),
    keys,
  );
}

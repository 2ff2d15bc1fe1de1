import { byText } from "./evidence.ts";
import { knotsOf } from "./knots.ts";
import type { Knots } from "./knots.ts";

/** Where the spans of one key stand in a list: the first and the last place. */
export interface Stretch {
  readonly first: number;
  readonly last: number;
}

/** One step of an order: keys in any order among themselves, or ways of which each list took at most one. */
export type Step = Together | { readonly type: "ways"; readonly ways: readonly (readonly Together[])[] };

export interface Together {
  readonly type: "together";
  readonly keys: readonly string[];
}

/** Above this many pairs of keys and places, ways are not told apart. */
const PAIRS_MAX = 1e8;

/**
 * The order that held in every list: a key stands before another where all its spans came strictly before all of the
 * other's in each list that has both. Keys not so related, directly or through others, are together.
 */
export function stepsOf(lists: readonly ReadonlyMap<string, Stretch>[]): readonly Step[] {
  const keys = [...new Set(lists.flatMap((list) => [...list.keys()]))].toSorted();
  const graph = graphOf(keys, inOrder(lists));
  const knots = knotsOf(graph, keys.length);
  const rows = knots.members.map((members): Together => {
    return { type: "together", keys: members.map((key) => keys[key] ?? "").toSorted() };
  });
  if (rows.length * graph.length > PAIRS_MAX) return rows;
  return segmentsOf(rows.length, knots).flatMap((segment): readonly Step[] => {
    const ways = waysIn(segment, knots).map((way) => way.flatMap((row) => rows[row] ?? []));
    if (ways.length === 1) return ways[0] ?? [];
    return [{ type: "ways", ways: ways.toSorted(([a], [b]) => byText(a?.keys[0] ?? "", b?.keys[0] ?? "")) }];
  });
}

/** The lists in an order of their own: where keys never met, it decides which row comes first. */
function inOrder(lists: readonly ReadonlyMap<string, Stretch>[]): readonly ReadonlyMap<string, Stretch>[] {
  const texts = lists.map((list) => ({
    list,
    text: JSON.stringify(Array.from(list, ([key, { first, last }]) => [key, first, last])),
  }));
  return texts.toSorted((a, b) => byText(a.text, b.text)).map(({ list }) => list);
}

/**
 * Whom each node leads to. Keys come first; then, for each list, its places, each leading to the next. A key leads to the
 * place where it begins, and a place to the keys that end there: so a key leads to all that did not end before it began.
 */
function graphOf(
  keys: readonly string[],
  lists: readonly ReadonlyMap<string, Stretch>[],
): readonly (readonly number[])[] {
  const graph: number[][] = keys.map(() => []);
  const numberOf = new Map(keys.map((key, index) => [key, index]));
  for (const list of lists) {
    const base = graph.length;
    let end = 0;
    for (const { last } of list.values()) end = Math.max(end, last + 1);
    for (let place = 0; place < end; place++) graph.push(place + 1 < end ? [base + place + 1] : []);
    for (const [key, { first, last }] of list) {
      const number = numberOf.get(key) ?? 0;
      graph[number]?.push(base + first);
      graph[base + last]?.push(number);
    }
  }
  return graph;
}

/** Rows `0…count-1` cut wherever all rows so far lead to all rows to come. */
function segmentsOf(count: number, { leads }: Knots): readonly (readonly number[])[] {
  const segments: number[][] = [];
  let segment: number[] = [];
  let bound = 0;
  for (let row = 0; row < count; row++) {
    segment.push(row);
    for (let other = count - 1; other > Math.max(row, bound); other--) {
      if (leads(row, other)) continue;
      bound = other;
    }
    if (bound > row) continue;
    segments.push(segment);
    segment = [];
  }
  return segments;
}

/** The rows of a segment, parted into those that no list had together. */
function waysIn(segment: readonly number[], { leads }: Knots): readonly (readonly number[])[] {
  const left = new Set(segment);
  const ways: (readonly number[])[] = [];
  for (const first of segment) {
    if (!left.delete(first)) continue;
    const way = [first];
    for (const row of way) {
      for (const other of left) {
        if (!leads(row, other) && !leads(other, row)) continue;
        left.delete(other);
        way.push(other);
      }
    }
    ways.push(way.toSorted((a, b) => a - b));
  }
  return ways;
}

import type { Body, Count, Group, Item, ListMode, NodePattern, Shape } from "../../src/shape/pattern.ts";
import { flatItems, GROUP_TYPES } from "../../src/shape/pattern.ts";
import { refusalsOf } from "../../src/shape/text/refusal.ts";
import type { Kind } from "../../src/trace/kinds.ts";
import type { Sketch } from "./sketch.ts";

const KINDS: readonly Kind[] = ["tool", "llm"];

const REST = { type: "rest" } as const;
const EMPTY = { never: [], links: [], events: [] } as const;

/**
 * Every forest of up to `spansMax` spans of two kinds that start and end at instants from 0 to `instantMax`.
 *
 * Of forests that differ only in the order of siblings or in times between which nothing lies, one.
 */
export function smallForests(spansMax: number, instantMax: number): readonly (readonly Sketch[])[] {
  const bySize: Sketch[][][] = [[[]]];
  for (let size = 1; size <= spansMax; size++) {
    bySize.push(forestsOf(size, (below) => treesOver(bySize[below] ?? [], instantMax)));
  }
  return bySize.flat().filter(isDense);
}

/** Every multiset of trees of `size` spans together; `trees(below)` are the trees with that many spans below the root. */
function forestsOf(size: number, trees: (below: number) => readonly Sketch[]): Sketch[][] {
  const all = Array.from({ length: size }, (_, below) =>
    trees(below).map((tree) => ({ tree, spans: below + 1 })),
  ).flat();
  const forests: Sketch[][] = [];
  const add = (from: number, left: number, chosen: readonly Sketch[]): void => {
    if (left === 0) forests.push([...chosen]);
    for (let index = from; index < all.length; index++) {
      const next = all[index];
      if (next === undefined || next.spans > left) return;
      add(index, left - next.spans, [...chosen, next.tree]);
    }
  };
  add(0, size, []);
  return forests;
}

function treesOver(forests: readonly (readonly Sketch[])[], instantMax: number): readonly Sketch[] {
  const trees: Sketch[] = [];
  for (const kind of KINDS) {
    for (let start = 0; start <= instantMax; start++) {
      for (let end = start; end <= instantMax; end++) {
        for (const children of forests) trees.push({ kind, start, end, children });
      }
    }
  }
  return trees;
}

function isDense(forest: readonly Sketch[]): boolean {
  const instants = new Set(timesOf(forest));
  return instants.size === 0 || Math.max(...instants) === instants.size - 1;
}

function timesOf(forest: readonly Sketch[]): readonly number[] {
  return forest.flatMap(({ start, end = start, children = [] }) => [start, end, ...timesOf(children)]);
}

/**
 * Every shape of one or two patterns that the language allows, of two that differ only in the names of the kinds one:
 * alone, side by side, one below the other, one as `never`; in both modes; `...` at either side; `//`; in a group of any
 * type or in none, no group in a group; patterns and groups with each of the `counts`.
 */
export function smallShapes(counts: readonly (Count | undefined)[]): readonly Shape[] {
  const traces = bodies(counts, (mode) => listsOf(mode, counts));
  const shapes: Shape[] = [];
  for (const trace of traces) {
    const shape: Shape = { children: "contain", include: [], define: [], trace };
    if (firstKind(trace) === KINDS[0] && refusalsOf(shape).length === 0) shapes.push(shape);
  }
  return shapes;
}

/** Bodies of the lists given, and of `never` alone and before a list of one. */
function bodies(
  counts: readonly (Count | undefined)[],
  lists: (mode: ListMode) => readonly (readonly Item[])[],
): readonly Body[] {
  const made: Body[] = [];
  for (const mode of ["contain", "exactly"] as const) {
    for (const items of lists(mode)) {
      made.push({ ...EMPTY, list: { mode, items } });
      if (mode === "contain") continue;
      made.push({ ...EMPTY, list: { mode, items: [REST, ...items] } });
      made.push({ ...EMPTY, list: { mode, items: [...items, REST] } });
    }
  }
  for (const pattern of leaves([undefined], false)) {
    made.push({ ...EMPTY, never: [pattern] });
    for (const item of leaves(counts, true)) {
      made.push({ ...EMPTY, never: [pattern], list: { mode: "contain", items: [item] } });
    }
  }
  return made;
}

function listsOf(mode: ListMode, counts: readonly (Count | undefined)[]): readonly (readonly Item[])[] {
  const single = leaves(counts, mode === "contain");
  const below = underOne(counts);
  const lists: (readonly Item[])[] = [[]];
  for (const first of single) {
    lists.push([first], ...groupsOf([first], counts));
    for (const body of below) lists.push([{ ...first, ...body }]);
    for (const second of single) lists.push([first, second], ...groupsOf([first, second], counts));
  }
  return lists;
}

function groupsOf(items: readonly Item[], counts: readonly (Count | undefined)[]): readonly (readonly Group[])[] {
  return GROUP_TYPES.flatMap((type) => counts.map((count) => [{ type, items, ...(count && { count }) }]));
}

function underOne(counts: readonly (Count | undefined)[]): readonly Body[] {
  return [
    { ...EMPTY, list: { mode: "exactly", items: [] } },
    ...leaves([undefined], false).map((pattern): Body => ({ ...EMPTY, never: [pattern] })),
    ...leaves(counts, true).map((item): Body => ({ ...EMPTY, list: { mode: "contain", items: [item] } })),
    ...leaves(counts, false).map((item): Body => ({ ...EMPTY, list: { mode: "exactly", items: [item] } })),
  ];
}

function leaves(counts: readonly (Count | undefined)[], mayBeDeep: boolean): readonly NodePattern[] {
  const leaf = { type: "node", predicates: [], ...EMPTY } as const;
  return KINDS.flatMap((kind) => {
    const near = counts.map((count): NodePattern => ({ ...leaf, isDeep: false, kind, ...(count && { count }) }));
    return mayBeDeep ? [...near, ...near.map((pattern) => ({ ...pattern, isDeep: true }))] : near;
  });
}

function firstKind({ list, never }: Body): string | undefined {
  for (const item of [...flatItems(list?.items ?? []), ...never]) if (item.type === "node") return item.kind;
  return undefined;
}

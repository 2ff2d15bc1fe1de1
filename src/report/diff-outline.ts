import type { DiffOperation } from "../shape/diff/operations.ts";
import { isSaidAbove, placeOf } from "../shape/diff/operations.ts";
import type { TreeDiff } from "../shape/diff/diff.ts";
import { semanticNodes } from "../trace/semantic.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";
import { preorder } from "../trace/walk.ts";
import { keyOf } from "./marks.ts";

/** One span of two merged trees: of both, of one, or left behind where a span has moved away. */
export interface MergedNode {
  readonly before: SpanNode | undefined;
  readonly after: SpanNode | undefined;
  /** Whether it only tells where a span of both has been. */
  readonly isOldPlace: boolean;
  /** What happened to it. */
  readonly operations: readonly DiffOperation[];
  readonly children: readonly MergedNode[];
  /** Spans in it, old places left out. */
  readonly size: number;
  /** Whether nothing is to be said of it and of all that is below it. */
  readonly isUnchanged: boolean;
}

/** The merged trees of a pair of traces, or one trace that has no partner. */
export interface MergedTrace {
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly roots: readonly MergedNode[];
}

/**
 * Lays both forests over each other: the trees as they are after, and in them, behind what stood before them, the spans
 * that are gone and the old places of those that moved.
 */
export function mergeTrees(diff: TreeDiff, before: readonly Tree[], after: readonly Tree[]): readonly MergedTrace[] {
  const merging = mergingOf(diff);
  const first = new Map(before.map(({ traceId, roots }) => [traceId, semanticNodes(roots)]));
  const second = new Map(after.map(({ traceId, roots }) => [traceId, semanticNodes(roots)]));
  return diff.traces.map((pair) => {
    const lists = { before: first.get(pair.before ?? "") ?? [], after: second.get(pair.after ?? "") ?? [] };
    return { before: pair.before, after: pair.after, roots: grow(mergeLists(merging, lists), merging) };
  });
}

interface Merging {
  readonly afterOf: ReadonlyMap<SpanNode, SpanNode>;
  readonly beforeOf: ReadonlyMap<SpanNode, SpanNode>;
  /** By the key of a span's place, before where it has one there. */
  readonly gone: ReadonlyMap<string, readonly DiffOperation[]>;
  readonly come: ReadonlyMap<string, readonly DiffOperation[]>;
}

function mergingOf({ pairs, operations }: TreeDiff): Merging {
  const gone = new Map<string, DiffOperation[]>();
  const come = new Map<string, DiffOperation[]>();
  for (const operation of operations) {
    const [map, place] = "before" in operation ? [gone, operation.before] : [come, operation.after];
    const list = map.get(keyOf(place));
    if (list === undefined) map.set(keyOf(place), [operation]);
    else list.push(operation);
  }
  return {
    afterOf: new Map(pairs.map((pair) => [pair.before, pair.after])),
    beforeOf: new Map(pairs.map((pair) => [pair.after, pair.before])),
    gone,
    come,
  };
}

type Ends = Pick<MergedNode, "before" | "after" | "isOldPlace" | "operations">;

interface Lists {
  readonly before: readonly SpanNode[];
  readonly after: readonly SpanNode[];
}

/** What stands in two lists of siblings, in one order. */
function mergeLists({ afterOf, beforeOf, gone, come }: Merging, lists: Lists): readonly Ends[] {
  const places = new Map(lists.after.map((node, index) => [node, index]));
  const behind = new Map<number, Ends[]>();
  let last = -1;
  for (const before of lists.before) {
    const after = afterOf.get(before);
    const operations = gone.get(keyOf(placeOf(before))) ?? [];
    const place = after === undefined ? undefined : places.get(after);
    if (place !== undefined) {
      if (!operations.some(({ kind }) => kind === "reordered")) last = place;
      continue;
    }
    const moves = operations.filter(({ kind }) => kind === "moved");
    // What is below something that came or went in its place is drawn once, where it is now.
    if (after !== undefined && moves.length === 0) continue;
    const ends = { before, after, isOldPlace: after !== undefined };
    const list = behind.get(last) ?? [];
    behind.set(last, list);
    list.push({ ...ends, operations: after === undefined ? operations : moves });
  }
  const here = lists.after.flatMap((after, index): readonly Ends[] => {
    const before = beforeOf.get(after);
    const operations =
      (before === undefined ? come.get(keyOf(placeOf(after))) : gone.get(keyOf(placeOf(before)))) ?? [];
    return [{ before, after, isOldPlace: false, operations }, ...(behind.get(index) ?? [])];
  });
  return [...(behind.get(-1) ?? []), ...here];
}

interface Growing extends Ends {
  readonly children: Growing[];
  size: number;
  isUnchanged: boolean;
}

function grow(roots: readonly Ends[], merging: Merging): readonly MergedNode[] {
  const newNode = (ends: Ends): Growing => ({ ...ends, children: [], size: 0, isUnchanged: false });
  const grown = roots.map(newNode);
  const stack = [...grown];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.isOldPlace) continue;
    const lists = {
      before: node.before === undefined ? [] : semanticNodes(node.before.children),
      after: node.after === undefined ? [] : semanticNodes(node.after.children),
    };
    for (const ends of mergeLists(merging, lists)) {
      const child = newNode(ends);
      node.children.push(child);
      stack.push(child);
    }
  }
  for (const node of preorder(grown).toReversed()) {
    node.size = node.children.reduce((sum, child) => sum + child.size, node.isOldPlace ? 0 : 1);
    const isBoth = node.before !== undefined && node.after !== undefined && !node.isOldPlace;
    const isQuiet = isBoth && node.operations.every(isSaidAbove);
    node.isUnchanged = isQuiet && node.children.every(({ isUnchanged }) => isUnchanged);
  }
  return grown;
}

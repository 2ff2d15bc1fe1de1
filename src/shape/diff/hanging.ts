import type { Forest } from "./forest.ts";
import { longestRise } from "./alignment.ts";
import type { Scope, Stretch } from "./moves.ts";
import type { Pairing } from "./pairing.ts";

/** Spans without a partner that hang together, and the topmost spans below them that stay in place. */
export interface Cluster {
  readonly size: number;
  readonly around: readonly number[];
}

export interface Hanging {
  /** Whether a paired row hangs under the same span on both sides, spans without a partner not counting. */
  readonly isInPlace: (a: number) => boolean;
  /** Rows in place whose order among the others in place is another one; as few as can be. */
  readonly late: ReadonlySet<number>;
  /** What has no partner, by its top row. */
  readonly gone: ReadonlyMap<number, Cluster>;
  readonly come: ReadonlyMap<number, Cluster>;
}

/** How the rows of a scope hang in both forests, read from their pairs alone. */
export function hangingOf(pairing: Pairing, scope: Scope): Hanging {
  const { before, after, afterOf, beforeOf } = pairing;
  const over = anchorsOf(before, afterOf, scope.before);
  const overAfter = anchorsOf(after, beforeOf, scope.after);
  const isInPlace = (a: number): boolean => {
    const above = over[a - scope.before.start] ?? -1;
    // A partner outside of the scope has another parent in any case.
    return afterOf[above] === overAfter[(afterOf[a] ?? -1) - scope.after.start];
  };
  const gone = clustersOf(before, afterOf, scope.before, isInPlace);
  const come = clustersOf(after, beforeOf, scope.after, (b) => isInPlace(beforeOf[b] ?? -1));
  const late = new Set<number>();
  const lists = new Map<number, number[]>();
  for (let a = scope.before.start; a < scope.before.end; a++) {
    const above = over[a - scope.before.start] ?? -1;
    if (before.nodes[a] === undefined || afterOf[a] === -1 || !isInPlace(a)) continue;
    // Where all below is equal, its order is too.
    if (before.digests[above] === after.digests[afterOf[above] ?? -1]) continue;
    const list = lists.get(above);
    if (list === undefined) lists.set(above, [a]);
    else list.push(a);
  }
  for (const [above, list] of lists) for (const row of outOfOrder(pairing, above, list)) late.add(row);
  return { isInPlace, late, gone, come };
}

/** For each row the nearest row above it that has a partner. */
function anchorsOf({ parents }: Forest, partners: Int32Array, { start, end }: Stretch): Int32Array {
  const anchors = new Int32Array(end - start).fill(-1);
  for (let row = start; row < end; row++) {
    const parent = parents[row] ?? -1;
    const isOwn = parent < start || partners[parent] !== -1;
    anchors[row - start] = isOwn ? parent : (anchors[parent - start] ?? -1);
  }
  return anchors;
}

function clustersOf(
  { nodes, parents }: Forest,
  partners: Int32Array,
  { start, end }: Stretch,
  isInPlace: (row: number) => boolean,
): ReadonlyMap<number, Cluster> {
  const clusters = new Map<number, { size: number; readonly around: number[] }>();
  const clusterOf: typeof clusters = new Map();
  for (let row = start; row < end; row++) {
    if (nodes[row] === undefined) continue;
    const above = clusterOf.get(parents[row] ?? -1);
    if (partners[row] !== -1) {
      if (above !== undefined && isInPlace(row)) above.around.push(row);
      continue;
    }
    const cluster = above ?? { size: 0, around: [] };
    cluster.size++;
    clusterOf.set(row, cluster);
    if (above === undefined) clusters.set(row, cluster);
  }
  return clusters;
}

/** The fewest of `list`, which hang under `above`, without which no two stand in one order before and in the other after. */
function outOfOrder(pairing: Pairing, above: number, list: readonly number[]): readonly number[] {
  if (list.length < 2) return [];
  const { before, after, afterOf, beforeOf } = pairing;
  const first = slotsUnder(before, afterOf, above);
  const second = slotsUnder(after, beforeOf, afterOf[above] ?? -1);
  const slots = list
    .map((row) => ({ row, from: first.get(row) ?? 0, to: second.get(afterOf[row] ?? -1) ?? 0 }))
    .toSorted((a, b) => a.from - b.from || a.to - b.to);
  const kept = longestRise(slots.map(({ to }) => to));
  return slots.filter((_, index) => !kept.has(index)).map(({ row }) => row);
}

/**
 * Numbers for the paired rows that hang under a row, in its place for those without a partner: equal for rows of which
 * nothing says that one came first. What is below a span that was at work beside others is one with these.
 */
function slotsUnder(
  { children, runs, places, parents }: Forest,
  partners: Int32Array,
  above: number,
): ReadonlyMap<number, number> {
  const isBeside = (row: number): boolean => {
    const siblings = children[parents[row] ?? -1] ?? [];
    const near = [siblings[(places[row] ?? 0) - 1], siblings[(places[row] ?? 0) + 1]];
    return near.some((other) => other !== undefined && runs[other] === runs[row]);
  };
  const slots = new Map<number, number>();
  let slot = 0;
  let last = "";
  const stack: { readonly row: number; readonly shared: string | undefined }[] = [];
  const push = (row: number, shared: string | undefined): void => {
    for (const child of (children[row] ?? []).toReversed()) stack.push({ row: child, shared });
  };
  push(above, undefined);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { row } = next;
    const own = next.shared ?? `${parents[row]}/${runs[row]}`;
    if (partners[row] === -1) {
      push(row, next.shared ?? (isBeside(row) ? own : undefined));
      continue;
    }
    if (own !== last) slot++;
    last = own;
    slots.set(row, slot);
  }
  return slots;
}

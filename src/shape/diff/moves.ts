import type { Forest } from "./forest.ts";
import type { Candidate } from "./lists.ts";
import { bestFirst, pairLists } from "./lists.ts";
import type { Pairing } from "./pairing.ts";
import { pair, pairWhole } from "./pairing.ts";
import type { Similarity } from "./similarity.ts";

/** Below this, a subtree that went and one that came are two, not one that moved and changed. */
const FLOOR = 0.6;
/** How many subtrees of one identity a subtree that went is compared with. */
const WINDOW = 32;
/** What moved inside what moved is looked for this often. */
const ROUNDS_MAX = 8;

/** A stretch of rows on each side in which to look. */
export interface Scope {
  readonly before: Stretch;
  readonly after: Stretch;
}

export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The rows of two subtrees. */
export function scopeOf({ before, after }: Pairing, a: number, b: number): Scope {
  return {
    before: { start: a, end: a + (before.sizes[a] ?? 0) },
    after: { start: b, end: b + (after.sizes[b] ?? 0) },
  };
}

/** Pairs subtrees that went with equal ones that came, then with similar ones and what is inside these. */
export function pairMoves(pairing: Pairing, similarity: Similarity, scope: Scope): void {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const gone = loosen(pairing.before, pairing.afterOf, scope.before);
    const come = loosen(pairing.after, pairing.beforeOf, scope.after);
    if (gone.length === 0 || come.length === 0) return;
    pairEqual(pairing, gone, come);
    const similar = bestFirst(similarOf(pairing, similarity, gone, come));
    for (const [a, b] of similar) pair(pairing, a, b);
    for (const [a, b] of similar) pairLists(pairing, similarity, a, b);
    if (similar.length === 0) return;
  }
}

/** A subtree without any partner in it. */
interface Loose {
  readonly row: number;
  /** Whether what it hangs under has a partner or is no span. */
  readonly isTop: boolean;
}

function loosen({ parents, sizes, nodes }: Forest, partners: Int32Array, { start, end }: Stretch): readonly Loose[] {
  const paired = new Int32Array(end - start);
  for (let row = end - 1; row >= start; row--) {
    if (partners[row] !== -1) paired[row - start] = (paired[row - start] ?? 0) + 1;
    const parent = parents[row] ?? -1;
    if (parent >= start) paired[parent - start] = (paired[parent - start] ?? 0) + (paired[row - start] ?? 0);
  }
  const loose: Loose[] = [];
  for (let row = start; row < end; row++) {
    if (nodes[row] === undefined || paired[row - start] !== 0 || (sizes[row] ?? 0) === 0) continue;
    const parent = parents[row] ?? -1;
    loose.push({ row, isTop: nodes[parent] === undefined || partners[parent] !== -1 });
  }
  return loose;
}

/** Largest first. Of equals: those under one pair of parents, then one that is alone on both sides, then large tops in order. */
function pairEqual(pairing: Pairing, gone: readonly Loose[], come: readonly Loose[]): void {
  const { before, after, afterOf, beforeOf } = pairing;
  const comeBy = byNumber(come, after.digests);
  const digests = [...byNumber(gone, before.digests)].filter(([digest]) => comeBy.has(digest));
  const sizeOf = (list: readonly Loose[]): number => before.sizes[list[0]?.row ?? 0] ?? 0;
  for (const [digest, all] of digests.toSorted(([, a], [, b]) => sizeOf(b) - sizeOf(a))) {
    const others = (comeBy.get(digest) ?? []).filter(({ row }) => beforeOf[row] === -1);
    const own = all.filter(({ row }) => afterOf[row] === -1);
    const isAlone = own.length === 1 && others.length === 1;
    const isLarge = sizeOf(all) > 1;
    const byParent = new Map<number, number[]>();
    for (const { row } of others.toReversed()) {
      const parent = after.parents[row] ?? -1;
      const siblings = byParent.get(parent);
      if (siblings === undefined) byParent.set(parent, [row]);
      else siblings.push(row);
    }
    const taken = new Set<number>();
    const accept = (a: number, b: number): void => {
      taken.add(b);
      pairWhole(pairing, a, b);
    };
    for (const { row } of own) {
      const partner = byParent.get(afterOf[before.parents[row] ?? -1] ?? -1)?.pop();
      if (partner !== undefined) accept(row, partner);
    }
    const tops = others.filter(({ row, isTop }) => !taken.has(row) && (isAlone || (isTop && isLarge)));
    const movers = own.filter(({ row, isTop }) => afterOf[row] === -1 && (isAlone || (isTop && isLarge)));
    for (const [index, { row }] of movers.entries()) {
      const partner = tops[index];
      if (partner !== undefined) accept(row, partner.row);
    }
  }
}

function similarOf(
  { before, after, afterOf, beforeOf }: Pairing,
  similarity: Similarity,
  gone: readonly Loose[],
  come: readonly Loose[],
): readonly Candidate[] {
  const isOpen = (sizes: readonly number[], partners: Int32Array, { row, isTop }: Loose): boolean =>
    isTop && partners[row] === -1 && (sizes[row] ?? 0) > 1;
  const tops = gone.filter((each) => isOpen(before.sizes, afterOf, each));
  const others = byNumber(
    come.filter((each) => isOpen(after.sizes, beforeOf, each)),
    after.identities,
  );
  const candidates: Candidate[] = [];
  for (const [identity, list] of byNumber(tops, before.identities)) {
    const near = others.get(identity) ?? [];
    for (const [x, { row }] of list.entries()) {
      for (let y = Math.max(0, x - WINDOW); y <= x + WINDOW; y++) {
        const other = near[y];
        if (other === undefined) break;
        const score = similarity(row, other.row);
        if (score >= FLOOR) candidates.push({ rows: [row, other.row], score, distance: Math.abs(y - x) });
      }
    }
  }
  return candidates;
}

function byNumber(loose: readonly Loose[], numbers: readonly number[]): ReadonlyMap<number, readonly Loose[]> {
  const groups = new Map<number, Loose[]>();
  for (const each of loose) {
    const number = numbers[each.row] ?? -1;
    const group = groups.get(number);
    if (group === undefined) groups.set(number, [each]);
    else group.push(each);
  }
  return groups;
}

import type { IndexPair } from "./alignment.ts";
import { align } from "./alignment.ts";
import type { Pairing } from "./pairing.ts";
import { pair, pairWhole } from "./pairing.ts";
import type { Similarity } from "./similarity.ts";

/** How far from its expected place a partner is looked for. */
const WINDOW = 32;
/** Below this, two subtrees of more than {@link SMALL} spans are not the same one changed, nor renamed. */
const FLOOR = 0.3;
const SMALL = 3;

/**
 * Pairs what stands below a pair of rows, list by list from the top down: first equal subtrees, then those of one
 * identity, then those of another, the most similar first over the whole list. Rows that
 * have a partner already are left alone.
 */
export function pairLists(pairing: Pairing, similarity: Similarity, a: number, b: number): void {
  const stack: IndexPair[] = [[a, b]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const [first, second] of pairList(pairing, similarity, next)) {
      pair(pairing, first, second);
      stack.push([first, second]);
    }
  }
}

/** Rows of a pair of lists that still have no partner, and how many equal subtrees come before each. */
interface Rest {
  readonly rows: readonly number[];
  readonly anchors: readonly number[];
}

interface Sides {
  readonly one: Rest;
  readonly other: Rest;
}

function pairList(pairing: Pairing, similarity: Similarity, [a, b]: IndexPair): readonly IndexPair[] {
  const { before, after, afterOf, beforeOf } = pairing;
  const first = (before.children[a] ?? []).filter((row) => afterOf[row] === -1);
  const second = (after.children[b] ?? []).filter((row) => beforeOf[row] === -1);
  if (first.length === 0 || second.length === 0) return [];
  const equal = align(
    first.map((row) => before.digests[row] ?? 0),
    second.map((row) => after.digests[row] ?? 0),
  );
  for (const [x, y] of equal) pairWhole(pairing, first[x] ?? 0, second[y] ?? 0);
  const left = {
    one: restOf(
      first,
      equal.map(([x]) => x),
    ),
    other: restOf(
      second,
      equal.map(([, y]) => y),
    ),
  };
  const alone = aloneIn(left, before.digests, after.digests);
  for (const [x, y] of alone) pairWhole(pairing, x, y);
  const unequal = without(left, alone);
  const named = aloneIn(unequal, before.identities, after.identities);
  const unnamed = without(unequal, named);
  const changed = bestFirst(candidatesOf(pairing, similarity, unnamed, isSameChanged));
  const renamed = bestFirst(candidatesOf(pairing, similarity, without(unnamed, changed), isRenamed));
  return [...named, ...changed, ...renamed];
}

/** Pairs of rows of equal number of which there is no other among the rows of their side. */
function aloneIn({ one, other }: Sides, before: readonly number[], after: readonly number[]): readonly IndexPair[] {
  const rowsBy = (rows: readonly number[], numbers: readonly number[]): ReadonlyMap<number, number> => {
    const rowOf = new Map<number, number>();
    for (const row of rows) rowOf.set(numbers[row] ?? 0, rowOf.has(numbers[row] ?? 0) ? -1 : row);
    return rowOf;
  };
  const partners = rowsBy(other.rows, after);
  return [...rowsBy(one.rows, before)].flatMap(([number, row]): readonly IndexPair[] => {
    const partner = partners.get(number) ?? -1;
    return row === -1 || partner === -1 ? [] : [[row, partner]];
  });
}

function restOf(rows: readonly number[], indexes: readonly number[]): Rest {
  const taken = new Set(indexes);
  const rest: { readonly rows: number[]; readonly anchors: number[] } = { rows: [], anchors: [] };
  let anchors = 0;
  for (const [index, row] of rows.entries()) {
    if (taken.has(index)) anchors++;
    else {
      rest.rows.push(row);
      rest.anchors.push(anchors);
    }
  }
  return rest;
}

function without({ one, other }: Sides, pairs: readonly IndexPair[]): Sides {
  const left = ({ rows, anchors }: Rest, taken: ReadonlySet<number>): Rest => {
    const kept = [...rows.keys()].filter((index) => !taken.has(rows[index] ?? 0));
    return { rows: kept.map((index) => rows[index] ?? 0), anchors: kept.map((index) => anchors[index] ?? 0) };
  };
  return { one: left(one, new Set(pairs.map(([a]) => a))), other: left(other, new Set(pairs.map(([, b]) => b))) };
}

export interface Candidate {
  readonly rows: IndexPair;
  readonly score: number;
  readonly distance: number;
}

/** What may be one span on both sides, and how sure that is, or undefined. */
type Judge = (pairing: Pairing, similarity: Similarity, rows: IndexPair, isSameGap: boolean) => number | undefined;

function candidatesOf(
  pairing: Pairing,
  similarity: Similarity,
  { one, other }: Sides,
  judge: Judge,
): readonly Candidate[] {
  if (one.rows.length === 0 || other.rows.length === 0) return [];
  // Where similarity says nothing, as between spans with other tokens each time, the order of identities does.
  const aligned = align(
    one.rows.map((row) => pairing.before.forms[row] ?? 0),
    other.rows.map((row) => pairing.after.forms[row] ?? 0),
  );
  const partners = new Map(aligned);
  const candidates: Candidate[] = [];
  let shift = 0;
  for (const [x, a] of one.rows.entries()) {
    const partner = partners.get(x);
    if (partner !== undefined) shift = partner - x;
    const expected = x + shift;
    for (let y = Math.max(0, expected - WINDOW); y <= expected + WINDOW; y++) {
      const b = other.rows[y];
      if (b === undefined) break;
      const gap = Math.abs((one.anchors[x] ?? 0) - (other.anchors[y] ?? 0));
      const likeness = judge(pairing, similarity, [a, b], gap === 0);
      // Where nothing is shared, the order of identities alone decides.
      if (likeness === undefined || (likeness === 0 && y !== partner)) continue;
      const score = likeness + (y === partner ? ALIGNED : 0);
      candidates.push({ rows: [a, b], score, distance: gap + Math.abs(y - expected) });
    }
  }
  return candidates;
}

const ALIGNED = 0.01;

const isSameChanged: Judge = ({ before, after }, similarity, [a, b]) => {
  if (before.identities[a] !== after.identities[b]) return undefined;
  const likeness = similarity(a, b);
  const isLarge = Math.max(before.sizes[a] ?? 0, after.sizes[b] ?? 0) > SMALL;
  return isLarge && likeness < FLOOR ? undefined : likeness;
};

const isRenamed: Judge = ({ before, after }, similarity, [a, b], isSameGap) => {
  const smaller = Math.min(before.sizes[a] ?? 0, after.sizes[b] ?? 0);
  const isOfKind = before.nodes[a]?.meaning.kind === after.nodes[b]?.meaning.kind;
  // Little says that a small span of another name, or any of another kind, is the same one.
  if (!isOfKind && smaller === 1) return undefined;
  if (!isSameGap && smaller <= SMALL) return undefined;
  const likeness = similarity(a, b);
  return likeness > (isOfKind ? FLOOR : 0.5) ? likeness : undefined;
};

/** The best candidates that share no row: by score, then the nearest, then in order. */
export function bestFirst(candidates: readonly Candidate[]): readonly IndexPair[] {
  const chosen: IndexPair[] = [];
  const taken = [new Set<number>(), new Set<number>()] as const;
  for (const { rows } of candidates.toSorted(byPromise)) {
    const [a, b] = rows;
    if (taken[0].has(a) || taken[1].has(b)) continue;
    taken[0].add(a);
    taken[1].add(b);
    chosen.push(rows);
  }
  return chosen;
}

function byPromise(a: Candidate, b: Candidate): number {
  return b.score - a.score || a.distance - b.distance || a.rows[0] - b.rows[0] || a.rows[1] - b.rows[1];
}

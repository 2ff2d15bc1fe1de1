import type { SpanNode, Tree } from "../../trace/tree.ts";
import { exactPairs } from "./exact.ts";
import type { Forest } from "./forest.ts";
import type { Candidate } from "./lists.ts";
import { bestFirst, pairLists } from "./lists.ts";
import { pairMoves, scopeOf } from "./moves.ts";
import type { DiffOperation } from "./operations.ts";
import { costOf, operationsOf } from "./operations.ts";
import type { Pairing } from "./pairing.ts";
import { newPairing, pair, pairWhole, unpairBelow } from "./pairing.ts";
import type { Similarity } from "./similarity.ts";
import { similarityOf } from "./similarity.ts";

/** How two runs differ: a script that turns the semantic trees of the first into those of the second. */
export interface TreeDiff {
  /** Empty where nothing differs. */
  readonly operations: readonly DiffOperation[];
  /** Which trace was compared with which, in the order of before, then those that only after has. */
  readonly traces: readonly TracePair[];
  /** The spans that both have, in the order of before. */
  readonly pairs: readonly SpanPair[];
}

interface TracePair {
  readonly before?: string;
  readonly after?: string;
  /** Whether no script that moves nothing is cheaper for this pair; false means that it was not tried. */
  readonly isMinimal: boolean;
}

interface SpanPair {
  readonly before: SpanNode;
  readonly after: SpanNode;
}

/** Traces with more spans on either side keep what similarity finds: the exact search grows with the fourth power. */
const EXACT_SPANS_MAX = 200;

/**
 * Compares two runs by their semantic trees. Ids, times and arrival order count for nothing, and neither does the order
 * of spans that were at work at one time. Traces are paired by what is in them, and have no order.
 *
 * The script is valid: applied to `before` it gives `after`. For each pair of traces of at most {@link EXACT_SPANS_MAX}
 * spans it costs no more than the cheapest one that moves nothing, with one for each span added, removed, renamed or
 * changed; larger ones are compared by equal and similar subtrees, and it may be longer than it need be.
 * O(n log n) where most of both is alike.
 */
export function diffTrees(before: readonly Tree[], after: readonly Tree[]): TreeDiff {
  const pairing = newPairing(before, after);
  const similarity = similarityOf(pairing);
  const minimal = new Set<number>();
  for (const [a, b] of pairTraces(pairing, similarity)) {
    if (pairing.before.digests[a] === pairing.after.digests[b]) {
      pairWhole(pairing, a, b);
      minimal.add(a);
    } else if (pairTrace(pairing, similarity, a, b)) minimal.add(a);
  }
  pairMoves(pairing, similarity, scopeOf(pairing, 0, 0));
  return {
    operations: operationsOf(pairing, scopeOf(pairing, 0, 0)),
    traces: tracePairsOf(pairing, minimal),
    pairs: spanPairsOf(pairing),
  };
}

/** Pairs what is in two traces; whether the script is known to be minimal among those without moves. */
function pairTrace(pairing: Pairing, similarity: Similarity, a: number, b: number): boolean {
  const scope = scopeOf(pairing, a, b);
  const settle = (): readonly DiffOperation[] => {
    pairMoves(pairing, similarity, scope);
    return operationsOf(pairing, scope);
  };
  pair(pairing, a, b);
  pairSingleRoots(pairing, similarity, a, b);
  pairLists(pairing, similarity, a, b);
  const spansMax = Math.max(pairing.before.sizes[a] ?? 0, pairing.after.sizes[b] ?? 0) - 1;
  if (spansMax > EXACT_SPANS_MAX) return false;
  const found = settle();
  const partners = pairing.afterOf.slice(scope.before.start, scope.before.end);
  unpairBelow(pairing, a, b);
  for (const [first, second] of exactPairs(pairing, a, b)) pair(pairing, first, second);
  const exact = settle();
  const saving = costOf(exact) - costOf(found) || exact.length - found.length;
  // Of two that cost the same, similarity pairs what a reader would.
  if (saving < 0) return true;
  unpairBelow(pairing, a, b);
  for (const [index, partner] of partners.entries()) if (partner !== -1) pair(pairing, a + index, partner);
  return true;
}

/** One root on each side is one span, however little else is alike. */
function pairSingleRoots(pairing: Pairing, similarity: Similarity, a: number, b: number): void {
  const { before, after } = pairing;
  const [root, other] = [before.children[a] ?? [], after.children[b] ?? []];
  const [first = -1, second = -1] = [root[0], other[0]];
  if (root.length !== 1 || other.length !== 1) return;
  if (before.nodes[first]?.meaning.kind !== after.nodes[second]?.meaning.kind) return;
  pair(pairing, first, second);
  pairLists(pairing, similarity, first, second);
}

/** Each trace of the side with fewer has a partner: an equal one, the most alike nearby, or the next. */
function pairTraces(pairing: Pairing, similarity: Similarity): readonly (readonly [number, number])[] {
  const { before, after } = pairing;
  const equals = new Map<number, number[]>();
  for (const b of tracesOf(after).toReversed()) {
    const digest = after.digests[b] ?? -1;
    const list = equals.get(digest);
    if (list === undefined) equals.set(digest, [b]);
    else list.push(b);
  }
  const pairs: (readonly [number, number])[] = [];
  const taken = new Set<number>();
  const add = (a: number, b: number): void => {
    pairs.push([a, b]);
    taken.add(b);
  };
  const left = tracesOf(before).filter((a) => {
    const b = equals.get(before.digests[a] ?? -1)?.pop();
    if (b !== undefined) add(a, b);
    return b === undefined;
  });
  const right = tracesOf(after).filter((b) => !taken.has(b));
  const candidates = left.flatMap((a, x) =>
    right.slice(Math.max(0, x - TRACE_WINDOW), x + TRACE_WINDOW + 1).map((b, y): Candidate => {
      const distance = Math.abs(y - Math.min(x, TRACE_WINDOW));
      return { rows: [a, b], score: similarity(a, b) + sharedRoots(pairing, a, b), distance };
    }),
  );
  const chosen = bestFirst(candidates);
  for (const [a, b] of chosen) add(a, b);
  const placed = new Set(chosen.map(([a]) => a));
  const rest = right.filter((b) => !taken.has(b));
  for (const a of left) {
    const b = placed.has(a) ? undefined : rest.shift();
    if (b !== undefined) add(a, b);
  }
  return pairs;
}

/** The rows of traces, by first start. */
function tracesOf({ children }: Forest): readonly number[] {
  return (children[0] ?? []).toSorted((a, b) => a - b);
}

/** The share of the roots of two traces that are of one identity: a trace is first what it begins with. */
function sharedRoots({ before, after }: Pairing, a: number, b: number): number {
  const [first, second] = [before.children[a] ?? [], after.children[b] ?? []];
  const identities = new Set(first.slice(0, ROOTS_MAX).map((row) => before.identities[row]));
  const shared = second.slice(0, ROOTS_MAX).filter((row) => identities.has(after.identities[row])).length;
  return shared / Math.min(ROOTS_MAX, Math.max(first.length, second.length));
}

const ROOTS_MAX = 32;

/** How many traces to either side a trace is compared with. */
const TRACE_WINDOW = 32;

function tracePairsOf(
  { before, after, afterOf, beforeOf }: Pairing,
  minimal: ReadonlySet<number>,
): readonly TracePair[] {
  const idOf = (node: SpanNode | undefined): string => node?.span.traceId ?? "";
  const pairs = tracesOf(before).map((a): TracePair => {
    const b = afterOf[a] ?? -1;
    const ids = { before: idOf(before.nodes[a + 1]), ...(b !== -1 && { after: idOf(after.nodes[b + 1]) }) };
    return { ...ids, isMinimal: minimal.has(a) };
  });
  const added = tracesOf(after).filter((b) => beforeOf[b] === -1);
  return [...pairs, ...added.map((b) => ({ after: idOf(after.nodes[b + 1]), isMinimal: false }))];
}

function spanPairsOf({ before, after, afterOf }: Pairing): readonly SpanPair[] {
  return before.nodes.flatMap((node, a) => {
    const other = after.nodes[afterOf[a] ?? -1];
    return node === undefined || other === undefined ? [] : [{ before: node, after: other }];
  });
}

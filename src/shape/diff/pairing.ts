import type { Tree } from "../../trace/tree.ts";
import type { Forest, Words } from "./forest.ts";
import { layOut, newWords } from "./forest.ts";

/** Which row of one forest is which row of the other; -1 for none. A row has at most one partner. */
export interface Pairing {
  readonly before: Forest;
  readonly after: Forest;
  readonly words: Words;
  readonly afterOf: Int32Array;
  readonly beforeOf: Int32Array;
}

/** Two forests of which only the rows above all traces are paired. */
export function newPairing(before: readonly Tree[], after: readonly Tree[]): Pairing {
  const words = newWords();
  const forests = { before: layOut(before, words), after: layOut(after, words) };
  const afterOf = new Int32Array(forests.before.nodes.length).fill(-1);
  const beforeOf = new Int32Array(forests.after.nodes.length).fill(-1);
  const pairing = { ...forests, words, afterOf, beforeOf };
  pair(pairing, 0, 0);
  return pairing;
}

export function pair({ afterOf, beforeOf }: Pairing, a: number, b: number): void {
  afterOf[a] = b;
  beforeOf[b] = a;
}

/** Pairs two subtrees of equal digest row by row. */
export function pairWhole(pairing: Pairing, a: number, b: number): void {
  const stack: (readonly [number, number])[] = [[a, b]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [first, second] = next;
    pair(pairing, first, second);
    // Equal digests sort equally inside runs, so that the lists agree place by place.
    const others = pairing.after.children[second] ?? [];
    for (const [index, child] of (pairing.before.children[first] ?? []).entries()) {
      const other = others[index];
      if (other !== undefined) stack.push([child, other]);
    }
  }
}

/** Forgets the partners of all rows in and below a pair of rows that are paired with nothing outside. */
export function unpairBelow({ before, after, afterOf, beforeOf }: Pairing, a: number, b: number): void {
  afterOf.fill(-1, a, a + (before.sizes[a] ?? 0));
  beforeOf.fill(-1, b, b + (after.sizes[b] ?? 0));
}

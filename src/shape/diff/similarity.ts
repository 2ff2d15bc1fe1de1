import type { Forest } from "./forest.ts";
import type { Pairing } from "./pairing.ts";

/** How many spans of a subtree are looked at. */
const SAMPLE_MAX = 400;

/** Says how alike two rows are with what is below them, from 0 to 1. */
export type Similarity = (a: number, b: number) => number;

/**
 * How alike two subtrees are: what their tops say, and below them the identities and the whole subtrees in common, half
 * each. The tops' own identities do not count. Answers are of one moment: nothing is remembered but what rows hold.
 */
export function similarityOf({ before, after, words: { factsBy } }: Pairing): Similarity {
  const bagsBefore = bagReader(before);
  const bagsAfter = bagReader(after);
  return (a, b) => {
    const [first, second] = [bagsBefore(a), bagsAfter(b)];
    const spans = 1 + (first.digests.length + second.digests.length) / 2;
    const own = agreement(factsBy.get(before.facts[a] ?? -1), factsBy.get(after.facts[b] ?? -1));
    const shared = common(first.identities, second.identities) + common(first.digests, second.digests);
    return (own + shared / 2) / spans;
  };
}

interface Bags {
  readonly identities: readonly number[];
  readonly digests: readonly number[];
}

function bagReader({ sizes, identities, digests }: Forest): (row: number) => Bags {
  const known = new Map<number, Bags>();
  return (row) => {
    let bags = known.get(row);
    if (bags === undefined) {
      const end = row + Math.min(sizes[row] ?? 1, SAMPLE_MAX);
      bags = { identities: sorted(identities.slice(row + 1, end)), digests: sorted(digests.slice(row + 1, end)) };
      known.set(row, bags);
    }
    return bags;
  };
}

function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((a, b) => a - b);
}

/** How many members two sorted bags share. */
function common(first: readonly number[], second: readonly number[]): number {
  let [shared, i, j] = [0, 0, 0];
  while (i < first.length && j < second.length) {
    const [a = 0, b = 0] = [first[i], second[j]];
    if (a === b) shared++;
    if (a <= b) i++;
    if (b <= a) j++;
  }
  return shared;
}

/** Keys that spans share by chance. */
const COMMONPLACE: ReadonlySet<string> = new Set(["service", "status", "agent", "server"]);

/** The share of telling facts that two spans agree on; 1 where neither states any. */
function agreement(first: ReadonlyMap<string, string> = NONE, second: ReadonlyMap<string, string> = NONE): number {
  if (first === second) return 1;
  let [keys, equal] = [0, 0];
  for (const [key, value] of first) {
    if (COMMONPLACE.has(key)) continue;
    keys++;
    if (second.get(key) === value) equal++;
  }
  for (const key of second.keys()) if (!COMMONPLACE.has(key) && !first.has(key)) keys++;
  return keys === 0 ? 1 : equal / keys;
}

const NONE: ReadonlyMap<string, string> = new Map();

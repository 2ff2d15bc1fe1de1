/** The most differences that one stretch of an alignment is searched for; memory and time grow with its square. */
const EDITS_MAX = 256;

export type IndexPair = readonly [before: number, after: number];

/**
 * Pairs of indexes of equal numbers, rising on both sides: the most there can be where the lists differ in at most
 * {@link EDITS_MAX} places, else as many as stretches of that length give. O((a + b) · EDITS_MAX).
 *
 * @see Myers, An O(ND) Difference Algorithm and Its Variations (1986)
 */
export function align(before: readonly number[], after: readonly number[]): readonly IndexPair[] {
  const pairs: IndexPair[] = [];
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) {
    pairs.push([start, start]);
    start++;
  }
  let endBefore = before.length;
  let endAfter = after.length;
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1]) {
    endBefore--;
    endAfter--;
  }
  let at: IndexPair = [start, start];
  while (at[0] < endBefore && at[1] < endAfter) {
    const stretch = search(before.slice(at[0], endBefore), after.slice(at[1], endAfter));
    for (const [x, y] of stretch.pairs) pairs.push([at[0] + x, at[1] + y]);
    at = [at[0] + stretch.end[0], at[1] + stretch.end[1]];
  }
  for (let back = before.length - endBefore; back > 0; back--) pairs.push([before.length - back, after.length - back]);
  return pairs;
}

function search(
  before: readonly number[],
  after: readonly number[],
): { readonly pairs: readonly IndexPair[]; readonly end: IndexPair } {
  // reach[k + d] for each number of edits d: how far into `before` diagonal k = x - y goes.
  const reached: Int32Array[] = [];
  for (let edits = 0; ; edits++) {
    const reach = new Int32Array(2 * edits + 1).fill(-1);
    const last = reached.at(-1);
    let best: IndexPair = [0, 0];
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = last === undefined ? 0 : stepFrom(last, diagonal, edits);
      let y = x - diagonal;
      if (x < 0 || y < 0 || x > before.length || y > after.length) continue;
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x++;
        y++;
      }
      reach[diagonal + edits] = x;
      if (x + y >= best[0] + best[1]) best = [x, y];
    }
    reached.push(reach);
    const isDone = best[0] === before.length && best[1] === after.length;
    if (isDone || edits === EDITS_MAX) return { pairs: trace(reached, best), end: best };
  }
}

/** Where diagonal `k` begins after one more edit: below the one above it, or right of the one before it. -1 - k beyond reach. */
function stepFrom(last: Int32Array, diagonal: number, edits: number): number {
  const offset = edits - 1;
  const above = last[diagonal + 1 + offset] ?? -1;
  const left = last[diagonal - 1 + offset] ?? -1;
  return Math.max(above, left === -1 ? -1 : left + 1);
}

function trace(reached: readonly Int32Array[], end: IndexPair): readonly IndexPair[] {
  const pairs: IndexPair[] = [];
  let [x, y] = end;
  for (let edits = reached.length - 1; edits >= 0; edits--) {
    const last = reached[edits - 1];
    const from = last === undefined ? 0 : stepFrom(last, x - y, edits);
    while (x > from) pairs.push([--x, --y]);
    if (last === undefined) break;
    const above = last[x - y + 1 + edits - 1] ?? -1;
    if (above === x) y--;
    else x--;
  }
  return pairs.toReversed();
}

/** Which of `values` to keep so that they never fall and the most are kept. O(n log n). */
export function longestRise(values: readonly number[]): ReadonlySet<number> {
  const tails: number[] = [];
  const previous: (number | undefined)[] = [];
  for (const [index, value] of values.entries()) {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[tails[middle] ?? 0] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    previous.push(tails[low - 1]);
    tails[low] = index;
  }
  const kept = new Set<number>();
  for (let at = tails.at(-1); at !== undefined; at = previous[at]) kept.add(at);
  return kept;
}

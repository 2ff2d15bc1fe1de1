/** How two variants did on the same tasks: how many both passed, one alone, or none. */
export interface Flips {
  readonly both: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly neither: number;
  /**
   * The chance that pairs which flipped would fall at least this far to one side if both variants were as good: McNemar's
   * exact test, two-sided. 1 where none flipped. With fewer than six flips it cannot be below 0.05, whatever they say.
   */
  readonly p: number;
}

/**
 * Counts pairs of outcomes, each a task's with variant A and with variant B.
 *
 * @see McNemar 1947, Psychometrika 12; the exact binomial form
 */
export function flipsOf(pairs: readonly (readonly [isPassedA: boolean, isPassedB: boolean])[]): Flips {
  const count = (a: boolean, b: boolean): number => pairs.filter(([x, y]) => x === a && y === b).length;
  const [onlyA, onlyB] = [count(true, false), count(false, true)];
  return { both: count(true, true), onlyA, onlyB, neither: count(false, false), p: exactP(onlyA, onlyB) };
}

function exactP(one: number, other: number): number {
  const flips = one + other;
  if (one === other) return 1;
  // In logarithms: a binomial of a thousand flips outgrows a double.
  let term = -flips * Math.LN2;
  let tail = Math.exp(term);
  for (let k = 1; k <= Math.min(one, other); k++) {
    term += Math.log((flips - k + 1) / k);
    tail += Math.exp(term);
  }
  return Math.min(1, 2 * tail);
}

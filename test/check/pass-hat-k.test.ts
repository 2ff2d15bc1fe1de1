import fc from "fast-check";
import { expect, test } from "vitest";
import { passHatK } from "../../src/check/pass-hat-k.ts";

/** All ways to pick `k` of the runs, written out. */
function subsets(runs: readonly boolean[], k: number): readonly (readonly boolean[])[] {
  if (k === 0) return [[]];
  return runs.flatMap((run, index) => subsets(runs.slice(index + 1), k - 1).map((rest) => [run, ...rest]));
}

function enumerated(tasks: readonly (readonly boolean[])[], k: number): number {
  const chances = tasks.map((runs) => {
    const picked = subsets(runs, k);
    return picked.filter((subset) => subset.every(Boolean)).length / picked.length;
  });
  return chances.reduce((sum, chance) => sum + chance, 0) / tasks.length;
}

test("it is the share of all subsets of k runs in which every run passed, the mean over the tasks", () => {
  const tasks = fc.array(fc.array(fc.boolean(), { minLength: 4, maxLength: 8 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(tasks, fc.integer({ min: 1, max: 4 }), (given, k) => {
      expect(passHatK(given, k)).toBeCloseTo(enumerated(given, k), 12);
    }),
  );
});

test("two of three runs that passed are 2/3 for one, 1/3 for two, and 0 for three", () => {
  const task = [true, false, true];
  expect([1, 2, 3].map((k) => Number(passHatK([task], k).toFixed(12)))).toEqual([0.666666666667, 0.333333333333, 0]);
});

test("tasks may have different numbers of runs", () => {
  expect(passHatK([[true, true], Array.from({ length: 40 }, () => true)], 2)).toBe(1);
});

test("it does not overflow where the binomials do", () => {
  const runs = Array.from({ length: 3000 }, (_, index) => index > 0);
  expect(passHatK([runs], 1500)).toBeCloseTo(0.5, 9);
});

test.for([
  ["no task", [], 1, "there is no task to take the mean over"],
  ["too few runs", [[true, true], [true]], 2, "task 2 of 2 has 1 runs, fewer than 2"],
  ["k of 0", [[true]], 0, "k is 0; give an integer from 1"],
  ["k of a half", [[true]], 0.5, "k is 0.5; give an integer from 1"],
] as const)("%s is refused", ([, tasks, k, words]) => {
  expect(() => passHatK(tasks, k)).toThrow(new RangeError(words));
});

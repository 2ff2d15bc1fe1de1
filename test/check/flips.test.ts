import { expect, test } from "vitest";
import { flipsOf } from "../../src/check/flips.ts";

const pairs = (a: number, b: number): readonly (readonly [boolean, boolean])[] => [
  ...Array.from({ length: a }, () => [true, false] as const),
  ...Array.from({ length: b }, () => [false, true] as const),
];

// By hand, and by R's mcnemar.exact: twice the tail of a fair coin.
test.for([
  [0, 0, 1],
  [1, 0, 1],
  [5, 0, 0.0625],
  [6, 0, 0.03125],
  [9, 2, 0.0654296875],
  [3, 3, 1],
  [10, 3, 0.09228515625],
] as const)("%d lost and %d won have p = %d", ([lost, won, p]) => {
  expect(flipsOf(pairs(lost, won)).p).toBeCloseTo(p, 10);
  expect(flipsOf(pairs(won, lost)).p).toBeCloseTo(p, 10);
});

test("pairs that did not flip say nothing of which is better", () => {
  const same = [...Array.from({ length: 50 }, () => [true, true] as const), [false, false] as const];
  const { p, ...counts } = flipsOf([...pairs(6, 0), ...same]);
  expect(counts).toEqual({ both: 50, onlyA: 6, onlyB: 0, neither: 1 });
  expect(p).toBeCloseTo(0.03125, 10);
});

test("thousands of flips have a number too", () => {
  expect(flipsOf(pairs(3000, 2900)).p).toBeCloseTo(0.1975, 3);
});

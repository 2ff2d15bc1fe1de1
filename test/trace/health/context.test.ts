import { expect, test } from "vitest";
import { agent, at, chat } from "../spans.ts";
import { seenBy } from "./findings.ts";

const calls = (...inputs: readonly number[]): ReturnType<typeof at>[] => [
  at(1n, "a", undefined, agent("analyst")),
  ...inputs.map((input, index) => at(BigInt(index + 2), `c${index}`, "a", chat(input, 10))),
];

test("context-budget names the largest call of an agent, and how it grew", () => {
  expect(seenBy("context-budget", calls(1000, 9000, 20_000))).toEqual([
    "c2: this call reads 20000 tokens, 20 times agent analyst's first call (1000)",
  ]);
});

test("context-budget fires for one call that is too large from the beginning", () => {
  expect(seenBy("context-budget", calls(40_000))).toEqual(["c0: this call reads 40000 tokens"]);
});

test("context-budget lets small contexts grow, and large ones stay", () => {
  expect(seenBy("context-budget", calls(100, 7000))).toEqual([]);
  expect(seenBy("context-budget", calls(20_000, 21_000))).toEqual([]);
});

test("context-budget compares an agent with itself alone", () => {
  const spans = [
    ...calls(500),
    at(10n, "b", "a", agent("reader")),
    at(11n, "d", "b", chat(9000, 1)),
    at(12n, "e", "b", chat(9500, 1)),
  ];
  expect(seenBy("context-budget", spans)).toEqual([]);
});

import { expect, test } from "vitest";
import type { ExitCode } from "../../src/report/exit-code.ts";
import { exitCodeOf, worstExitCode } from "../../src/report/exit-code.ts";

test.each([
  ["passed", 0],
  ["skipped", 0],
  ["failed", 1],
  ["inconclusive", 4],
] as const)("%s ends with %i", (verdict, code) => {
  expect(exitCodeOf(verdict)).toBe(code);
});

test("of several codes the worst wins, in the order 3, 2, 1, 4, 0", () => {
  const order: readonly ExitCode[] = [3, 2, 1, 4, 0];
  for (const [index, code] of order.entries()) expect(worstExitCode(order.slice(index).toReversed())).toBe(code);
});

test("no code at all is 0", () => {
  expect(worstExitCode([])).toBe(0);
});

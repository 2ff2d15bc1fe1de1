import { expect, test } from "vitest";
import { comparisonOf } from "../../src/campaign/compare.ts";
import type { RunResult, SuiteResult } from "../../src/campaign/result.ts";
import type { Verdict } from "../../src/check/verdict.ts";
import { compareJson, compareSchema } from "../../src/report/compare-json.ts";
import { drawVariants } from "../../src/report/compare-text.ts";

function run(scenario: string, seed: number, verdict: Verdict): RunResult {
  return {
    scenario,
    file: null,
    seed,
    mode: "sim",
    verdict,
    skipped: verdict === "skipped" ? "it needs python3" : null,
    failures: verdict === "failed" ? ["agent triage failed: no order"] : [],
    notes: [],
    spansDigest: "",
    canonicalDigest: "",
    durationMs: 10,
    summary: { traces: [] },
    trees: [],
    messages: [],
    expectations: [],
    hops: [],
    faults: [],
    missing: [],
    repeat: "",
  };
}

const suite = (...runs: readonly RunResult[]): SuiteResult => {
  return { version: "0", node: "0", verdict: "passed", faults: [], runs, notRun: 0 };
};

const compared = (a: readonly RunResult[], b: readonly RunResult[]): ReturnType<typeof comparisonOf> =>
  comparisonOf({ name: "a", suite: suite(...a) }, { name: "b", suite: suite(...b) });

test("a pair that only the first variant passed is lost, and decides", () => {
  const result = compared(
    [run("x", 1, "passed"), run("x", 2, "passed"), run("x", 3, "failed")],
    [run("x", 1, "passed"), run("x", 2, "failed"), run("x", 3, "passed")],
  );
  expect(result.pairs.map(({ flip }) => flip)).toEqual([null, "lost", "won"]);
  expect([result.verdict, result.flips.onlyA, result.flips.onlyB, result.flips.p]).toEqual(["failed", 1, 1, 1]);
  const text = drawVariants(result);
  expect(text).toContain("2 pairs flipped: 1 lost, 1 won");
  expect(text).toContain("fewer than 6 flips cannot tell the two apart");
  expect(text).toContain("✗ lost x seed 2: agent triage failed: no order");
  expect(compareSchema.parse(compareJson(result)).pairs).toHaveLength(3);
});

test("pairs that were won alone are no loss", () => {
  const result = compared(
    [run("x", 1, "failed"), run("x", 2, "passed")],
    [run("x", 1, "passed"), run("x", 2, "passed")],
  );
  expect(result.verdict).toBe("passed");
});

test("a pair that decides nothing leaves it open", () => {
  const result = compared([run("x", 1, "inconclusive")], [run("x", 1, "passed")]);
  expect([result.verdict, result.pairs[0]?.flip]).toEqual(["inconclusive", null]);
});

test("scenarios of one variant alone, and skipped ones, are named and left out", () => {
  const result = compared(
    [run("x", 1, "passed"), run("y", 1, "passed"), run("z", 1, "skipped")],
    [run("x", 1, "passed"), run("w", 1, "passed"), run("z", 1, "passed")],
  );
  expect(result.pairs.map(({ scenario }) => scenario)).toEqual(["x"]);
  expect(result.unpaired).toEqual(["only a has y", "only b has w", "z was skipped: it needs python3"]);
});

test("one scenario each is a pair, whatever they are called; nothing in common is refused", () => {
  expect(compared([run("v1", 1, "passed")], [run("v2", 1, "failed")]).pairs).toHaveLength(1);
  const both = (name: string): readonly RunResult[] => [run(name, 1, "passed"), run(`${name}2`, 1, "passed")];
  expect(() => compared(both("v"), both("w"))).toThrow("nothing can be compared");
});

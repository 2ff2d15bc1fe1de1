/** Whatever is broken in a shipped scenario is noticed, or the scenario says why it need not be. */
import { expect, test } from "vitest";
import { ALL_MUTANTS } from "../../src/campaign/mutants.ts";
import { runMutation } from "../../src/campaign/mutation.ts";
import { shippedScenarios } from "../digests.ts";

test.for([1, 2, 3])("with seed %i nothing survives that no scenario accepts", { timeout: 600_000 }, async (seed) => {
  const paths = [...new Set((await shippedScenarios()).map(({ file }) => file))];
  const { scenarios } = await runMutation({ paths, mode: "sim", seed, choice: ALL_MUTANTS });
  expect(scenarios.length).toBeGreaterThan(15);
  for (const { whole, tally, stale, repeat } of scenarios) {
    expect({ repeat, verdict: whole.verdict, stale, ...tally }).toEqual({
      repeat,
      ...tally,
      verdict: whole.skipped === null ? "passed" : "skipped",
      stale: [],
      survived: 0,
      "without-effect": 0,
    });
  }
});

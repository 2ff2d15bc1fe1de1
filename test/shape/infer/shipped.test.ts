import { beforeAll, expect, test } from "vitest";
import { execute } from "../../../src/run/execute.ts";
import { plan } from "../../../src/scenario/plan.ts";
import { inferShape } from "../../../src/shape/infer/infer.ts";
import { matchShape } from "../../../src/shape/match/match.ts";
import { printShape } from "../../../src/shape/print.ts";
import { parseShape } from "../../../src/shape/text/parse.ts";
import type { Tree } from "../../../src/trace/tree.ts";
import { buildTrees } from "../../../src/trace/tree.ts";
import { shippedScenarios } from "../../digests.ts";

const SEEDS = 12;

let runsOf: ReadonlyMap<string, readonly (readonly Tree[])[]>;

beforeAll(async () => {
  const found = new Map<string, readonly (readonly Tree[])[]>();
  for (const { scenario, path } of await shippedScenarios()) {
    const runs: (readonly Tree[])[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) runs.push(buildTrees((await execute(plan(scenario, seed))).spans));
    found.set(path, runs);
  }
  runsOf = found;
}, 60_000);

test(
  "what is inferred from the shipped scenarios matches every seed, in words that read back",
  { timeout: 60_000 },
  () => {
    for (const [path, runs] of runsOf) {
      const text = printShape(inferShape(runs));
      expect(printShape(parseShape(text, path))).toBe(text);
      const verdicts = runs.map((trees) => matchShape(parseShape(text, path), trees).verdict);
      expect([path, new Set(verdicts)]).toEqual([path, new Set(["matched"])]);
    }
  },
);

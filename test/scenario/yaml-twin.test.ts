import { beforeAll, expect, test } from "vitest";
import { loadScenarios } from "../../src/campaign/load.ts";
import { playRun } from "../../src/campaign/play-run.ts";
import type { RunResult } from "../../src/campaign/result.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";

const CODE = "scenarios/tool-loop.scenario.ts";
const YAML = "scenarios/tool-loop-yaml.scenario.yaml";
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

const runs: RunResult[] = [];

beforeAll(async () => {
  prepareThread();
  for (const loaded of await loadScenarios([CODE, YAML]))
    for (const seed of SEEDS) runs.push((await playRun(loaded, seed, { mode: "sim", checkDeterminism: false })).result);
});

function of(file: string): readonly RunResult[] {
  return runs.filter((run) => run.file === file);
}

test("a scenario in code and its twin in YAML leave the same bytes for every seed", () => {
  const digests = (file: string): readonly unknown[] =>
    of(file).map(({ seed, spansDigest, canonicalDigest, messages }) => [seed, spansDigest, canonicalDigest, messages]);
  expect(of(YAML)).toHaveLength(SEEDS.length);
  expect(digests(YAML)).toEqual(digests(CODE));
});

test("the seed reaches the model's variants", () => {
  expect(new Set(of(YAML).map(({ spansDigest }) => spansDigest)).size).toBe(SEEDS.length);
});

function inverted(file: string): readonly unknown[] {
  return of(file).map((run) => run.expectations.map((one) => one.inverted));
}

test("both pass, each expectation for the same verdict", () => {
  for (const run of runs) {
    expect(run.expectations.map(({ verdict }) => verdict)).toEqual(run.expectations.map(() => "passed"));
    expect(run.verdict).toBe("passed");
  }
  expect(inverted(YAML)).toEqual(inverted(CODE));
});

test("a report tells the twins apart by their files", () => {
  expect(new Set(runs.map(({ scenario }) => scenario))).toEqual(new Set(["tool-loop"]));
  for (const { file, repeat } of runs) expect(repeat).toContain(`troupe run ${file} `);
});

import { describe, test } from "vitest";
import type { LoadedScenario } from "../campaign/load.ts";
import { faultSentence } from "../core/errors.ts";
import { runText } from "../report/text.ts";

export interface ScenarioTestOptions {
  /** One test for each. Default: seed 1. */
  readonly seeds?: readonly number[];
  /** Default `sim`. */
  readonly mode?: "sim" | "wire";
}

const DEFAULTS = { seeds: [1], mode: "sim" } as const;

/**
 * A Vitest test for every scenario and seed, named `refund-handoff seed 3`, in a suite that is named by the path.
 *
 * `path` is a file, `file#name`, a folder or a glob, relative to the folder in which Vitest runs. A test that fails shows
 * the report of `troupe run`, which ends with the line that repeats the run. A scenario that cannot run in that mode is
 * skipped, with the reason; where scenarios cannot be loaded, one test fails and says why. Vitest's time limit does not
 * count: runs have limits of their own (`limits`), and say who was late.
 */
export function scenarioTests(path: string, options: ScenarioTestOptions = {}): void {
  const { seeds, mode } = { ...DEFAULTS, ...options };
  describe(path, async () => {
    const scenarios = await loaded(path).catch((error: unknown) => {
      test("its scenarios load", () => {
        throw error;
      });
      return [];
    });
    for (const scenario of scenarios)
      for (const seed of seeds)
        test(`${scenario.scenario.name} seed ${seed}`, { timeout: 0 }, async ({ skip }) => {
          const skipped = await play(scenario, seed, mode);
          if (skipped !== undefined) skip(skipped);
        });
  });
}

// What loads and plays scenarios is imported only when there are some: a test file with matchers alone need not wait for it.

async function loaded(path: string): Promise<readonly LoadedScenario[]> {
  const { prepareThread } = await import("../run/prepare-thread.ts");
  // Modules of scenarios capture timers and tracers when they load.
  prepareThread();
  const { loadScenarios } = await import("../campaign/load.ts");
  const { scenarioPaths } = await import("./scenario-files.ts");
  return loadScenarios(scenarioPaths(path));
}

/** Plays one run; gives the reason where it was skipped. */
async function play(scenario: LoadedScenario, seed: number, mode: "sim" | "wire"): Promise<string | undefined> {
  const { playRun } = await import("../campaign/play-run.ts");
  const { result, faults } = await playRun(scenario, seed, { mode, checkDeterminism: false });
  if (result.verdict === "passed" || result.skipped !== null) return result.skipped ?? undefined;
  const error = new Error([...faults.map(faultSentence), runText(result)].join("\n\n"));
  // Its frames would show this file, where nothing is wrong.
  error.stack = `${error.name}: ${error.message}`;
  throw error;
}

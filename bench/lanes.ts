import { fileURLToPath } from "node:url";
import { judgeRun } from "../src/campaign/judge-run.ts";
import { loadScenarios } from "../src/campaign/load.ts";
import { execute, prepareThread } from "../src/run/execute.ts";
import { plan } from "../src/scenario/plan.ts";
import { type Tuning, bareRound, prepareBare } from "./bare.ts";

/** The compiled scenario: measuring a loader is not the aim. */
const SCENARIO = new URL("../scenarios/refund-handoff.scenario.js", import.meta.url);
const WARM_UP = 1500;
const COUNTED = 3000;

/** Times one lane of the benchmark in this process. */
export async function runSuiteOf(lane: Tuning | "simulate" | "judge"): Promise<{ msPerRun: number; spans: number }> {
  const round = lane === "simulate" || lane === "judge" ? await simulated(lane === "judge") : bare(lane);
  for (let seed = 1; seed <= WARM_UP; seed++) await round(seed);
  let spans = 0;
  const start = performance.now();
  for (let seed = 1; seed <= COUNTED; seed++) spans += await round(seed);
  return { msPerRun: (performance.now() - start) / COUNTED, spans: spans / COUNTED };
}

function bare(tuning: Tuning): (seed: number) => Promise<number> {
  prepareBare();
  return () => bareRound(tuning);
}

async function simulated(isJudged: boolean): Promise<(seed: number) => Promise<number>> {
  prepareThread();
  const [loaded] = await loadScenarios([fileURLToPath(SCENARIO)]);
  if (loaded === undefined) throw new Error("there is no refund-handoff");
  return async (seed) => {
    const run = await execute(plan(loaded.scenario, seed));
    if (isJudged) {
      const { verdict, failures } = judgeRun(run, { ...loaded, repeat: "" });
      if (verdict === "failed") throw new Error(`seed ${seed} failed ${failures.join()}`);
    }
    return run.spans.length;
  };
}

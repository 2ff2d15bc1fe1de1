import { fileURLToPath } from "node:url";
import { judgeRun } from "../src/campaign/judge-run.ts";
import { loadScenarios } from "../src/campaign/load.ts";
import { execute } from "../src/run/execute.ts";
import { prepareThread } from "../src/run/prepare-thread.ts";
import { plan } from "../src/scenario/plan.ts";
import { prepareBare } from "./bare-spans.ts";
import { type Tuning, bareRound } from "./bare.ts";

/** The compiled scenario: measuring a loader is not the aim. */
const SCENARIO = new URL("../scenarios/refund-handoff.scenario.js", import.meta.url);
/** So long V8 goes on optimising functions that a run calls once or twice. */
const WARM_UP = 5000;
const COUNTED = 3000;

export interface Figure {
  readonly msPerRun: number;
  /** Processor time of all threads: what a busy machine distorts less. */
  readonly cpuMsPerRun: number;
  readonly spans: number;
}

/** Times one lane of the benchmark in this process. */
export async function runSuiteOf(lane: Tuning | "simulate" | "judge"): Promise<Figure> {
  const round = lane === "simulate" || lane === "judge" ? await simulated(lane === "judge") : bare(lane);
  for (let seed = 1; seed <= WARM_UP; seed++) await round(seed);
  let spans = 0;
  const [start, before] = [performance.now(), process.cpuUsage()];
  for (let seed = 1; seed <= COUNTED; seed++) spans += await round(seed);
  const { user, system } = process.cpuUsage(before);
  return {
    msPerRun: (performance.now() - start) / COUNTED,
    cpuMsPerRun: (user + system) / 1000 / COUNTED,
    spans: spans / COUNTED,
  };
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

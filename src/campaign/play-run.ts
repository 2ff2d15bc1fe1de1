import { resolve } from "node:path";
import type { Fault } from "../core/errors.ts";
import { type Breaks, execute } from "../run/execute.ts";
import type { SpansFrom } from "../run/live/spans-from.ts";
import type { Run } from "../run/outcome.ts";
import { plan } from "../scenario/plan.ts";
import type { Mode } from "../scenario/scenario.ts";
import { differenceOver } from "./determinism.ts";
import { judgeRun } from "./judge-run.ts";
import { skippedRun } from "./lost-run.ts";
import { whatLacks } from "./needs.ts";
import type { LoadedScenario } from "./load.ts";
import { repeatLine } from "./repeat.ts";
import type { RunResult } from "./result.ts";
import { whySkipped } from "./skip.ts";

/** How the runs of a suite are played; all of it is plain data, since it crosses into threads. */
export interface PlayOptions {
  readonly mode: Mode;
  /** In `live`, where spans come from. */
  readonly spans?: SpansFrom;
  /** What mock servers speak in `wire`; each server's own choice where it is left out. */
  readonly transport?: "stdio" | "http" | "ws";
  /** Whether commands that are Python programs get Troupe's `sitecustomize`; they do where it is left out. */
  readonly hasPreload?: boolean;
  /** Runs each plan twice more, once in a fresh process, and fails runs that differ. */
  readonly checkDeterminism: boolean;
}

/** A run, judged, and the faults of its definition that only running it could show. */
export interface PlayedRun {
  readonly result: RunResult;
  readonly faults: readonly Fault[];
  /** What was judged; `undefined` where it was skipped. */
  readonly run: Run | undefined;
}

/**
 * Plays one run of a loaded scenario, broken as `breaks` says, and judges it.
 *
 * @throws TroupeError `RUN_REFUSED` when a run cannot begin here.
 */
export async function playRun(
  loaded: LoadedScenario,
  seed: number,
  options: PlayOptions,
  breaks: Breaks = {},
): Promise<PlayedRun> {
  const { scenario, file, path } = loaded;
  const { mode, transport = scenario.transport, hasPreload = true, spans } = options;
  const why = whatLacks(scenario, file) ?? whySkipped(scenario, mode, transport);
  if (why !== undefined)
    return {
      result: skippedRun({ scenario: scenario.name, file, path }, seed, options, why),
      faults: [],
      run: undefined,
    };
  const live = spans === undefined ? {} : { spans };
  const run = await execute(plan(scenario, seed), {
    mode,
    transport,
    hasPreload,
    file: resolve(file),
    breaks,
    ...live,
  });
  const difference = options.checkDeterminism ? await differenceOver(loaded, seed, run) : undefined;
  return {
    result: judged(loaded, run, { ...options, checkDeterminism: difference !== undefined }, difference),
    run,
    faults: run.faults.map((fault) => ({ ...fault, where: `${loaded.file}, ${fault.where}` })),
  };
}

function judged(
  { file, expectations, path }: LoadedScenario,
  run: Run,
  options: PlayOptions,
  difference: string | undefined,
): RunResult {
  const failures = difference === undefined ? run.failures : [...run.failures, difference];
  const repeat = repeatLine(path, run.plan.seed, options);
  return judgeRun({ ...run, failures }, { file, expectations, repeat });
}

import type { Fault } from "../core/errors.ts";
import { type Run, execute, prepareThread } from "../run/execute.ts";
import { useUtc } from "../run/virtual-time/install.ts";
import { plan } from "../scenario/plan.ts";
import { differenceOver } from "./determinism.ts";
import { judgeRun, worst } from "./judge-run.ts";
import { type LoadedScenario, loadScenarios } from "./load.ts";
import type { RunResult, SuiteResult } from "./result.ts";
import { VERSION } from "./version.ts";

export interface SuiteRequest {
  /** Files, folders and `file#name`s. */
  readonly paths: readonly string[];
  readonly seeds: readonly number[];
  /** Runs each plan twice more, once in a fresh process, and fails runs that differ. */
  readonly checkDeterminism: boolean;
  /** Hears of each run as it ends. */
  readonly onRun?: (run: RunResult) => void;
}

/**
 * Runs every scenario for every seed, scenarios in the order of their paths, seeds as given.
 *
 * @throws TroupeError when anything in the paths cannot be loaded; nothing has run then.
 */
export async function runSuite({ paths, seeds, checkDeterminism, onRun }: SuiteRequest): Promise<SuiteResult> {
  // User modules capture timers and tracers when they load.
  useUtc();
  prepareThread();
  const runs: RunResult[] = [];
  const faults: Fault[] = [];
  for (const loaded of await loadScenarios(paths))
    for (const seed of seeds) {
      const run = await execute(plan(loaded.scenario, seed));
      faults.push(...run.faults.map((fault) => ({ ...fault, where: `${loaded.file}, ${fault.where}` })));
      const difference = checkDeterminism ? await differenceOver(loaded, seed, run) : undefined;
      const result = judged(loaded, run, difference);
      runs.push(result);
      onRun?.(result);
    }
  const verdict = worst(runs.map((run) => run.verdict));
  return { version: VERSION, node: globalThis.process.version, verdict, faults, runs };
}

function judged(loaded: LoadedScenario, run: Run, difference: string | undefined): RunResult {
  const { file, expectations, path } = loaded;
  const flags = difference === undefined ? "" : " --check-determinism";
  const repeat = `troupe run ${quoted(path)} --seed ${run.plan.seed}${flags}`;
  const failures = difference === undefined ? run.failures : [...run.failures, difference];
  return judgeRun({ ...run, failures }, { file, expectations, repeat });
}

/** A path as a POSIX shell takes it, and not for a flag or a comment. */
function quoted(path: string): string {
  const operand = path.startsWith("-") ? `./${path}` : path;
  return /^[\w@%+=:,./-][\w@%+=:,./#-]*$/.test(operand) ? operand : `'${operand.replaceAll("'", `'\\''`)}'`;
}

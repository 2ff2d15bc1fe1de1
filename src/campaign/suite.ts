import { availableParallelism } from "node:os";
import type { Breaks } from "../run/execute.ts";
import { useUtc } from "../run/virtual-time/install.ts";
import type { PlayOptions } from "./play-run.ts";
import { Crew } from "./crew.ts";
import type { Progress, RunResult, SuiteResult } from "./result.ts";
import type { ThreadLimits } from "./thread.ts";
import type { Breakage, Detail, RunExport, ScenarioName, ThreadSettings } from "./thread-messages.ts";

export interface SuiteRequest extends Partial<Omit<PlayOptions, "checkDeterminism">> {
  /** Files, folders and `file#name`s. */
  readonly paths: readonly string[];
  readonly seeds: readonly number[];
  /** Agents that take the place of the scenarios' own, as {@link loadAgents} takes them. */
  readonly agents?: readonly string[];
  /** Runs each plan twice more, once in a fresh process, and fails runs that differ. */
  readonly checkDeterminism: boolean;
  /** How many worker threads play; left out, as many as are worth their start, up to the cores. */
  readonly jobs?: number;
  /** What is wanted of runs that passed; everything where it is left out. */
  readonly detail?: Detail;
  /** Whether a snapshot that is missing is no fault of its scenario: its expectation fails. */
  readonly mayMissSnapshots?: boolean;
  /** Hears what was loaded, before anything is played. */
  readonly onLoaded?: (scenarios: readonly ScenarioName[]) => void;
  /** Hears of each run as it ends, in the order of the suite: one that was faster waits for those before it. */
  readonly onRun?: (run: RunResult) => void;
  /** Hears of each run after that, and says what to play again with what put into it. Those runs come after all others. */
  readonly followUps?: (run: RunResult, breakage: Breakage) => readonly Breaks[];
  /** Hears of each run at once, in any order. */
  readonly onProgress?: (progress: Progress) => void;
  /** Hears what code under test prints. */
  readonly onOutput?: (text: string) => void;
  /** Hears of the spans of each run, as export requests; they are made only where somebody hears of them. */
  readonly onExport?: (exported: RunExport) => void;
  /** Ends the suite early, with the runs that were done. */
  readonly signal?: AbortSignal;
  /** Other limits of its threads than the usual ones. */
  readonly limits?: Partial<ThreadLimits>;
}

/** How long code under test may keep its thread to itself, in real time: an honest computation takes seconds. */
export const USUAL_LIMITS: ThreadLimits = { silentMs: 10_000, silentLoadMs: 30_000 };

/**
 * Runs every scenario for every seed, scenarios in the order of their paths, seeds as given, in threads of their own.
 *
 * The results and their order do not depend on the number of threads. A run that takes its thread with it has failed, and
 * the suite goes on.
 *
 * @throws TroupeError when anything in the paths cannot be loaded; nothing has run then.
 */
export async function runSuite(request: SuiteRequest): Promise<SuiteResult> {
  // A thread's own environment does not change its time zone.
  useUtc();
  const { mode = "sim", transport, hasPreload = true, checkDeterminism, spans, limits, jobs } = request;
  const play: PlayOptions = {
    mode,
    checkDeterminism,
    hasPreload,
    ...(transport === undefined ? {} : { transport }),
    ...(spans === undefined ? {} : { spans }),
  };
  const settings: ThreadSettings = {
    paths: request.paths,
    agents: request.agents ?? [],
    play,
    detail: {
      ...(request.detail ?? { hasDigests: true, hasTrees: true }),
      hasExports: request.onExport !== undefined,
    },
    mayMissSnapshots: request.mayMissSnapshots ?? false,
  };
  const crew = new Crew<RunResult>({
    script: "run-worker",
    settings,
    where: request.paths.join(" "),
    seeds: request.seeds,
    // What it needs of a trace is loaded only where it is needed.
    lost: async (named, seed, why) => (await import("./lost-run.ts")).lostRun(named, seed, play, why),
    limits: { ...USUAL_LIMITS, ...limits },
    jobs: jobs ?? availableParallelism(),
    isEager: jobs !== undefined,
    onLoaded: request.onLoaded ?? ignore,
    onRun: request.onRun ?? ignore,
    followUps: ({ result, breakage = UNBROKEN }) => request.followUps?.(result, breakage) ?? [],
    onProgress: request.onProgress ?? ignore,
    onOutput: request.onOutput ?? ignore,
    onExport: request.onExport ?? ignore,
  });
  return crew.play(request.signal);
}

const UNBROKEN: Breakage = { mutants: [], hits: 0 };

function ignore(): void {}

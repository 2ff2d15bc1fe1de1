import { availableParallelism } from "node:os";
import type { WantedChange } from "../../check/changes/wanted.ts";
import type { Miss } from "../../recording/answering.ts";
import type { SpansFrom } from "../../run/live/spans-from.ts";
import type { RealTools } from "../../run/real-tools.ts";
import { useUtc } from "../../run/virtual-time/install.ts";
import { Crew } from "../crew.ts";
import type { Played, Progress } from "../result.ts";
import { USUAL_LIMITS } from "../suite.ts";
import type { ThreadLimits } from "../thread.ts";
import type { ReplaySource } from "./cases.ts";
import { lostReplay } from "./lanes.ts";
import { repeatReplay } from "./repeat.ts";
import type { ReplayResult } from "./result.ts";

/** What each thread of a replay is given. */
export interface ReplaySettings {
  readonly cases: readonly ReplaySource[];
  /** What takes the place of the recorded agents, as `loadAgents` takes it. */
  readonly agents: readonly string[];
  readonly miss: Miss;
  /** Where spans come from, of agents that are replayed where somebody else runs them; absent for all others. */
  readonly spans?: SpansFrom;
  /** What may be called in the real world where `miss` is `live`, and the flags that say so. */
  readonly real?: RealTools & { readonly flags: readonly string[] };
  readonly wanted: readonly WantedChange[];
  /** Whether a case that went as it was recorded tells each step and each exact answer too, of which nothing is to be said. */
  readonly isDetailed: boolean;
}

export interface ReplayRequest extends ReplaySettings {
  readonly seed: number;
  readonly jobs?: number;
  /** Hears of each case as it ends, in their order. */
  readonly onReplayed?: (result: ReplayResult) => void;
  readonly onProgress?: (progress: Progress) => void;
  readonly onOutput?: (text: string) => void;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<ThreadLimits>;
}

/**
 * Replays cases in threads of their own. What is asked for but once is loaded but once, and each case is read when its
 * turn comes; a case that takes its thread with it has failed, and the others go on.
 *
 * @throws TroupeError where an agent cannot be loaded; nothing was replayed then.
 */
export async function replayCases(request: ReplayRequest): Promise<Played<ReplayResult>> {
  useUtc();
  const { cases, agents, miss, spans, real, wanted, isDetailed, seed, jobs, limits } = request;
  const live = { ...(spans === undefined ? {} : { spans }), ...(real === undefined ? {} : { real }) };
  const settings: ReplaySettings = { cases, agents, miss, wanted, isDetailed, ...live };
  const crew = new Crew<ReplayResult>({
    script: "replay-worker",
    settings,
    where: agents.join(" "),
    seeds: [seed],
    lost: (named, lostSeed, why) => {
      const repeat = repeatReplay(named, lostSeed, settings);
      const lost = lostReplay({ name: named.scenario, file: named.file, seed: lostSeed, repeat }, []);
      return Promise.resolve({ ...lost, verdict: "failed", failures: [why] });
    },
    limits: { ...USUAL_LIMITS, ...limits },
    jobs: jobs ?? availableParallelism(),
    isEager: jobs !== undefined,
    onLoaded: ignore,
    onRun: request.onReplayed ?? ignore,
    onProgress: request.onProgress ?? ignore,
    onOutput: request.onOutput ?? ignore,
    onExport: ignore,
  });
  return crew.play(request.signal);
}

function ignore(): void {}

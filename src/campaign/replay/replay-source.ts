import type { WantedChange } from "../../check/changes/wanted.ts";
import { type Fault, faultSentence, isTroupeError } from "../../core/errors.ts";
import type { Miss } from "../../recording/answering.ts";
import type { SpansFrom } from "../../run/live/spans-from.ts";
import type { RealTools } from "../../run/real-tools.ts";
import { isForeign } from "../../scenario/agent.ts";
import type { Substitute } from "../agent-spec.ts";
import { type ReplaySource, readCase } from "./cases.ts";
import { lostReplay, replayCase } from "./lanes.ts";
import type { ReplayResult } from "./result.ts";

/** What is to be tried on a case. */
interface Trial {
  readonly seed: number;
  readonly agents: readonly Substitute[];
  readonly miss: Miss;
  /** What may be called in the real world where `miss` is `live`. */
  readonly real?: RealTools;
  /** Where spans come from, for agents that run elsewhere: then the case is replayed `live`. */
  readonly spans?: SpansFrom;
  readonly wanted: readonly WantedChange[];
  readonly repeat: string;
}

/**
 * Reads a case and replays it: in `sim` where all agents are of this process, over real sockets otherwise, `live` on demand. One that cannot
 * be read, or whose candidate cannot run, is in quarantine, with its faults.
 */
export async function replaySource(
  source: ReplaySource,
  trial: Trial,
): Promise<{ readonly result: ReplayResult; readonly faults: readonly Fault[] }> {
  const { name, file } = source;
  try {
    const isElsewhere = trial.agents.some((one) => one.agents.some(isForeign));
    const isLive = trial.spans !== undefined;
    const { recording, edited } = await readCase(source, isElsewhere && !isLive);
    const hasForeign = isElsewhere || edited?.scenario.agents.some(isForeign) === true;
    const mode = isLive ? "live" : hasForeign ? "wire" : "sim";
    const request = { ...trial, name, file, recording, mode, ...(edited !== undefined && { edited }) } as const;
    return { result: await replayCase(request), faults: [] };
  } catch (error) {
    if (!isTroupeError(error) || error.code === "BUG") throw error;
    const { faults } = error;
    const { seed, repeat } = trial;
    return { result: lostReplay({ name, file, seed, repeat }, faults.map(faultSentence)), faults };
  }
}

/** A worker thread of a replay: loads the agents once, then replays the cases that it is asked for, one after the other. */
import { faultSentence } from "../core/errors.ts";
import { isForeign } from "../scenario/agent.ts";
import { loadAgents } from "./agent-spec.ts";
import { type ReplaySource, faultsOf, readCase } from "./replay/cases.ts";
import { lostReplay, replayCase } from "./replay/lanes.ts";
import type { ReplaySettings } from "./replay/replay.ts";
import { repeatReplay } from "./replay/repeat.ts";
import type { ReplayResult } from "./replay/result.ts";
import type { PlayedOrder } from "./thread-messages.ts";
import { workInThread } from "./work-in-thread.ts";

await workInThread<ReplayResult>(async (settings) => {
  // The crew of the same version, in the thread that started this one, is the only one that writes it.
  const { cases, agents, miss, wanted, isDetailed } = settings as ReplaySettings;
  const substitutes = await Promise.all(agents.map(loadAgents));
  const isElsewhere = substitutes.some((one) => one.agents.some(isForeign));
  const replay = async (source: ReplaySource, seed: number): Promise<PlayedOrder<ReplayResult>> => {
    const { name, file } = source;
    const repeat = repeatReplay(source, seed, { agents, miss });
    try {
      const { recording, edited } = await readCase(source, isElsewhere);
      const mode = isElsewhere || edited?.scenario.agents.some(isForeign) === true ? "wire" : "sim";
      const request = { name, recording, file, seed, miss, wanted, agents: substitutes, mode, repeat } as const;
      const result = await replayCase({ ...request, ...(edited !== undefined && { edited }) });
      return { result: isDetailed ? result : withoutDetail(result), faults: [], exports: [] };
    } catch (error) {
      const faults = faultsOf(error);
      const result = lostReplay({ name, file, seed, repeat }, faults.map(faultSentence));
      return { result, faults, exports: [] };
    }
  };
  return {
    scenarios: cases.map(({ name, file, path }) => ({ scenario: name, file, path, snapshots: [], survivors: [] })),
    play: async (place, seed) => {
      const source = cases[place];
      if (source === undefined) throw new Error(`BUG: no case ${place}`);
      return await replay(source, seed);
    },
  };
});

/** Thousands of results are kept: what nobody is told of one is left out. */
function withoutDetail(result: ReplayResult): ReplayResult {
  if (result.verdict !== "passed" || result.judged.changes.length > 0) return result;
  const answered = result.answered.some(({ by }) => by !== "exact") ? result.answered : [];
  return { ...result, answered, usage: { ...result.usage, steps: [] } };
}

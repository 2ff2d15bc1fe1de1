/** A worker thread of a replay: loads the agents once, then replays the cases that it is asked for, one after the other. */
import { loadAgents } from "./agent-spec.ts";
import type { ReplaySource } from "./replay/cases.ts";
import type { ReplaySettings } from "./replay/replay.ts";
import { replaySource } from "./replay/replay-source.ts";
import { repeatReplay } from "./replay/repeat.ts";
import type { ReplayResult } from "./replay/result.ts";
import type { PlayedOrder } from "./thread-messages.ts";
import { workInThread } from "./work-in-thread.ts";

await workInThread<ReplayResult>(async (settings) => {
  // The crew of the same version, in the thread that started this one, is the only one that writes it.
  const { cases, agents, miss, spans, real, wanted, isDetailed } = settings as ReplaySettings;
  const live = { ...(spans === undefined ? {} : { spans }), ...(real === undefined ? {} : { real }) };
  const substitutes = await Promise.all(agents.map(loadAgents));
  const replay = async (source: ReplaySource, seed: number): Promise<PlayedOrder<ReplayResult>> => {
    const repeat = repeatReplay(source, seed, { agents, miss, ...live });
    const trial = { seed, agents: substitutes, miss, wanted, repeat, ...live };
    const { result, faults } = await replaySource(source, trial);
    return { result: isDetailed ? result : withoutDetail(result), faults, exports: [] };
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

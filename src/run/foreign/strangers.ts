import { type Agent, isEndpoint, isForeign, isRecorded } from "../../scenario/agent.ts";
import type { Asker } from "../../wire/asker.ts";
import { AGENTS_SERVICE } from "../turn.ts";

/** The agents of a scenario that may ask its mocks by clients of their own, which programs and functions know of. */
export function strangersOf(agents: readonly Agent[]): readonly Asker[] {
  return agents
    .filter((one) => !isEndpoint(one) && !isRecorded(one))
    .map((one) => ({ from: isForeign(one) ? one.name : AGENTS_SERVICE, agent: one.name }));
}

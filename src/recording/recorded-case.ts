import type { Mock } from "../scenario/a2a.ts";
import type { Agent } from "../scenario/agent.ts";
import { type Model, scriptedModel } from "../scenario/model.ts";
import type { Persona } from "../scenario/persona.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Answering } from "./answering.ts";
import { assistant, recordedUser } from "./conversation.ts";
import { recordedAnswers } from "./exchanges.ts";
import { buildTrees } from "../trace/tree.ts";
import { askedConversation } from "./live-asks.ts";
import { standInsOf } from "./stand-ins.ts";
import { recordedServers } from "./recorded-servers.ts";
import { type Recording, recordingOf } from "./recording.ts";
import { recordedPart } from "./rewired.ts";

/** Everything that takes part in a recording: parts of a scenario. */
export interface RecordedCase {
  /** Says what the user said, whatever it hears, and then leaves satisfied. */
  readonly persona: Persona;
  /** Stand-ins, which do what was recorded. Put your own in their place. */
  readonly agents: readonly Agent[];
  /** The servers and remote agents, which answer what they were recorded answering. */
  readonly servers: readonly Mock[];
  /** Gives the recorded answers, as long as it is asked what it was recorded being asked. */
  readonly model: Model;
  /** What every span says alike. */
  readonly attributes: Scenario["attributes"];
  readonly traces: Scenario["traces"];
}

/**
 * Makes a scenario's parts out of a recording.
 *
 *     import recording from "./refund.recording.json" with { type: "json" };
 *     const { persona, agents, servers, model, attributes, traces } = recordedCase(recording);
 *
 * @param document what a recording file holds.
 * @param answering what becomes of questions that were not recorded; by default they fail the run.
 * @throws TroupeError `SCENARIO_INVALID` with every fault of the recording, each at its place.
 */
export function recordedCase(document: unknown, answering: Answering = {}): RecordedCase {
  return partsOf(recordingOf(document, "recording"), answering);
}

/** As {@link recordedCase}, of a recording that was read. */
export function partsOf(
  { exchanges, trajectory, attributes = {} }: Recording,
  answering: Answering = {},
): RecordedCase {
  const sayings = exchanges.flatMap((exchange) => (exchange.kind === "user" ? [exchange.text] : []));
  const asked = exchanges.filter((exchange) => exchange.kind === "model");
  const servers = recordedServers(exchanges, { answering });
  const put = asked.map((one) => ({ ...one, conversation: askedConversation(one) }));
  const rule = recordedPart((given) => ({ answer: recordedAnswers(put, given) }), answering);
  const model = scriptedModel(asked[0]?.model ?? "recorded", [rule], { timing: AT_ONCE });
  const trees = buildTrees(trajectory ?? []);
  const { agents, remotes } = standInsOf({ trees, exchanges, servers, model, answering });
  return {
    persona: recordedUser(sayings),
    agents: trees.length === 0 ? [assistant] : agents,
    servers: [...servers, ...remotes],
    model,
    attributes,
    traces: trees.length > 1 ? "turn" : "run",
  };
}

/** What a model took is no matter of what it answers, and would add up to more than a run waits for. */
const AT_ONCE = { firstChunkMs: [1, 1], tokensPerSecond: 1_000_000 } as const;

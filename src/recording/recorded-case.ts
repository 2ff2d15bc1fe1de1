import type { Mock } from "../scenario/a2a.ts";
import type { Agent } from "../scenario/agent.ts";
import { type Model, scriptedModel } from "../scenario/model.ts";
import type { Persona } from "../scenario/persona.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { assistant, recordedUser } from "./conversation.ts";
import { recordedAnswers } from "./exchanges.ts";
import { buildTrees } from "../trace/tree.ts";
import type { RecordedModelExchange } from "./exchange.ts";
import { askedConversation, isMissing, placeholder } from "./live-asks.ts";
import { standInsOf } from "./stand-ins.ts";
import { recordedServers } from "./recorded-servers.ts";
import { recordingOf } from "./recording.ts";

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
 * @throws TroupeError `SCENARIO_INVALID` with every fault of the recording, each at its place.
 */
export function recordedCase(document: unknown): RecordedCase {
  const { exchanges, trajectory, attributes = {} } = recordingOf(document, "recording");
  const sayings = exchanges.flatMap((exchange) => (exchange.kind === "user" ? [exchange.text] : []));
  const asked = exchanges.filter((exchange) => exchange.kind === "model");
  const servers = recordedServers(exchanges);
  const model = scriptedModel(asked[0]?.model ?? "recorded", [{ answer: answersOf(asked) }], { timing: AT_ONCE });
  const trees = buildTrees(trajectory ?? []);
  const { agents, remotes } = standInsOf({ trees, exchanges, servers, model });
  return {
    persona: recordedUser(sayings),
    agents: trees.length === 0 ? [assistant] : agents,
    servers: [...servers, ...remotes],
    model,
    attributes,
    traces: trees.length > 1 ? "turn" : "run",
  };
}

/**
 * What was recorded to the very conversation; where a call was recorded without it, the answer by its place: an agent's
 * third call gets its third answer.
 */
function answersOf(asked: readonly RecordedModelExchange[]): ReturnType<typeof recordedAnswers> {
  const exact = recordedAnswers(asked.map((one) => ({ ...one, conversation: askedConversation(one) })));
  const unknown = asked.filter((one) => isMissing(one, "question"));
  const placeholders = new Set(unknown.map(({ spanId }) => placeholder(spanId)));
  return (conversation, request) => {
    const isStandIn = conversation.length === 1 && placeholders.has(conversation[0]?.text ?? "");
    const answered = conversation.filter(({ role }) => role === "assistant").length;
    const due = asked.filter(({ agent }) => agent === request.agent)[answered];
    const isByPlace = !isStandIn && due !== undefined && isMissing(due, "question");
    return isByPlace ? due.answer : exact(conversation, request);
  };
}

/** What a model took is no matter of what it answers, and would add up to more than a run waits for. */
const AT_ONCE = { firstChunkMs: [1, 1], tokensPerSecond: 1_000_000 } as const;

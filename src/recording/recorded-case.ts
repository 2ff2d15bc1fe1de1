import type { Mock } from "../scenario/a2a.ts";
import type { Agent } from "../scenario/agent.ts";
import { type Model, scriptedModel } from "../scenario/model.ts";
import type { Persona } from "../scenario/persona.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { assistant, recordedUser } from "./conversation.ts";
import { recordedAnswers } from "./exchanges.ts";
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
  readonly traces: Scenario["traces"];
}

/**
 * Makes a scenario's parts out of a recording.
 *
 *     import recording from "./refund.recording.json" with { type: "json" };
 *     const { persona, agents, servers, model, traces } = recordedCase(recording);
 *
 * @param document what a recording file holds.
 * @throws TroupeError `SCENARIO_INVALID` with every fault of the recording, each at its place.
 */
export function recordedCase(document: unknown): RecordedCase {
  const { exchanges, source } = recordingOf(document, "recording");
  const sayings = exchanges.flatMap((exchange) => (exchange.kind === "user" ? [exchange.text] : []));
  const asked = exchanges.filter((exchange) => exchange.kind === "model");
  return {
    persona: recordedUser(sayings),
    agents: [assistant],
    servers: recordedServers(exchanges),
    model: scriptedModel(asked[0]?.model ?? "recorded", [{ answer: recordedAnswers(asked) }]),
    traces: source.traceIds.length > 1 ? "turn" : "run",
  };
}

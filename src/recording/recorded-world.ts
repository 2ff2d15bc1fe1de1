import { editDistance } from "../core/errors.ts";
import { type A2aAgent, type Mock, type RemoteAnswer, type RemoteTurn, a2aAgent } from "../scenario/a2a.ts";
import { type Model, scriptedModel } from "../scenario/model.ts";
import type { Persona } from "../scenario/persona.ts";
import { recordedUser } from "./conversation.ts";
import type { AskExchange } from "./exchange.ts";
import { recordedAnswers } from "./exchanges.ts";
import { recordedServers } from "./recorded-servers.ts";
import { type Offer, recordingOf } from "./recording.ts";

/** Everything that was on the other side of an agent: parts of a scenario for the agent itself. */
export interface RecordedWorld {
  /** Says what the user said, whatever it hears, and then leaves satisfied. */
  readonly persona: Persona;
  /** The servers and remote agents that were there, which answer what they were recorded answering. */
  readonly servers: readonly Mock[];
  /** Gives the recorded answers, as long as it is asked what it was recorded being asked. */
  readonly model: Model;
}

/**
 * Makes the world of an agent out of what `troupe record` wrote.
 *
 *     import recording from "./refund.recording.json" with { type: "json" };
 *     const { persona, servers, model } = recordedWorld(recording);
 *
 * Nothing is ever made up: what was not recorded fails the run, with the nearest that was.
 *
 * @param document what a recording file holds.
 * @throws TroupeError `SCENARIO_INVALID` with every fault of the recording, each at its place.
 */
export function recordedWorld(document: unknown): RecordedWorld {
  const { exchanges, offers = [] } = recordingOf(document, "recording");
  const known = exchanges.filter(({ missing = [] }) => !missing.includes("answer") && !missing.includes("result"));
  const asked = known.filter((exchange) => exchange.kind === "model");
  return {
    persona: recordedUser(exchanges.flatMap((exchange) => (exchange.kind === "user" ? [exchange.text] : []))),
    servers: [
      ...recordedServers(known, { offers }),
      ...recordedAgents(
        known.filter((exchange) => exchange.kind === "ask"),
        offers,
      ),
    ],
    model: scriptedModel(asked[0]?.model ?? "recorded", [{ answer: recordedAnswers(asked) }]),
  };
}

function recordedAgents(asks: readonly AskExchange[], offers: readonly Offer[]): readonly A2aAgent[] {
  const names = new Set([
    ...offers.flatMap((offer) => ("agent" in offer ? [offer.agent] : [])),
    ...asks.map(({ to }) => to),
  ]);
  return [...names].map((name) => {
    const own = asks.filter(({ to }) => to === name);
    return a2aAgent(name, { work: (turn) => Promise.resolve(answerOf(own, turn)) });
  });
}

/** @throws Error for a question that was not recorded, or not so often. */
function answerOf(asks: readonly AskExchange[], turn: RemoteTurn): RemoteAnswer {
  const { input, occurrence } = turn;
  const same = asks.filter(({ text }) => text === input);
  const answer = same[occurrence - 1];
  if (answer === undefined) throw new Error(unrecorded(asks, same, turn));
  const { reply, state } = answer;
  if (state === "failed") return turn.fail(reply);
  if (state === "rejected") return turn.reject(reply);
  return state === "input-required" ? turn.needsInput(reply) : turn.reply(reply);
}

function unrecorded(
  asks: readonly AskExchange[],
  { length }: readonly AskExchange[],
  { input, occurrence }: RemoteTurn,
): string {
  const question = JSON.stringify(input);
  if (length > 0) return `this is question ${occurrence} with ${question}, and ${length} were recorded`;
  const [nearest] = asks.toSorted((a, b) => editDistance(a.text, input) - editDistance(b.text, input));
  const hint = nearest === undefined ? "nobody asked it anything" : `the nearest is ${JSON.stringify(nearest.text)}`;
  return `no question ${question} was recorded; ${hint}`;
}

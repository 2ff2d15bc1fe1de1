import {
  type A2aAgent,
  type Mock,
  type RemoteAnswer,
  type RemoteQuestion,
  type RemoteTurn,
  a2aAgent,
} from "../scenario/a2a.ts";
import { type Model, scriptedModel } from "../scenario/model.ts";
import type { Persona } from "../scenario/persona.ts";
import { recordedUser } from "./conversation.ts";
import type { AskExchange } from "./exchange.ts";
import { recordedAnswers } from "./exchanges.ts";
import { recordedReplies } from "./recorded-replies.ts";
import { recordedServers } from "./recorded-servers.ts";
import { type Offer, recordingOf } from "./recording.ts";
import { recordedPart } from "./rewired.ts";

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
    model: scriptedModel(asked[0]?.model ?? "recorded", [
      recordedPart((answering) => ({ answer: recordedAnswers(asked, answering) }), {}),
    ]),
  };
}

function recordedAgents(asks: readonly AskExchange[], offers: readonly Offer[]): readonly A2aAgent[] {
  const names = new Set([
    ...offers.flatMap((offer) => ("agent" in offer ? [offer.agent] : [])),
    ...asks.map(({ to }) => to),
  ]);
  return [...names].map((name) => {
    const own = asks.filter(({ to }) => to === name);
    const questions = own.map((answer) => ({
      caller: answer.agent,
      text: answer.text,
      isKnown: !(answer.missing ?? []).includes("question"),
      reply: answer.reply,
      answer,
    }));
    const worded = (answer: AskExchange, reply: string): AskExchange => ({ ...answer, reply });
    return recordedPart((answering) => {
      const find = recordedReplies(name, questions, { answering, worded });
      return a2aAgent(name, { state: (): Asked => new Map(), work: (turn) => Promise.resolve(replied(find, turn)) });
    }, {});
  });
}

/** How often each caller has asked in a run. */
type Asked = Map<string, number>;

function replied(find: (question: RemoteQuestion) => AskExchange, turn: RemoteTurn<Asked>): RemoteAnswer {
  const { caller, input: text, occurrence, random, state: asked } = turn;
  const place = (asked.get(caller) ?? 0) + 1;
  asked.set(caller, place);
  const { reply, state } = find({ caller, text, occurrence, place, random });
  if (state === "failed") return turn.fail(reply);
  if (state === "rejected") return turn.reject(reply);
  return state === "input-required" ? turn.needsInput(reply) : turn.reply(reply);
}

import type { Message, ModelAnswer, ModelRule } from "../scenario/model.ts";
import { randomAnswers } from "../scenario/random-answers.ts";
import { type Answering, UNRECORDED, answererOf } from "./answering.ts";
import type { Missing, ModelExchange } from "./exchange.ts";
import { conversationParts } from "./matching.ts";
import { described, difference, inOrder, keyOf } from "./sameness.ts";

/**
 * An answer for a rule: what was recorded to the very conversation, but for system messages, ids, and the order of results
 * of one message's calls. Where one conversation was recorded several times, each agent gets its own answers in their
 * order, or all of them where none was recorded for it.
 *
 *     scriptedModel("gpt-5", [{ answer: recordedAnswers(exchanges) }])
 *
 * The answer throws for a conversation that was not recorded, with the nearest that was and the first message that differs,
 * and for one that is asked more often than it was recorded. Nothing is ever made up.
 */
export function recordedAnswers(
  exchanges: readonly (ModelExchange & { readonly missing?: readonly Missing[] })[],
  answering: Answering = {},
): Extract<ModelRule["answer"], Function> {
  const recorded = exchanges.map(({ conversation }, index) => ({ index, heard: heardOf(conversation) }));
  const find = answererOf<ModelAnswer>(
    "model",
    exchanges.map(({ agent = null, conversation, answer, missing = [] }) => {
      const isKnown = !missing.includes("question");
      const words = isKnown ? newestWords(conversation) : UNRECORDED;
      return { agent, answer, parts: conversationParts(conversation), isKnown, words };
    }),
    answering,
  );
  const simulated = randomAnswers();
  return (conversation, request) => {
    const { attempt, agent } = request;
    return find({
      agent,
      parts: conversationParts(conversation),
      occurrence: attempt,
      place: conversation.filter(({ role }) => role === "assistant").length + 1,
      words: newestWords(conversation),
      simulate: () => simulated(conversation, request),
      refusal: (equal) =>
        equal > 0
          ? `this is request ${attempt} with this conversation, and ${equal} were recorded`
          : `no exchange with this conversation was recorded${nearestWords(recorded, heardOf(conversation))}`,
    });
  };
}

/**
 * For each exchange the attempt on which it is answered, where its agent asks what was recorded: the first is 1, and one
 * more is each that is recorded before it to the same conversation.
 */
export function recordedAttempts(exchanges: readonly ModelExchange[]): readonly number[] {
  const counts = new Map<string, number>();
  const next = (key: string): number => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count;
  };
  return exchanges.map(({ conversation, agent = null }) => {
    const key = keysOf(heardOf(conversation)).join("\n");
    const ofAll = next(key);
    return agent === null ? ofAll : next(ownKey(agent, key));
  });
}

function ownKey(agent: string, key: string): string {
  return `${JSON.stringify(agent)} asked\n${key}`;
}

function newestWords(conversation: readonly Message[]): string {
  const newest = conversation.at(-1);
  return newest === undefined ? "an empty conversation" : `message ${conversation.length}, ${described(newest)}`;
}

function heardOf(conversation: readonly Message[]): readonly Message[] {
  return inOrder(conversation.filter(({ role }) => role !== "system"));
}

function keysOf(heard: readonly Message[]): readonly string[] {
  return heard.map(keyOf);
}

/** The recorded conversation that has most at its beginning in common with this one, and where they part. */
function nearestWords(
  recorded: readonly { readonly index: number; readonly heard: readonly Message[] }[],
  heard: readonly Message[],
): string {
  const keys = keysOf(heard);
  const shared = (other: readonly Message[]): number => {
    const at = keysOf(other).findIndex((key, index) => key !== keys[index]);
    return at === -1 ? other.length : at;
  };
  const [nearest] = recorded
    .map(({ index, heard: other }) => ({ index, other, length: shared(other) }))
    .toSorted((a, b) => b.length - a.length);
  if (nearest === undefined) return "; the recording is empty";
  const where = `messages[${nearest.length}] of exchange ${nearest.index + 1}`;
  const [wanted, given] = [nearest.other[nearest.length], heard[nearest.length]];
  if (wanted === undefined)
    return `; the nearest, exchange ${nearest.index + 1}, ends after ${nearest.length} messages`;
  if (given === undefined)
    return `; the nearest, exchange ${nearest.index + 1}, goes on after ${nearest.length} messages`;
  return `; in the nearest, ${difference(where, wanted, given)}`;
}

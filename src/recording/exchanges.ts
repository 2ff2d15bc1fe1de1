import type { Message, ModelAnswer, ModelRule } from "../scenario/model.ts";
import { difference, inOrder, keyOf } from "./sameness.ts";

/** What a model was asked, and what it answered. */
export interface ModelExchange {
  readonly conversation: readonly Message[];
  readonly answer: ModelAnswer;
}

/**
 * An answer for a rule: what was recorded to the very conversation, but for system messages, ids, and the order of results
 * of one message's calls. Where one conversation was recorded several times, each agent gets the answers in their order.
 *
 *     scriptedModel("gpt-5", [{ answer: recordedAnswers(exchanges) }])
 *
 * The answer throws for a conversation that was not recorded, with the nearest that was and the first message that differs,
 * and for one that is asked more often than it was recorded. Nothing is ever made up.
 */
export function recordedAnswers(exchanges: readonly ModelExchange[]): Extract<ModelRule["answer"], Function> {
  const recorded = exchanges.map(({ conversation, answer }, index) => ({
    index,
    answer,
    heard: heardOf(conversation),
  }));
  const byKey = new Map<string, ModelAnswer[]>();
  for (const { heard, answer } of recorded) {
    const key = keysOf(heard).join("\n");
    byKey.set(key, [...(byKey.get(key) ?? []), answer]);
  }
  return (conversation, { attempt }) => {
    const heard = heardOf(conversation);
    const known = byKey.get(keysOf(heard).join("\n")) ?? [];
    const found = known[attempt - 1];
    if (found !== undefined) return found;
    if (known.length > 0)
      throw new Error(`this is request ${attempt} with this conversation, and ${known.length} were recorded`);
    throw new Error(`no exchange with this conversation was recorded${nearestWords(recorded, heard)}`);
  };
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

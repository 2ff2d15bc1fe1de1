import { editDistance } from "../core/errors.ts";
import type { Random } from "../core/random.ts";
import type { RemoteQuestion } from "../scenario/a2a.ts";
import { valueOf } from "../scenario/schema-value.ts";
import { type Answering, UNRECORDED, answererOf } from "./answering.ts";
import { resultText, resultValue } from "./exchange.ts";
import { inferSchema } from "./infer-schema.ts";
import { argumentParts } from "./matching.ts";

/** A question that a remote agent was recorded being asked. */
export interface RecordedReply<A> {
  /** Who asked; null where nobody knows. */
  readonly caller: string | null;
  readonly text: string;
  /** Whether that is what was asked, and not what stands for it where that was not recorded. */
  readonly isKnown: boolean;
  /** The words of the answer. */
  readonly reply: string;
  readonly answer: A;
}

/**
 * Finds what the remote agent of that name was recorded answering. Where a question is JSON, its members are compared one
 * by one.
 *
 * The answer throws for a question that has none, with the nearest that was recorded. An answer that is made up is the
 * first recorded one with other words.
 */
export function recordedReplies<A>(
  name: string,
  recorded: readonly RecordedReply<A>[],
  { answering, worded }: { readonly answering: Answering; readonly worded: (answer: A, reply: string) => A },
): (question: RemoteQuestion) => A {
  const about = `agent ${name}`;
  const partsOf = (text: string): readonly string[] => argumentParts(about, resultValue(text));
  const questions = recorded.map(({ caller, text, isKnown, answer }) => ({
    agent: caller,
    answer,
    parts: partsOf(text),
    isKnown,
    words: isKnown ? JSON.stringify(text) : UNRECORDED,
  }));
  const find = answererOf(about, questions, answering);
  const [first] = questions;
  return ({ caller, text, occurrence, place, random }) => {
    const words = JSON.stringify(text);
    return find({
      agent: caller,
      parts: partsOf(text),
      occurrence,
      place,
      words,
      ...(first !== undefined && { simulate: () => worded(first.answer, simulatedReply(recorded, random)) }),
      refusal: (equal) =>
        equal > 0
          ? `this is question ${occurrence} with ${words}, and ${equal} were recorded`
          : `no question ${words} was recorded; ${nearestWords(recorded, text)}`,
    });
  };
}

function simulatedReply(recorded: readonly { readonly reply: string }[], random: Random): string {
  const replies = inferSchema(recorded.map(({ reply }) => ({ reply: resultValue(reply) })));
  return resultText(Reflect.get(Object(valueOf(replies, random)), "reply") ?? "");
}

function nearestWords(
  recorded: readonly { readonly text: string; readonly isKnown: boolean }[],
  asked: string,
): string {
  const [nearest] = recorded
    .filter(({ isKnown }) => isKnown)
    .map(({ text }) => ({ text, distance: editDistance(text, asked) }))
    .toSorted((a, b) => a.distance - b.distance);
  return nearest === undefined ? "nobody asked it anything" : `the nearest is ${JSON.stringify(nearest.text)}`;
}

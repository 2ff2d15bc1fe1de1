import type { Kind } from "../kinds.ts";
import type { Attributes, Span } from "../span.ts";
import type { EvaluationSource } from "./evaluation-source.ts";
import type { FirstChunkSource } from "./first-chunk-source.ts";
import type { MessageSource } from "./message-source.ts";

/** Fields that are texts. `thing` names what the span is about where no field of its own does: a data source, a guardrail. */
export const TEXT_FIELDS = [
  "agent",
  "tool",
  "workflow",
  "thing",
  "turn",
  "prompt",
  "resource",
  "model",
  "server",
  "handoffFrom",
  "handoffTo",
  "payload",
  "finishReason",
  "arguments",
  "result",
  "method",
  "taskState",
  "provider",
  "toolCallId",
  "session",
  "user",
] as const;

/** Of the tokens put in some were read from a cache or written to it, and of those that came out some were thoughts. */
export const NUMBER_FIELDS = [
  "inputTokens",
  "outputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "reasoningTokens",
  "costUsd",
  "trajectoryStep",
] as const;

export type TextField = (typeof TEXT_FIELDS)[number];
export type NumberField = (typeof NUMBER_FIELDS)[number];

/** One way in which a dialect tells the kind. */
export interface KindRule {
  /** What it looks at: an attribute, or in words. */
  readonly rule: string;
  readonly kindOf: (span: Span) => Kind | undefined;
}

/** What a dialect keeps elsewhere in a span than in attributes of one meaning. */
interface Unfolding {
  /** Where it keeps it, in words. */
  readonly from: string;
  /** It as attributes that `fields` can name. */
  readonly attributesOf: (span: Span) => Attributes | undefined;
}

/** One way of writing spans. A new dialect is one file with one table, and its line in `order.ts`. */
export interface Dialect {
  readonly name: string;
  /** How the dialect's own words decide the kind; the first that does wins. */
  readonly kinds?: readonly KindRule[];
  readonly unfold?: Unfolding;
  /**
   * Under which attributes the dialect keeps each field, best first. Read on every span: many speak two dialects. `key#a.b`
   * is the member `a.b`, or `b` of `a`, of an attribute that holds an object or its JSON text. A key holds one field.
   */
  readonly fields?: Readonly<Partial<Record<TextField | NumberField, readonly string[]>>>;
  /** Where the dialect keeps what went into a model or an agent, and what came out, best first. */
  readonly input?: readonly MessageSource[];
  readonly output?: readonly MessageSource[];
  /** Where the dialect keeps what an evaluation found of the span. All of them count. */
  readonly evaluations?: readonly EvaluationSource[];
  /** Where the dialect keeps when a model's answer began to come, best first. */
  readonly firstChunk?: readonly FirstChunkSource[];
}

/** A rule that looks one attribute's value up, in lower case and without quotes, in a table of the dialect's words. */
export function kindByWord(key: string, words: Readonly<Record<string, Kind>>): KindRule {
  const table = new Map(Object.entries(words));
  return {
    rule: key,
    kindOf: ({ attributes }) => {
      const word = attributes[key];
      return typeof word === "string" ? table.get(word.toLowerCase().replace(/^"(.*)"$/, "$1")) : undefined;
    },
  };
}

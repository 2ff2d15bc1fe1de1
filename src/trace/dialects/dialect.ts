import type { Kind } from "../kinds.ts";
import type { Attributes, Span } from "../span.ts";

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
] as const;

export const NUMBER_FIELDS = ["inputTokens", "outputTokens", "costUsd", "trajectoryStep"] as const;

export type TextField = (typeof TEXT_FIELDS)[number];
export type NumberField = (typeof NUMBER_FIELDS)[number];

/** One way of writing spans. A new dialect is one file with one table, and its line in `dialects.ts`. */
export interface Dialect {
  readonly name: string;
  /** The kind, where this dialect's own words decide it. */
  readonly kindOf?: (span: Span) => Kind | undefined;
  /** What the dialect keeps elsewhere in a span than in attributes of one meaning, as attributes that `fields` can name. */
  readonly unfold?: (span: Span) => Attributes | undefined;
  /**
   * Under which attributes the dialect keeps each field, best first. Read on every span: many speak two dialects. `key#a.b`
   * is the member `a.b`, or `b` of `a`, of an attribute that holds an object or its JSON text.
   */
  readonly fields?: Readonly<Partial<Record<TextField | NumberField, readonly string[]>>>;
}

/** A `kindOf` that looks one attribute's value up, in lower case and without quotes, in a table of the dialect's words. */
export function kindByWord(key: string, words: Readonly<Record<string, Kind>>): (span: Span) => Kind | undefined {
  const table = new Map(Object.entries(words));
  return ({ attributes }) => {
    const word = attributes[key];
    return typeof word === "string" ? table.get(word.toLowerCase().replace(/^"(.*)"$/, "$1")) : undefined;
  };
}

import type { Kind } from "../kinds.ts";
import type { Span } from "../span.ts";

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
  /** Under which attributes the dialect keeps each field, best first. Read on every span: many speak two dialects. */
  readonly fields?: Readonly<Partial<Record<TextField | NumberField, readonly string[]>>>;
}

/** A `kindOf` that looks one attribute's value up, in lower case, in a table of the dialect's words. */
export function kindByWord(key: string, words: Readonly<Record<string, Kind>>): (span: Span) => Kind | undefined {
  const table = new Map(Object.entries(words));
  return ({ attributes }) => {
    const word = attributes[key];
    return typeof word === "string" ? table.get(word.toLowerCase()) : undefined;
  };
}

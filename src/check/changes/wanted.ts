import type { Count, Shape } from "../../shape/pattern.ts";

/** What may happen to a step, as it is declared. `moved` is also a step at another place among its siblings. */
export const CHANGE_WORDS = ["added", "removed", "moved", "changed"] as const;

export type ChangeWord = (typeof CHANGE_WORDS)[number];

/**
 * Changes that a user wants of a replay, as lines of shapes: `{ added: ["tool check_fraud"] }`. A line names steps as they
 * are afterwards, those under `removed` as they were before.
 */
export type WantedChanges = { readonly [Word in ChangeWord]?: readonly unknown[] };

/** One line: which steps it names, and how many of them it wants. */
export interface WantedChange {
  readonly word: ChangeWord;
  /** As it is written. */
  readonly line: string;
  readonly shape: Shape;
  /** Without a count in the line: at least one. */
  readonly count: Count;
}

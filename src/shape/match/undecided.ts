import type { SpanLink } from "../../trace/span.ts";
import type { List, Sought } from "./program.ts";

/** Why there is no answer, though there was a shape and a tree. */
export type Undecided =
  /**
   * A list under a row that is too much to decide: too many spans that start at once (`ties`), too many ways (`work`), or
   * spans that fit two lists of one any-order group (`not-apart`). `block`: the start time, from 0, at which it was left.
   */
  | {
      readonly reason: "ties" | "work" | "not-apart";
      readonly row: number;
      readonly list: List;
      readonly block: number;
    }
  /** Too many combinations of values, or too many spans to judge with each. */
  | { readonly reason: "captures"; readonly names: readonly string[] }
  /** The answer would be another if an absent span matched. */
  | ({ readonly reason: "link" } & AbsentLink);

/** A link of `row` to a span that is not at hand, where `sought` was asked of what it leads to. */
export interface AbsentLink {
  readonly row: number;
  readonly sought: Sought;
  readonly link: SpanLink;
}

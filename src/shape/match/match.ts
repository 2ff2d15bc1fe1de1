import type { Mismatch } from "../../trace/mismatch.ts";
import type { Tree } from "../../trace/tree.ts";
import { columnsOf } from "./columns.ts";
import { explain } from "../explain/explain.ts";
import { isMonotone } from "./monotone.ts";
import { Pass } from "./pass.ts";
import type { Shape } from "../pattern.ts";
import { programOf } from "./program.ts";

export interface ShapeMatch {
  /** `undecided` where too many spans of one list start at once for an exact answer within the stated budget. */
  readonly verdict: "matched" | "mismatched" | "undecided";
  /** Why not, the first cause first; empty for a match. */
  readonly mismatches: readonly Mismatch[];
  /** Whether a match would stay a match if more spans arrived. */
  readonly isMonotone: boolean;
}

/**
 * Matches a shape against the roots and orphans of all `trees`, taken together as children of one virtual span.
 *
 * A span matches a pattern iff its kind, name, service and predicates fit, none of its `never` patterns matches below it,
 * and its list holds. A list holds iff, for some choice of a number in range for every count and of an alternative for
 * every `one-of`, its items can be given spans such that
 * 1. no two items of the list share a span;
 * 2. each span is a child (for `//`, a descendant) that matches its item;
 * 3. in order means: every span of an item starts no later than every span of the items after it; ties are free;
 * 4. every obligatory span is used: in `exactly` all children, in `contain` all that match an item with a count.
 *
 * The verdict depends on intervals and structure alone, never on ids or on the order of arrival. Exact or `undecided`.
 */
export function matchShape(shape: Shape, trees: readonly Tree[]): ShapeMatch {
  const columns = columnsOf(trees);
  const pass = new Pass(columns, programOf(shape, columns));
  const isMatch = pass.holds(0, pass.program.top);
  // A list that could not be decided counts as failed on the way up, and a failure may be what a count or never asks for.
  const verdict = pass.undecided.length > 0 ? "undecided" : isMatch ? "matched" : "mismatched";
  const mismatches = verdict === "matched" ? [] : explain(pass, shape);
  return { verdict, mismatches, isMonotone: isMonotone(shape) };
}

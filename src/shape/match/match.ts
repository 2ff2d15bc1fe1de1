import type { Mismatch } from "../../trace/mismatch.ts";
import type { Tree } from "../../trace/tree.ts";
import { decided } from "./absent-links.ts";
import { columnsOf } from "./columns.ts";
import { explain } from "../explain/explain.ts";
import { isMonotone } from "./monotone.ts";
import type { Shape } from "../pattern.ts";
import { sharedShape } from "../shared.ts";
import { programOf } from "./program.ts";

export interface ShapeMatch {
  /** `undecided` where no exact answer is to be had within the stated budgets, or it rests on spans that are absent. */
  readonly verdict: "matched" | "mismatched" | "undecided";
  /** Why not, the first cause first; empty for a match. */
  readonly mismatches: readonly Mismatch[];
  /** Whether a match would stay a match if more spans arrived. */
  readonly isMonotone: boolean;
}

/**
 * Matches a shape against the roots and orphans of all `trees`, taken together as children of one virtual span; with
 * `traces`, against those of each tree apart.
 *
 * A span matches a pattern iff its kind, name, service, predicates and events fit, none of its `never` patterns matches
 * below it, for each `link` some link leads to a span, in any tree, that matches, and its list holds. A list holds iff,
 * for some choice of a number in range for every count and of an alternative for every `one-of`, its items can be given
 * spans such that
 * 1. no two items of the list share a span;
 * 2. each span is a child (for `//`, a descendant) that matches its item;
 * 3. in order: every span of an item starts no later than every span of the items after it, ties are free; in sequence:
 *    each span ends no later than the next one starts, those of repeats and rounds too; in parallel: some instant sees
 *    all spans of a round alive, where a span is alive from its start up to but not including its end, and one without
 *    length at its start; in any order: nothing, but that a list among the members is in its own order;
 * 4. every obligatory span is used: in `exactly` all children, in `contain` all that match an item with a count.
 *
 * `<name>` is a group in order of the definition's items. The captures of a scope hold iff one choice of values makes
 * the owner of the scope match, where values that occur nowhere are values too; each span that is judged by the owner
 * has a choice of its own. Bodies of `traces` are given distinct traces that match them, without order; obligatory is
 * each trace that matches a body with a count, and with `children: exactly` each that has a semantic span.
 * An open span has not ended; one that ends before it starts ends when it starts.
 *
 * The verdict depends on intervals and structure alone, never on ids (unless the shape asks for them) or on the order of
 * arrival. Exact or `undecided`: work is counted in steps, at most 100,000 for the ties and 20,000,000 in all of one
 * list and 100,000,000 for the values of captures, at most 10,000 combinations for one span; nothing recurses into a tree.
 *
 * For n spans, m patterns and the d letters of one list with q states: reading patterns costs n·m, a list d·q, a group
 * without order d·q for every start at which it may begin, and a start time that k spans share up to the product of the
 * counts of their kinds. A level of links costs one more walk over the spans; a value of a capture one over the spans
 * that have it and those above them, within each span that has a choice of its own.
 */
export function matchShape(shape: Shape, trees: readonly Tree[]): ShapeMatch {
  const columns = columnsOf(trees, "traces" in shape);
  const shared = sharedShape(shape);
  const quick = decided(columns, programOf(shared, columns));
  const isDone = shared === shape || (quick.isMatch && quick.undecided.length === 0);
  // Only what does not match needs the places where its patterns are written.
  const pass = isDone ? quick : decided(columns, programOf(shape, columns));
  // A list that could not be decided counts as failed on the way up, and a failure may be what a count or never asks for.
  const verdict = pass.undecided.length > 0 ? "undecided" : pass.isMatch ? "matched" : "mismatched";
  const mismatches = verdict === "matched" ? [] : explain(pass, shape);
  return {
    verdict,
    mismatches,
    // Asked for only while spans are missing.
    get isMonotone() {
      return isMonotone(shape);
    },
  };
}

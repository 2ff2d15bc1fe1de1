import type { Mismatch } from "../trace/mismatch.ts";

/** Never a boolean: `inconclusive` says that the evidence is not complete, `skipped` that it could not run here. */
export type Verdict = "passed" | "failed" | "inconclusive" | "skipped";

export interface ExpectationResult {
  readonly name: string;
  readonly verdict: Verdict;
  /** Whether the expectation stood inside `mustFail`. */
  readonly inverted: boolean;
  readonly mismatches: readonly Mismatch[];
  /** Where each trace was judged by itself: how many there were, and of how many it did not hold. */
  readonly each?: { readonly traces: number; readonly unmet: number };
}

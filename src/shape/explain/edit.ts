import type { Candidate } from "./candidates.ts";
import type { Nearness } from "./nearness.ts";

/** One step on the cheapest way to read the spans of a list so that it would hold. */
export type Edit =
  | { readonly type: "match"; readonly candidate: Candidate; readonly leaf: number }
  /** Taken for a leaf that it does not fit. */
  | { readonly type: "near"; readonly candidate: Candidate; readonly leaf: number; readonly nearness: Nearness }
  | MissingEdit
  /** A span that must be used and cannot be; `wanted` are the leaves that could come in its place, where that is fixed. */
  | { readonly type: "extra"; readonly candidate: Candidate; readonly wanted: readonly number[] }
  /** A span that nothing obliges. */
  | { readonly type: "unused"; readonly candidate: Candidate };

/** No span is left for any of these leaves. */
export interface MissingEdit {
  readonly type: "missing";
  readonly leaves: readonly number[];
  /** Whether its place among the others is free. */
  readonly isFree: boolean;
  /** Spans that fit and that other items need. */
  readonly competes: readonly Candidate[];
}

/**
 * What the steps cost. A span of another name in the place of a missing one is one fault and not two; of ways that cost
 * the same, one that leaves less unused explains more.
 */
export const COSTS = { missing: 2000, extra: 1800, instead: 3000, taken: 1920, near: 200, unused: 1 } as const;

/** What reading `candidate` as `leaf` costs; `undefined` where the two have nothing in common. */
export type Substitution = (
  candidate: Candidate,
  leaf: number,
) => { readonly cost: number; readonly nearness: Nearness } | undefined;

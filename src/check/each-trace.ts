import type { Tree } from "../trace/tree.ts";
import type { ResolvedExpectation } from "./expectation.ts";
import { judge } from "./judge.ts";
import type { ExpectationResult, Verdict } from "./verdict.ts";

/** Mismatches are kept of so many traces for each expectation; the others are counted. */
const TRACES_TOLD_MAX = 20;

/** Trees are kept of so many traces that some expectation does not hold of. */
const TREES_MAX = 5;

/** Expectations held against one trace after the other; of the traces nothing is kept but counts and the first that fail. */
export interface EachTrace {
  readonly look: (tree: Tree) => void;
  /** The first traces of which some expectation does not hold. */
  readonly unmet: readonly Tree[];
  /**
   * One result for each expectation: it holds where it holds of every trace. Where not all could be read there is no
   * telling, and of no trace at all there is nothing to tell either.
   */
  readonly results: (isComplete: boolean) => readonly ExpectationResult[];
}

export function eachTrace(expectations: readonly ResolvedExpectation[]): EachTrace {
  const counts = expectations.map((expectation) => ({ expectation, unmet: 0, told: new Array<ExpectationResult>() }));
  const unmet: Tree[] = [];
  let traces = 0;
  return {
    unmet,
    look: (tree) => {
      traces++;
      let isMet = true;
      for (const count of counts) {
        const result = judge(count.expectation, { trees: [tree], ledger: [], isComplete: true });
        if (result.verdict === "passed") continue;
        isMet = false;
        if (count.unmet++ < TRACES_TOLD_MAX) count.told.push(inTrace(tree.traceId, result));
      }
      if (!isMet && unmet.length < TREES_MAX) unmet.push(tree);
    },
    results: (isComplete) =>
      counts.map(({ expectation: { name, kind }, unmet: unmetTraces, told }) => ({
        name,
        verdict: isComplete && traces > 0 ? worstOf(told) : "inconclusive",
        inverted: kind === "must-fail",
        mismatches: told.flatMap(({ mismatches }) => mismatches),
        each: { traces, unmet: unmetTraces },
      })),
  };
}

function worstOf(told: readonly ExpectationResult[]): Verdict {
  if (told.length === 0) return "passed";
  return told.some(({ verdict }) => verdict === "failed") ? "failed" : "inconclusive";
}

/** A mismatch at the top of a trace would not say of which. */
function inTrace(traceId: string, result: ExpectationResult): ExpectationResult {
  return {
    ...result,
    mismatches: result.mismatches.map((mismatch) => ({
      ...mismatch,
      message: `trace ${traceId}: ${mismatch.message}`,
    })),
  };
}

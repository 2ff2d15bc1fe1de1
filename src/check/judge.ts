import type { ShapeMatch } from "../shape/match/match.ts";
import { matchShape } from "../shape/match/match.ts";
import type { Mismatch } from "../trace/mismatch.ts";
import type { Tree } from "../trace/tree.ts";
import type {
  CheckExpectation,
  MustFailExpectation,
  ResolvedExpectation,
  ShapeExpectation,
  Subject,
} from "./expectation.ts";
import type { ExpectationResult } from "./verdict.ts";

interface Finding {
  readonly verdict: "passed" | "failed" | "inconclusive";
  readonly mismatches: readonly Mismatch[];
}

const VERDICT_OF_MATCH = {
  matched: "passed",
  mismatched: "failed",
  undecided: "inconclusive",
} as const satisfies Record<ShapeMatch["verdict"], Finding["verdict"]>;

/**
 * Judges one expectation.
 *
 * While spans are missing, only a monotone shape that matches can pass, since spans that come late cannot undo it;
 * everything else is inconclusive. A check that throws has failed, with a `run-failed` mismatch that says how.
 */
export function judge(expectation: ResolvedExpectation, subject: Subject): ExpectationResult {
  const inverted = expectation.kind === "must-fail";
  const finding = inverted ? turnRound(expectation, subject) : find(expectation, subject);
  return { name: expectation.name, verdict: finding.verdict, inverted, mismatches: finding.mismatches };
}

function find(expectation: CheckExpectation | ShapeExpectation, subject: Subject): Finding {
  if (expectation.kind === "shape") return findInShape(expectation, subject);
  const mismatches = runCheck(expectation, subject);
  if (mismatches.some(isOwnFault)) return { verdict: "failed", mismatches };
  if (!subject.isComplete) return incomplete(expectation.name, mismatches);
  if (mismatches.some(({ kind }) => kind !== "undecided")) return { verdict: "failed", mismatches };
  return { verdict: mismatches.length === 0 ? "passed" : "inconclusive", mismatches };
}

function runCheck(expectation: CheckExpectation, subject: Subject): readonly Mismatch[] {
  try {
    return expectation.judge(subject);
  } catch (error) {
    const sentence = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const message = `the check itself threw: ${sentence}`;
    return [{ kind: "run-failed", expectedAt: expectation.name, expected: expectation.name, message }];
  }
}

function findInShape({ name, shape }: ShapeExpectation, subject: Subject): Finding {
  if (!subject.isComplete) {
    const early = matchShape(shape, withoutOrphans(subject.trees));
    if (early.verdict === "matched" && early.isMonotone) return { verdict: "passed", mismatches: [] };
  }
  const match = matchShape(shape, subject.trees);
  if (!subject.isComplete) return incomplete(name, match.mismatches);
  return { verdict: VERDICT_OF_MATCH[match.verdict], mismatches: match.mismatches };
}

/** A match that takes an orphan for a root could be undone by the orphan's parent, so an early pass may not use one. */
function withoutOrphans(trees: readonly Tree[]): readonly Tree[] {
  return trees.map((tree) => ({ ...tree, roots: tree.roots.filter(({ span }) => span.parentSpanId === undefined) }));
}

function incomplete(name: string, mismatches: readonly Mismatch[]): Finding {
  const message = "spans that are known to exist have not arrived, so this cannot be decided";
  return {
    verdict: "inconclusive",
    mismatches: [{ kind: "undecided", expectedAt: name, expected: "a complete trace", message }, ...mismatches],
  };
}

function turnRound(
  { name, inner, why }: MustFailExpectation<CheckExpectation | ShapeExpectation>,
  subject: Subject,
): Finding {
  const finding = find(inner, subject);
  if (finding.verdict === "inconclusive") return finding;
  const expected = `a failure for ${typeof why === "string" ? JSON.stringify(why) : String(why)}`;
  if (finding.verdict === "passed") {
    const message = `expected ${expected}, and nothing failed`;
    return { verdict: "failed", mismatches: [{ kind: "missing", expectedAt: name, expected, message }] };
  }
  const { mismatches } = finding;
  if (mismatches.some((mismatch) => isCause(mismatch, why))) return { verdict: "passed", mismatches };
  const message = `expected ${expected}, and it failed for another cause`;
  return { verdict: "failed", mismatches: [{ kind: "changed", expectedAt: name, expected, message }, ...mismatches] };
}

/** A check that threw has not found the cause, whatever its error happens to say. */
function isCause(mismatch: Mismatch, why: string | RegExp): boolean {
  if (why === mismatch.kind) return true;
  if (isOwnFault(mismatch)) return false;
  // `search` and not `test`: a global pattern would remember where it stopped.
  return typeof why === "string" ? mismatch.message.includes(why) : mismatch.message.search(why) !== -1;
}

function isOwnFault(mismatch: Mismatch): boolean {
  return mismatch.kind === "run-failed";
}

import type { ExpectationResult } from "../check/verdict.ts";
import { drawForest } from "../report/draw.ts";
import { expectationText } from "../report/text.ts";
import type { Tree } from "../trace/tree.ts";

/** Why a matcher failed: what was claimed, what speaks against it, and the trees with that marked on them. */
export function failureText(claim: string, result: ExpectationResult, trees: readonly Tree[]): string {
  const { mismatches } = result;
  const told = mismatches.length === 0 ? "" : expectationText(result);
  const drawn = trees.length === 0 ? "there is no trace" : drawForest(trees, { mismatches });
  return [claim, told, drawn].filter((block) => block !== "").join("\n\n");
}

import type { Verdict } from "../check/verdict.ts";

/** The verdict of many: failed, then inconclusive, then passed; skipped only where all were. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  for (const verdict of ["failed", "inconclusive"] as const) if (verdicts.includes(verdict)) return verdict;
  return verdicts.length > 0 && verdicts.every((verdict) => verdict === "skipped") ? "skipped" : "passed";
}

import type { Health } from "./health/health.ts";
import type { ExpectationResult, Verdict } from "./verdict.ts";

/** What a check of traces came to: by expectations, by health, or by both. */
export interface CheckResult {
  readonly verdict: Verdict;
  readonly expectations: readonly ExpectationResult[];
  /** Absent where the health was not asked for. */
  readonly health?: Health;
}

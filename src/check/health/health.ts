import { type Examination, findingsOf, type RuleFindings } from "../../trace/health/examination.ts";
import { type Figures, figuresOf } from "../../trace/health/figures/figures.ts";
import { LEVELS } from "../../trace/health/rule.ts";
import type { Verdict } from "../verdict.ts";
import type { Budget } from "./budget.ts";
import { type Excess, excessesOf } from "./limits.ts";

/** How healthy many traces are, by a budget. */
export interface Health {
  readonly verdict: Verdict;
  readonly failOn: Budget["failOn"];
  /** Every rule that was looked at, in the order of the table. */
  readonly rules: readonly RuleFindings[];
  readonly excesses: readonly Excess[];
  readonly figures: Figures;
}

/**
 * Judges what was seen: failed where a rule of the budget's level or a worse one found something, or a limit is not held.
 * Otherwise inconclusive where there was no trace, or where not all of the traces could be read.
 */
export function judgeHealth(examination: Examination, budget: Budget, isComplete: boolean): Health {
  const { failOn } = budget;
  const rules = findingsOf(examination);
  const figures = figuresOf(examination.tally);
  const excesses = excessesOf(budget.limits, figures);
  const isFailed = excesses.length > 0 || rules.some((found) => found.count > 0 && doesFail(found, failOn));
  const isEnough = isComplete && figures.traces > 0;
  return { verdict: isFailed ? "failed" : isEnough ? "passed" : "inconclusive", failOn, rules, excesses, figures };
}

/** Whether findings of a rule are bad enough to fail the check. */
export function doesFail({ level }: Pick<RuleFindings, "level">, failOn: Budget["failOn"]): boolean {
  return failOn !== "never" && LEVELS.indexOf(level) <= LEVELS.indexOf(failOn);
}

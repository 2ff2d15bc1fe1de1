import { dirname, join } from "node:path";
import type { ResolvedExpectation } from "../check/expectation.ts";
import { shapeFile } from "../check/expectation.ts";
import { type Budget, DEFAULT_BUDGET, readBudget } from "../check/health/budget.ts";
import { type PolicyFile, readPolicy } from "../check/health/policy.ts";
import { resolveExpectations } from "../check/resolve.ts";
import { type Fault, isTroupeError, TroupeError } from "../core/errors.ts";
import { type HealthSettings, newExamination } from "../trace/health/examination.ts";
import type { Examination } from "../trace/health/examination.ts";
import { activeRules } from "../trace/health/rules.ts";
import { readTextFileSync } from "../wire/files.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { readTargets, type Target, type TargetKinds } from "./targets.ts";

export type CheckReport = "text" | "json" | "junit" | "sarif";

export const CHECK_REPORTS: TargetKinds<CheckReport> = {
  command: "troupe check",
  known: ["text", "json", "junit", "sarif"],
  later: [],
  amongLines: ["text"],
};

/** What a check is asked for. */
export interface CheckRequest {
  readonly expectations: readonly ResolvedExpectation[];
  /** Whether each trace is held against them by itself. */
  readonly isEach: boolean;
  /** Absent where only shapes are asked for. */
  readonly health:
    { readonly budget: Budget; readonly examination: Examination; readonly before: readonly string[] } | undefined;
  readonly targets: readonly Target<CheckReport>[];
}

/**
 * Reads the flags of `troupe check`, and the files that they name.
 *
 * @throws TroupeError with the faults of all of them.
 */
export function readCheckRequest({ has, value, values }: Arguments<(typeof COMMANDS)["check"]>): CheckRequest {
  const faults: Fault[] = [];
  const attempt = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      faults.push(...error.faults);
      return otherwise;
    }
  };
  const shapes = values("shape");
  const [budgetFile, policyFile] = [value("budget"), value("policy")];
  const targets = readTargets<CheckReport>(CHECK_REPORTS, values("report"), has("json"), faults);
  const expectations = attempt(() => resolveExpectations(shapes.map(shapeFile), readTextFileSync), []);
  const budget = attempt(() => budgetIn(budgetFile), DEFAULT_BUDGET);
  const policy = attempt(() => policyIn(policyFile), undefined);
  const isEach = has("each");
  if (isEach && shapes.length === 0)
    faults.push({ where: "--each", what: "there is no shape to hold each trace against", mend: "Add --shape FILE." });
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  const isHealth = shapes.length === 0 || has("rules") || budgetFile !== undefined || policyFile !== undefined;
  if (!isHealth) return { expectations, isEach, health: undefined, targets };
  const settings: HealthSettings = {
    rules: activeRules(budget.rules),
    required: budget.required,
    ...(policy !== undefined && { policy: policy.policy }),
  };
  return {
    expectations,
    isEach,
    health: { budget, examination: newExamination(settings), before: policy?.before ?? [] },
    targets,
  };
}

function budgetIn(file: string | undefined): Budget {
  return file === undefined ? DEFAULT_BUDGET : readBudget(readTextFileSync(file), file);
}

/** What a policy names lies beside it. */
function policyIn(file: string | undefined): PolicyFile | undefined {
  if (file === undefined) return undefined;
  const read = readPolicy(readTextFileSync(file), file);
  return { ...read, before: read.before.map((path) => (path === "-" ? path : join(dirname(file), path))) };
}

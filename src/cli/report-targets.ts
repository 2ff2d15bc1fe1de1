import type { SuiteResult } from "../campaign/result.ts";
import type { Fault } from "../core/errors.ts";
import { jsonText, runJson } from "../report/json.ts";
import { junitText } from "../report/junit.ts";
import { runText, suiteText } from "../report/text.ts";
import { hasOutputAlone, readTargets, type Target, type TargetKinds } from "./targets.ts";

const WRITERS = {
  text: (suite: SuiteResult) => `${[...suite.runs.map((run) => runText(run)), suiteText(suite)].join("\n\n")}\n`,
  json: (suite: SuiteResult) => jsonText(runJson(suite)),
  junit: junitText,
} as const;

/** Kinds that are promised for later: refused by name, so that nobody hunts for a typing mistake. */
const LATER: readonly string[] = ["html"];

/** Besides documents there are GitHub's annotations, which go among other lines, and its summary, which is added to a file. */
export type ReportKind = keyof typeof WRITERS | "github";

export type ReportTarget = Target<ReportKind>;

const KINDS = {
  command: "troupe run",
  known: ["text", "json", "junit", "github"],
  later: LATER,
  amongLines: ["text", "github"],
} as const satisfies TargetKinds<ReportKind>;

/** Reads `--report KIND[=FILE]` and `--json`, which is `--report json`. */
export function readReportTargets(
  reports: readonly string[],
  isJson: boolean,
  faults: Fault[],
): readonly ReportTarget[] {
  return readTargets(KINDS, reports, isJson, faults);
}

/** Whether a report has standard output to itself. */
export function isDocument(target: ReportTarget): boolean {
  return hasOutputAlone(KINDS, target);
}

/** A report of a finished suite, without colour. */
export function reportText(kind: Exclude<ReportKind, "github">, suite: SuiteResult): string {
  return WRITERS[kind](suite);
}

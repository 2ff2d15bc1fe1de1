import type { SuiteResult } from "../campaign/result.ts";
import type { Fault } from "../core/errors.ts";
import { nearestWord } from "../core/errors.ts";
import { jsonText, runJson } from "../report/json.ts";
import { junitText } from "../report/junit.ts";
import { runText, suiteText } from "../report/text.ts";

const WRITERS = {
  text: (suite: SuiteResult) => `${[...suite.runs.map((run) => runText(run)), suiteText(suite)].join("\n\n")}\n`,
  json: (suite: SuiteResult) => jsonText(runJson(suite)),
  junit: junitText,
} as const;

/** Kinds that are promised for later: refused by name, so that nobody hunts for a typing mistake. */
const LATER: readonly string[] = ["html"];

/** Besides documents there are GitHub's annotations, which go among other lines, and its summary, which is added to a file. */
export type ReportKind = keyof typeof WRITERS | "github";

const KINDS: readonly string[] = [...Object.keys(WRITERS), "github"];

/** A report and the file it goes to; standard output without one. */
export interface ReportTarget {
  readonly kind: ReportKind;
  readonly file: string | undefined;
}

/**
 * Reads `--report KIND[=FILE]` and `--json`, which is `--report json`.
 *
 * Adds a fault for a kind that is unknown, and when two documents would share standard output.
 */
export function readReportTargets(
  reports: readonly string[],
  isJson: boolean,
  faults: Fault[],
): readonly ReportTarget[] {
  const targets: ReportTarget[] = isJson ? [{ kind: "json", file: undefined }] : [];
  for (const report of reports) {
    const [, kind = "", file] = /^([^=]*)(?:=(.*))?$/s.exec(report) ?? [];
    const where = `troupe run --report ${report}`;
    if (!isReportKind(kind)) faults.push({ where, ...unknownKind(kind) });
    else if (file === "")
      faults.push({ where, what: "the file's name is missing", mend: `Write --report ${kind}=FILE.` });
    else if (!targets.some((target) => target.kind === kind && target.file === file)) targets.push({ kind, file });
  }
  const printed = targets.filter(isDocument);
  if (printed.length > 1) {
    const what = `${printed.map(({ kind }) => kind).join(" and ")} cannot share standard output`;
    faults.push({
      where: "troupe run",
      what,
      mend: "Write all but one of them to files, as in --report junit=junit.xml.",
    });
  }
  return targets;
}

/** Whether a report has standard output to itself. */
export function isDocument({ kind, file }: ReportTarget): boolean {
  return file === undefined && kind !== "text" && kind !== "github";
}

/** A report of a finished suite, without colour. */
export function reportText(kind: Exclude<ReportKind, "github">, suite: SuiteResult): string {
  return WRITERS[kind](suite);
}

function unknownKind(kind: string): Omit<Fault, "where"> {
  const known = `Known: ${KINDS.join(", ")}.`;
  if (LATER.includes(kind)) return { what: `the ${kind} report is not built yet`, mend: known };
  const nearest = nearestWord(kind, KINDS);
  return { what: `unknown report "${kind}"`, mend: nearest === undefined ? known : `Did you mean ${nearest}?` };
}

function isReportKind(word: string): word is ReportKind {
  return KINDS.includes(word);
}

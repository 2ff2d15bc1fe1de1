import type { RunResult, SuiteResult } from "../campaign/result.ts";
import { firstCause } from "./cause.ts";
import { faultLine } from "./fault-line.ts";
import { runText } from "./text.ts";
import { attributes, escaped } from "./xml.ts";

/**
 * The suite as JUnit XML, for CI servers: a `testsuite` for each scenario, a `testcase` for each run.
 *
 * A failed or inconclusive run is a `failure`, one that did not come to its end an `error`; the line that repeats the run
 * stands in `system-out`, with the faults that were put in and what is noted of it below.
 */
export function junitText({ runs }: SuiteResult): string {
  const suites = new Map<string, RunResult[]>();
  for (const run of runs) {
    const name = JSON.stringify([run.file, run.scenario]);
    const suite = suites.get(name);
    if (suite === undefined) suites.set(name, [run]);
    else suite.push(run);
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "troupe", ...totals(runs) })}>`,
    ...[...suites.values()].map(suiteXml),
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteXml(runs: readonly RunResult[]): string {
  const [first] = runs;
  const file = first?.file ?? undefined;
  const head = { name: first?.scenario ?? "", ...totals(runs), ...(file !== undefined && { file }) };
  return [`  <testsuite${attributes(head)}>`, ...runs.map(caseXml), "  </testsuite>"].join("\n");
}

function caseXml(run: RunResult): string {
  const { scenario, seed, mode, file, durationMs, repeat, notes, faults } = run;
  const out = [
    repeat,
    ...faults.map((fired) => `fault: ${faultLine(fired)}`),
    ...notes.map((note) => `note: ${note}`),
  ].join("\n");
  const head = { name: `${scenario} seed ${seed} ${mode}`, classname: file ?? scenario, time: seconds(durationMs) };
  return [
    `    <testcase${attributes(head)}>`,
    ...outcomeXml(run),
    `      <system-out>${escaped(out)}</system-out>`,
    "    </testcase>",
  ].join("\n");
}

function outcomeXml(run: RunResult): readonly string[] {
  if (run.verdict === "skipped") return [`      <skipped${attributes({ message: run.skipped ?? "" })}/>`];
  if (run.verdict === "passed") return [];
  const element = isError(run) ? "error" : "failure";
  const head = { message: firstCause(run) ?? run.verdict, type: run.verdict };
  return [`      <${element}${attributes(head)}>${escaped(runText(run))}</${element}>`];
}

function totals(runs: readonly RunResult[]): Readonly<Record<string, string>> {
  const unmet = runs.filter(({ verdict }) => verdict === "failed" || verdict === "inconclusive");
  const errors = unmet.filter(isError).length;
  return {
    tests: String(runs.length),
    failures: String(unmet.length - errors),
    errors: String(errors),
    skipped: String(runs.filter(({ verdict }) => verdict === "skipped").length),
    time: seconds(runs.reduce((sum, { durationMs }) => sum + durationMs, 0)),
  };
}

function isError({ failures }: RunResult): boolean {
  return failures.length > 0;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

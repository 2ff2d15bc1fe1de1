import type { RunResult, SuiteResult } from "../campaign/result.ts";
import type { Verdict } from "../check/verdict.ts";
import { BY_WEIGHT, firstCause } from "./cause.ts";
import { hopMarkdown } from "./hop-table.ts";
import { isUnmet } from "./github.ts";
import { runText, suiteText } from "./text.ts";
import { counted, oneLine } from "./wording.ts";

/** What GitHub takes for the summary of one step, in bytes; it drops one that is longer altogether. */
export const SUMMARY_MAX_BYTES = 1024 * 1024;

/** The most that one run's report takes of it, in characters; what is longer is cut, and says so. */
const RUN_MAX = 60_000;
const ROWS_MAX = 500;
const CAUSE_MAX = 200;
/** What the sentence about what is left out takes at most. */
const NOTICE_BYTES = 200;

const SIGNS: Readonly<Record<Verdict, string>> = { passed: "✅", failed: "❌", inconclusive: "❔", skipped: "➖" };

/**
 * The suite as a job summary in Markdown: a table of its scenarios, and for each run that did not pass its report with
 * the drawn tree, what does not match, the hops that are broken and the line that repeats it.
 *
 * Names and causes come from outside: they stand in code, where nobody is mentioned and no HTML is read.
 *
 * @param bytesMax how much room is left in UTF-8; what does not fit is left out, and the last line says so; one line where
 *   not even the table fits, and "" where not even that does
 */
export function githubSummary(suite: SuiteResult, bytesMax: number = SUMMARY_MAX_BYTES): string {
  const { verdict } = suite;
  const [counts = ""] = suiteText(suite).split("\n");
  const title = `## ${SIGNS[verdict]} Troupe: ${escaped(counts)}`;
  const head = [title, "", ...table(suite), ""].join("\n");
  const unmet = suite.runs.filter(isUnmet);
  const parts = [head];
  let left = bytesMax - NOTICE_BYTES - byteLength(head);
  if (left < 0) {
    const line = `${title} (the table found no room here; the log has it all)\n`;
    return byteLength(line) <= bytesMax ? line : "";
  }
  let told = 0;
  for (const run of unmet) {
    const part = `\n${runMarkdown(run)}`;
    const bytes = byteLength(part);
    if (bytes > left) break;
    left -= bytes;
    told++;
    parts.push(part);
  }
  const rest = unmet.length - told;
  if (rest > 0)
    parts.push(`\n**${counted(rest, "more run")} did not pass** and found no room here; the log has them all.\n`);
  return parts.join("");
}

interface Row {
  readonly run: RunResult;
  readonly counts: Map<Verdict, number>;
  cause: string | undefined;
}

/** A row for each scenario: seeds are many, and what they are told by stands below. */
function table({ runs }: SuiteResult): readonly string[] {
  const rows = new Map<string, Row>();
  for (const run of runs) {
    const key = JSON.stringify([run.file, run.scenario, run.mode]);
    const row = rows.get(key) ?? { run, counts: new Map<Verdict, number>(), cause: undefined };
    rows.set(key, row);
    row.counts.set(run.verdict, (row.counts.get(run.verdict) ?? 0) + 1);
    if (isUnmet(run)) row.cause ??= firstCause(run);
  }
  const listed = [...rows.values()].toSorted((a, b) => weightOf(a) - weightOf(b));
  const lines = listed.slice(0, ROWS_MAX).map(rowMarkdown);
  const rest = listed.length - lines.length;
  return [
    "| | scenario | mode | runs | first cause |",
    "|---|---|---|---|---|",
    ...lines,
    ...(rest > 0 ? ["", `… and ${counted(rest, "more scenario")}.`] : []),
  ];
}

/** What did not pass stands first; otherwise the order of the suite is kept. */
function weightOf({ counts }: Row): number {
  return BY_WEIGHT.findIndex((verdict) => counts.has(verdict));
}

function rowMarkdown(row: Row): string {
  const { run, counts, cause } = row;
  const worst = BY_WEIGHT[weightOf(row)] ?? "passed";
  const told = BY_WEIGHT.filter((verdict) => counts.has(verdict)).map((verdict) => `${counts.get(verdict)} ${verdict}`);
  const cells = [SIGNS[worst], code(run.scenario), run.mode, told.join(", "), cause === undefined ? "" : code(cause)];
  return `| ${cells.join(" | ")} |`;
}

function runMarkdown(run: RunResult): string {
  const { scenario, seed, mode, verdict, repeat } = run;
  const text = runText(run, { hasHops: false });
  const shown =
    text.length <= RUN_MAX
      ? text
      : `${text.slice(0, text.lastIndexOf("\n", RUN_MAX))}\n… cut here; the log has the rest.`;
  return [
    `### ${SIGNS[verdict]} ${code(scenario)} seed ${seed} ${mode}`,
    "",
    fenced(shown),
    "",
    ...hopMarkdown(run.hops, code),
    "Repeat it:",
    "",
    fenced(repeat, "sh"),
    "",
  ].join("\n");
}

/** A code fence that nothing in the text can close. */
function fenced(text: string, language = ""): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

function code(text: string): string {
  return `<code>${escaped(oneLine(text, CAUSE_MAX))}</code>`;
}

/** Every sign that Markdown, HTML or GitHub could read, as a character reference, which is text wherever it stands. */
function escaped(text: string): string {
  return text.replaceAll(/[!-/:-@[-`{-~]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

import type { RunResult, SuiteResult } from "../campaign/result.ts";
import type { ExpectationResult } from "../check/verdict.ts";
import type { Mismatch } from "../trace/mismatch.ts";
import { BY_WEIGHT, byWeight, firstCause, placedSentence, titleOf } from "./cause.ts";
import { drawForest } from "./draw.ts";
import { faultLine } from "./fault-line.ts";
import { hopTable } from "./hop-table.ts";
import { differenceText } from "./marks.ts";
import type { Paint } from "./paint.ts";
import { PLAIN } from "./paint.ts";
import { painterOf, verdictSign } from "./verdict-sign.ts";
import { counted, durationText, oneLine, thousands } from "./wording.ts";

export interface TextOptions {
  readonly paint?: Paint;
  /** Whether a run that passed is drawn too, and not just named. */
  readonly isFull?: boolean;
  /** Default true; where the hops stand in a table of their own, false. */
  readonly hasHops?: boolean;
}

const MISMATCHES_MAX = 20;
const LISTED_MAX = 10;

/**
 * The report of one run: one line when it passed or was skipped, else the first cause, the tree with what is wrong marked
 * on it, every expectation, the hops, notes, and the line that repeats the run.
 */
export function runText(run: RunResult, { paint = PLAIN, isFull = false, hasHops = true }: TextOptions = {}): string {
  const header = headerLine(run, paint);
  const isUnmet = run.verdict === "failed" || run.verdict === "inconclusive";
  if (!isUnmet && !(isFull && run.verdict === "passed")) return `${header}${notesText(run, paint)}`;
  const cause = isUnmet ? firstCause(run) : undefined;
  const blocks = [
    header + (cause === undefined ? "" : `\n  first cause: ${paint.bad(oneLine(cause))}`),
    run.trees.length === 0 ? "" : indent(drawForest(run.trees, { paint, mismatches: marked(run) })),
    indent(
      byWeight(run.expectations)
        .map((result) => expectationText(result, paint))
        .join("\n"),
    ),
    section("the run did not come to its end", run.failures, paint.bad),
    hasHops ? hopTable(run.hops, paint) : "",
    section("faults put in", run.faults.map(faultLine), paint.dim),
    section("spans that never arrived", run.missing, paint.warn),
    section("notes", run.notes, paint.warn),
    `  repeat: ${paint.strong(run.repeat)}`,
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

/** `3 runs: 1 passed, 2 failed`, how many were not played, and the lines that repeat what did not pass. */
export function suiteText({ runs, notRun }: SuiteResult, { paint = PLAIN }: TextOptions = {}): string {
  const counts = BY_WEIGHT.map((verdict) => ({ verdict, count: runs.filter((run) => run.verdict === verdict).length }));
  const parts = counts
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => painterOf(verdict, paint)(`${count} ${verdict}`));
  const rest = notRun === 0 ? "" : `; ${paint.warn(`stopped with ${thousands(notRun)} not run`)}`;
  const summary = `${counted(runs.length, "run")}: ${parts.length === 0 ? "nothing ran" : parts.join(", ")}${rest}`;
  const unmet = runs.filter(({ verdict }) => verdict === "failed" || verdict === "inconclusive");
  if (unmet.length === 0 || runs.length === 1) return summary;
  const lines = unmet.map(({ verdict, repeat }) => `  ${verdictSign(verdict, paint)} ${repeat}`);
  return [summary, ...lines].join("\n");
}

/** An expectation with its verdict, and each mismatch that speaks against it. */
export function expectationText(result: ExpectationResult, paint: Paint = PLAIN): string {
  const { verdict, mismatches } = result;
  const title = `${verdictSign(verdict, paint)} ${oneLine(titleOf(result))}`;
  if (verdict === "passed" || verdict === "skipped") return title;
  const told = mismatches.slice(0, MISMATCHES_MAX).map((mismatch) => mismatchText(mismatch));
  const rest = mismatches.length - told.length;
  return [title, ...told, ...(rest > 0 ? [`    … and ${counted(rest, "more", "more")}`] : [])].join("\n");
}

function mismatchText(mismatch: Mismatch): string {
  const { message, failed = [] } = mismatch;
  const reasons = failed
    .filter(({ expected, got }) => !(message.includes(expected) && message.includes(got)))
    .map((difference) => `\n      ${differenceText(difference, 80)}`);
  return `    ${oneLine(placedSentence(mismatch, ""))}${reasons.join("")}`;
}

function headerLine(run: RunResult, paint: Paint): string {
  const { verdict, scenario, seed, mode, file, skipped } = run;
  const sign = verdictSign(verdict, paint, ` ${verdict}`);
  const spans = run.summary.traces.reduce((sum, trace) => sum + trace.spans, 0);
  const facts = [
    `seed ${seed}`,
    mode,
    ...(skipped === null ? [counted(spans, "span"), durationText(run.durationMs)] : [`skipped: ${oneLine(skipped)}`]),
    ...(run.faults.length === 0 ? [] : [counted(run.faults.length, "fault")]),
    ...(file === null ? [] : [file]),
  ];
  return `${sign} ${paint.strong(oneLine(scenario))} ${paint.dim(facts.join(" · "))}`;
}

function notesText({ notes }: RunResult, paint: Paint): string {
  return notes.map((note) => `\n  ${paint.warn("note:")} ${oneLine(note)}`).join("");
}

/** What is marked on the tree. Of an expectation that was turned round, the mismatches are what was wanted. */
function marked(run: RunResult): readonly Mismatch[] {
  return run.expectations
    .filter(({ verdict, inverted }) => (verdict === "failed" || verdict === "inconclusive") && !inverted)
    .flatMap(({ mismatches }) => mismatches);
}

function section(title: string, sentences: readonly string[], paint: (text: string) => string): string {
  if (sentences.length === 0) return "";
  const told = sentences.slice(0, LISTED_MAX).map((sentence) => `    ${oneLine(sentence)}`);
  const rest = sentences.length - told.length;
  return [`  ${paint(title)}`, ...told, ...(rest > 0 ? [`    … and ${counted(rest, "more", "more")}`] : [])].join("\n");
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

import { eachTrace } from "../check/each-trace.ts";
import { judgeHealth } from "../check/health/health.ts";
import { judge } from "../check/judge.ts";
import type { CheckResult } from "../check/result.ts";
import type { ExpectationResult, Verdict } from "../check/verdict.ts";
import { BY_WEIGHT } from "../report/cause.ts";
import { checkJunitText } from "../report/check-junit.ts";
import { drawForest } from "../report/draw.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { exitCodeOf } from "../report/exit-code.ts";
import { healthText } from "../report/health-text.ts";
import { NO_LEDGER } from "../report/hop-table.ts";
import { checkJson, jsonText } from "../report/json.ts";
import { PLAIN, type Paint } from "../report/paint.ts";
import { sarifText } from "../report/sarif.ts";
import { expectationText } from "../report/text.ts";
import { examine, examineBefore } from "../trace/health/examination.ts";
import type { Tree } from "../trace/tree.ts";
import { writeTextFile } from "../wire/files.ts";
import { VERSION } from "../wire/version.ts";
import type { Arguments } from "./arguments.ts";
import { both } from "./both.ts";
import { CHECK_REPORTS, type CheckReport, type CheckRequest, readCheckRequest } from "./check-request.ts";
import type { COMMANDS } from "./commands.ts";
import { hasOutputAlone } from "./targets.ts";
import type { Terminal } from "./terminal.ts";
import { streamTraceFiles, traceFileJson, type TreeStream } from "./trace-file.ts";

/** A document lists the summaries of so many traces. */
const SUMMARIES_MAX = 1000;

/** What was read, as far as reports need it, and what came of it. */
interface Checked {
  readonly stream: TreeStream;
  /** All traces where shapes look at them together; else the first, where a document lists them. */
  readonly trees: readonly Tree[];
  /** What is drawn where a shape does not match. */
  readonly drawn: readonly Tree[];
  readonly result: CheckResult;
}

/**
 * `troupe check`: traces against shapes, which look at all of them together or at each by itself, and against the rules of
 * health, which look at one after the other. They are taken for the whole, unless a part of them could not be read.
 */
export async function check(args: Arguments<(typeof COMMANDS)["check"]>, terminal: Terminal): Promise<ExitCode> {
  const [request, stream] = await both(
    () => readCheckRequest(args),
    () => streamTraceFiles(args.operands, terminal),
  );
  const checked = await checkTraces(request, stream, terminal);
  await report(checked, request, terminal);
  return exitCodeOf(checked.result.verdict);
}

async function checkTraces(request: CheckRequest, stream: TreeStream, terminal: Terminal): Promise<Checked> {
  const { expectations, isEach, health, targets } = request;
  const isListed = targets.some(({ kind }) => kind === "json");
  const treesMax = expectations.length > 0 && !isEach ? Infinity : isListed ? SUMMARIES_MAX : 0;
  const each = eachTrace(isEach ? expectations : []);
  const trees: Tree[] = [];
  if (health !== undefined && health.before.length > 0)
    for await (const { tree } of (await streamTraceFiles(health.before, terminal)).trees)
      examineBefore(health.examination, tree);
  for await (const { tree, source } of stream.trees) {
    if (trees.length < treesMax) trees.push(tree);
    each.look(tree);
    if (health !== undefined) examine(health.examination, tree, source);
  }
  const { isWhole: isComplete } = stream;
  const results = isEach
    ? each.results(isComplete)
    : expectations.map((expectation) => judge(expectation, { trees, ledger: [], isComplete }));
  const healthy = health === undefined ? undefined : judgeHealth(health.examination, health.budget, isComplete);
  const verdicts = [...results, ...(healthy === undefined ? [] : [healthy])].map(({ verdict }) => verdict);
  return {
    stream,
    trees,
    drawn: isEach ? each.unmet : trees,
    result: { verdict: worst(verdicts), expectations: results, ...(healthy !== undefined && { health: healthy }) },
  };
}

async function report(checked: Checked, { targets }: CheckRequest, { out, err }: Terminal): Promise<void> {
  // A document has standard output to itself; what is read by people then goes beside it, where a budget can fail a build.
  const hasDocument = targets.some((target) => hasOutputAlone(CHECK_REPORTS, target));
  const asksForText = targets.some(({ kind, file }) => kind === "text" && file === undefined);
  if (!hasDocument) out.print(textOf(checked, out.paint));
  else if (asksForText) err.print(textOf(checked, err.paint));
  for (const { kind, file } of targets) {
    if (file !== undefined) await writeTextFile(file, WRITERS[kind](checked));
    else if (kind !== "text") out.print(WRITERS[kind](checked).trimEnd());
  }
}

const WRITERS: Readonly<Record<CheckReport, (checked: Checked) => string>> = {
  text: (checked) => `${textOf(checked, PLAIN)}\n`,
  json: ({ stream: { format, notes, isWhole }, trees, result }) =>
    jsonText(checkJson(traceFileJson({ format, notes, isWhole, trees: trees.slice(0, limitOf(result)) }), result)),
  junit: ({ result }) => checkJunitText(result),
  sarif: ({ result }) => sarifText(result, VERSION),
};

function limitOf({ health }: CheckResult): number {
  return health === undefined ? Infinity : SUMMARIES_MAX;
}

function textOf({ drawn: trees, result: { expectations, health } }: Checked, paint: Paint): string {
  const unmet = expectations.filter(({ verdict }) => verdict !== "passed");
  const drawn = unmet.length === 0 ? "" : `${drawForest(trees, { paint, mismatches: mismatchesOf(unmet) })}\n\n`;
  const shapes = drawn + expectations.map((result) => expectationText(result, paint)).join("\n");
  const hops = expectations.length === 0 ? "" : paint.dim(NO_LEDGER);
  return [shapes, hops, health === undefined ? "" : healthText(health, paint)]
    .filter((text) => text !== "")
    .join("\n\n");
}

function mismatchesOf(results: readonly ExpectationResult[]): ExpectationResult["mismatches"] {
  return results.flatMap(({ mismatches }) => mismatches);
}

function worst(verdicts: readonly Verdict[]): Verdict {
  return BY_WEIGHT.find((verdict) => verdicts.includes(verdict)) ?? "inconclusive";
}

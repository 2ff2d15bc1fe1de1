import type * as z from "zod";
import type { RunResult, SuiteResult } from "../campaign/result.ts";
import type { CheckResult } from "../check/result.ts";
import { mendOf } from "../check/propagation/propagation.ts";
import type { ExpectationResult } from "../check/verdict.ts";
import type { FiredFault, Hop } from "../trace/evidence.ts";
import type { FieldExplanation, SpanExplanation } from "../trace/explain.ts";
import type { Mismatch, SpanPlace } from "../trace/mismatch.ts";
import type { TraceSummary } from "../trace/summary.ts";
import type { Tree } from "../trace/tree.ts";
import { healthJson } from "./health-json.ts";
import type { checkSchema, runSchema, showSchema } from "./json-schema.ts";

export type RunJson = z.infer<typeof runSchema>;
export type ShowJson = z.infer<typeof showSchema>;
export type CheckJson = z.infer<typeof checkSchema>;

/** What `troupe show --json` prints: a trace file's format, its dialects, and a summary of each trace. */
export function showJson(
  format: string,
  trees: readonly Tree[],
  summaries: readonly TraceSummary[],
  notes: readonly string[] = [],
): ShowJson {
  return {
    format,
    dialects: dialectsOf(trees),
    traces: summaries.map(traceJson),
    ...(notes.length > 0 && { notes: [...notes] }),
  };
}

/** What `troupe show --explain --json` prints: what `show` does, and how spans were recognised. */
export function explainJson(shown: ShowJson, spans: readonly SpanExplanation[]): ShowJson {
  return { ...shown, explained: spans.map(spanJson) };
}

/** What `troupe check --json` prints: what `show` does, the verdict, and the health where it was asked for. */
export function checkJson(shown: ShowJson, { verdict, expectations, health }: CheckResult): CheckJson {
  return {
    ...shown,
    verdict,
    expectations: expectations.map(expectationJson),
    ...(health !== undefined && { health: healthJson(health) }),
  };
}

/** What `troupe run --json` prints. */
export function runJson({ version, node, verdict, runs, notRun }: SuiteResult): RunJson {
  return { version, node, verdict, runs: runs.map(oneRunJson), ...(notRun > 0 && { notRun }) };
}

/** A document as text, with the line end that files and pipes want. */
export function jsonText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

// Each key is picked by hand: results hold more than documents, and the order of the keys is promised.
function oneRunJson(run: RunResult): RunJson["runs"][number] {
  return {
    scenario: run.scenario,
    file: run.file,
    seed: run.seed,
    mode: run.mode,
    verdict: run.verdict,
    skipped: run.skipped,
    spansDigest: run.spansDigest,
    canonicalDigest: run.canonicalDigest,
    durationMs: run.durationMs,
    summary: { traces: run.summary.traces.map(traceJson) },
    expectations: [...run.expectations, ...endOfRun(run)].map(expectationJson),
    hops: run.hops.map(hopJson),
    faults: run.faults.map(faultJson),
    missing: [...run.missing],
    repeat: run.repeat,
    notes: [...run.notes],
  };
}

/** A run that did not come to its end fails an expectation that every scenario states without saying so. */
function endOfRun({ failures }: RunResult): readonly ExpectationResult[] {
  if (failures.length === 0) return [];
  const name = "the run comes to its end";
  const mismatches = failures.map((message): Mismatch => ({
    kind: "run-failed",
    expectedAt: name,
    expected: name,
    message,
  }));
  return [{ name, verdict: "failed", inverted: false, mismatches }];
}

function traceJson(trace: TraceSummary): ShowJson["traces"][number] {
  return {
    traceId: trace.traceId,
    spans: trace.spans,
    uniqueSpans: trace.uniqueSpans,
    duplicates: trace.duplicates,
    roots: trace.roots,
    orphans: trace.orphans,
    depth: trace.depth,
    services: [...trace.services],
    errors: trace.errors,
    kinds: { ...trace.kinds },
    tokens: { input: trace.tokens.input, output: trace.tokens.output, total: trace.tokens.total },
    cost: trace.cost,
    durationMs: trace.durationMs,
    agents: [...trace.agents],
    handoffs: trace.handoffs.map(({ from, to }) => ({ from, to })),
    tools: trace.tools.map(({ name, agent }) => ({ name, agent })),
    earlyStarts: trace.earlyStarts,
    lateEnds: trace.lateEnds,
    anomalies: trace.anomalies.map(({ kind, spanId, detail }) => ({ kind, spanId, detail })),
  };
}

function spanJson({ fields, ...span }: SpanExplanation): NonNullable<ShowJson["explained"]>[number] {
  const { traceId, spanId, spanName, isTransparent, whyTransparent } = span;
  return { traceId, spanId, spanName, isTransparent, whyTransparent, fields: fields.map(fieldJson) };
}

function fieldJson({
  field,
  value,
  dialect,
  rule,
  lost,
  notTaken,
}: FieldExplanation): NonNullable<ShowJson["explained"]>[number]["fields"][number] {
  return {
    field,
    value,
    dialect,
    rule,
    lost: lost.map((other) => ({ value: other.value, dialect: other.dialect, rule: other.rule, why: other.why })),
    ...(notTaken !== undefined && { notTaken }),
  };
}

function expectationJson({
  name,
  verdict,
  inverted,
  mismatches,
  each,
}: ExpectationResult): CheckJson["expectations"][number] {
  return {
    name,
    verdict,
    inverted,
    mismatches: mismatches.map(mismatchJson),
    ...(each !== undefined && { each: { traces: each.traces, unmet: each.unmet } }),
  };
}

function mismatchJson(mismatch: Mismatch): CheckJson["expectations"][number]["mismatches"][number] {
  const { kind, expectedAt, expected, message, under, found, after, failed, competes } = mismatch;
  return {
    kind,
    expectedAt,
    expected,
    message,
    ...(under !== undefined && { under: placeJson(under) }),
    ...(found !== undefined && { found: placeJson(found) }),
    ...(after !== undefined && { after: placeJson(after) }),
    ...(failed !== undefined && {
      failed: failed.map(({ key, expected: wanted, got }) => ({ key, expected: wanted, got })),
    }),
    ...(competes !== undefined && { competes: competes.map(placeJson) }),
  };
}

function placeJson({ traceId, spanId, label }: SpanPlace): SpanPlace {
  return { traceId, spanId, label };
}

function hopJson({
  from,
  to,
  agent,
  method,
  transport,
  carrier,
  status,
  verdict,
  causes,
  detail,
}: Hop): RunJson["runs"][number]["hops"][number] {
  return {
    from,
    to,
    agent,
    method,
    transport,
    carrier,
    status,
    verdict,
    causes: [...causes],
    detail,
    mend: verdict === "whole" ? null : mendOf(causes),
  };
}

function faultJson(fired: FiredFault): RunJson["runs"][number]["faults"][number] {
  const { index, fault, from, to, agent, method, tool, direction, occurrence, transport, detail } = fired;
  return { index, fault, from, to, agent, method, tool, direction, occurrence, transport, detail };
}

function dialectsOf(trees: readonly Tree[]): string[] {
  const nodes = trees.flatMap(({ nodes: all }) => all);
  return [...new Set(nodes.map(({ meaning }) => meaning.dialect))].toSorted();
}

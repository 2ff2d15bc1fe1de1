import { expect, test } from "vitest";
import { readTraceFile } from "../../src/format/read.ts";
import { type FoundEvaluation, evaluationsOf } from "../../src/trace/evaluations.ts";
import { SAMPLES } from "./samples.ts";

type Found = readonly (Omit<FoundEvaluation, "dialect" | "rule"> & { readonly of: string })[];

/** What was found of which span, as it is read out of a document. */
function evaluationsIn(document: unknown): { readonly found: Found; readonly notes: readonly string[] } {
  const { spans, notes } = readTraceFile(JSON.stringify(document), "t");
  const found = spans.flatMap((span) =>
    evaluationsOf(span).map(({ dialect: _dialect, rule: _rule, ...evaluation }) => ({ of: span.name, ...evaluation })),
  );
  return { found, notes };
}

test("Langfuse's scores are evaluations of their observation, or of the root where they are of the trace", () => {
  const download = JSON.parse(SAMPLES["langfuse-json"]?.text ?? "{}");
  const [root, inner] = download.observations.toSorted((a: { parentObservationId: string | null }) =>
    a.parentObservationId === null ? -1 : 1,
  );
  const score = { traceId: root.traceId, source: "EVAL", timestamp: "2026-01-02T03:04:05Z", comment: "why" };
  const scores = [
    { ...score, id: "1", name: "helpful", value: 0.75, dataType: "NUMERIC" },
    {
      ...score,
      id: "2",
      name: "tone",
      value: 1,
      stringValue: "rude",
      dataType: "CATEGORICAL",
      observationId: inner.id,
    },
    { ...score, id: "3", name: "made-up", value: 0, stringValue: "False", dataType: "BOOLEAN", comment: null },
  ];
  const { found, notes } = evaluationsIn({ ...download, scores, trace: { ...download.trace, scores } });
  expect(notes).toEqual([]);
  expect(found).toEqual([
    { of: root.name, name: "helpful", score: 0.75, explanation: "why" },
    { of: root.name, name: "made-up", score: 0 },
    { of: inner.name, name: "tone", label: "rude", explanation: "why" },
  ]);
});

test("MLflow's feedback is an evaluation, and its expectations are none", () => {
  const trace = JSON.parse(SAMPLES["mlflow-json"]?.text ?? "{}");
  trace.info.assessments = [
    { assessment_name: "correct", feedback: { value: "no" }, rationale: "it said 5", span_id: "00f067aa0ba902b8" },
    { name: "fast", feedback: { value: true }, create_time_ms: 1_767_323_046_000 },
    { assessment_name: "answer", expectation: { value: 4 } },
  ];
  const { found, notes } = evaluationsIn(trace);
  expect(notes).toEqual([]);
  expect(found).toEqual([
    { of: "agent", name: "fast", score: 1 },
    { of: "call", name: "correct", label: "no", explanation: "it said 5" },
  ]);
});

test("an evaluation of a span that is not there is told", () => {
  const trace = JSON.parse(SAMPLES["mlflow-json"]?.text ?? "{}");
  trace.info.assessments = [{ name: "fast", feedback: { value: true }, span_id: "00000000000000ff" }];
  expect(evaluationsIn(trace).notes).toEqual([
    expect.stringContaining('the evaluation "fast" is about a span that is not here'),
  ]);
});

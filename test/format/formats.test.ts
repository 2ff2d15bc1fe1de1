import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/core/json.ts";
import { isTroupeError } from "../../src/core/errors.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { FORMATS, readTraceFile } from "../../src/format/read.ts";
import type { Span } from "../../src/trace/span.ts";
import { summarize } from "../../src/trace/summary.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { SAMPLES } from "./samples.ts";

const samples = Object.entries(SAMPLES).map(([format, { text, spans }]) => ({ format, text, spans }));
const summariesOf = (spans: readonly Span[]): string => canonicalJson(buildTrees(spans).map((tree) => summarize(tree)));

test("there is a sample of every format", () => {
  expect(Object.keys(SAMPLES).toSorted()).toEqual([...new Set(FORMATS.map(({ format }) => format))].toSorted());
});

test.each(samples)("$format is told by its content, all of it is read, and nothing is left out", (each) => {
  const read = readTraceFile(each.text, "anything");
  expect([read.format, read.spans.length, read.isWhole]).toEqual([each.format, each.spans, true]);
  const notes =
    each.format === "zipkin-json" ? ["anything: 1 of 2 spans start in 1970: their start is missing or zero"] : [];
  expect(read.notes).toEqual(notes);
});

/** What the sample of each format says, read out of the format's own names for it. */
const SAID: Readonly<Record<string, readonly object[]>> = {
  "otlp-json": [{ errors: 2, durationMs: 999.999999, services: ["orders"], depth: 2 }],
  "jaeger-json": [{ orphans: 1, durationMs: 1.5, services: ["orders"] }],
  "openai-agents": [
    { agents: ["billing"], tools: [{ name: "refund", agent: "billing" }], errors: 1, durationMs: 3000, depth: 2 },
  ],
  "langfuse-json": [
    { agents: ["billing"], tokens: { input: 12, output: 3 }, cost: 0.001, errors: 1, services: ["shop"], depth: 2 },
  ],
  "langsmith-json": [
    {
      tokens: { input: 10, output: 2 },
      tools: [{ name: "refund" }],
      errors: 1,
      depth: 2,
      orphans: 0,
      durationMs: 3999.999,
      anomalies: [{ kind: "open" }],
    },
  ],
  "inspect-json": [
    { agents: ["solver"], tokens: { input: 4, output: 2 }, tools: [{ name: "ls", agent: "solver" }], durationMs: 4000 },
  ],
  atif: [
    {
      agents: ["billing"],
      tokens: { input: 5, output: 2 },
      cost: 0.5,
      tools: [{ name: "refund", agent: "billing" }],
      durationMs: 1000,
      depth: 2,
    },
  ],
  "agent-prism": [
    { agents: ["billing"], tools: [{ name: "refund", agent: "billing" }], errors: 1, depth: 2, durationMs: 2000 },
  ],
  "mlflow-json": [{ agents: ["agent"], tokens: { input: 7, output: 3 }, errors: 1, depth: 2 }],
  "logfire-json": [
    { agents: ["billing"], kinds: { agent: 1, "mcp.server": 1 }, depth: 2, orphans: 0, durationMs: 4000 },
  ],
  "zipkin-json": [
    { spans: 2, uniqueSpans: 1, duplicates: 1, orphans: 2, errors: 1, services: ["backend", "frontend"] },
  ],
  "phoenix-json": [{ kinds: { llm: 1 }, tokens: { input: 4, output: 2 }, errors: 1, durationMs: 876.544 }],
  "otel-console": [{ services: ["orders"], errors: 1, durationMs: 999.999 }],
  "nested-spans": [{ services: ["app"], kinds: { llm: 1, span: 1 }, depth: 2, errors: 1, durationMs: 62_500 }],
  "clickhouse-otel": [{ services: ["orders"], durationMs: 0.0015, roots: 1 }],
  "span-list": [{ durationMs: 0.521002, roots: 1 }],
};

test.each(samples)("$format says what its writer meant", ({ format, text }) => {
  const traces = buildTrees(readTraceFile(text, "t").spans).map((tree) => summarize(tree));
  expect(traces).toMatchObject(SAID[format] ?? []);
});

test("a span that Logfire has only begun stays, and is open", () => {
  const [pending] = JSON.parse(SAMPLES["logfire-json"]?.text ?? "[]");
  const [trace] = buildTrees(readTraceFile(JSON.stringify([pending]), "t").spans).map((tree) => summarize(tree));
  expect(trace).toMatchObject({ roots: 1, anomalies: [{ kind: "open", spanId: "0000000000000003" }] });
});

test("what stands among spans and is none is noted by its place", () => {
  const [first] = JSON.parse(SAMPLES["span-list"]?.text ?? "[]");
  const read = readTraceFile(JSON.stringify({ spans: [first, { note: "hello" }, null] }), "t");
  expect([read.spans.length, read.notes, read.isWhole]).toEqual([
    1,
    ["t: spans[1] and 1 more are no spans and left out"],
    false,
  ]);
});

test("one line with faults does not cost the others, also where lines are read together", () => {
  const run = '{"id":"a","run_type":"tool","name":"x","start_time":"2026-01-02T03:04:05","trace_id":"a"}';
  const read = readTraceFile(`${run}\n${run.replace('"id":"a"', '"id":""')}\n${run.replaceAll('"a"', '"b"')}`, "t");
  expect(read.spans.map(({ spanId }) => spanId)).toEqual(["a", "b"]);
  expect(read.notes).toEqual([expect.stringContaining("t: the document at line 2 is left out")]);
});

test("a LangSmith patch completes what was posted", () => {
  const id = "11111111-1111-4111-8111-111111111111";
  const dotted = `20260102T030405000001Z${id}`;
  const post = {
    id,
    trace_id: id,
    dotted_order: dotted,
    name: "agent",
    run_type: "chain",
    start_time: "2026-01-02T03:04:05",
  };
  const patch = { id, trace_id: id, dotted_order: dotted, end_time: "2026-01-02T03:04:09", outputs: { answer: 1 } };
  expect(readTraceFile(JSON.stringify({ post: [post], patch: [patch] }), "t").spans).toMatchObject([
    { name: "agent", endTimeUnixNano: 1_767_323_049_000_000_000n, attributes: { "langsmith.outputs": '{"answer":1}' } },
  ]);
});

test("an ATIF trajectory that a tool refers to hangs under that tool", () => {
  const parent = JSON.parse(SAMPLES["atif"]?.text ?? "{}");
  parent.steps[1].observation.results[0].subagent_trajectory_ref = [{ session_id: "s2" }];
  const child = { ...JSON.parse(SAMPLES["atif"]?.text ?? "{}"), session_id: "s2", agent: { name: "helper" } };
  const trees = buildTrees(readTraceFile(JSON.stringify({ child, parent }), "t").spans);
  expect(trees.map((tree) => summarize(tree))).toMatchObject([{ agents: ["billing", "helper"], depth: 4, roots: 1 }]);
});

test("both lists of a Langfuse download are one list of observations", () => {
  const download = JSON.parse(SAMPLES["langfuse-json"]?.text ?? "{}");
  download.trace.observations = download.observations.map((each: object) => ({ ...each, metadata: "{}" }));
  expect(readTraceFile(JSON.stringify(download), "t").spans).toHaveLength(2);
});

test.each([
  ["a ResourceSpans a line", (spans: unknown) => ({ resource: {}, scopeSpans: [{ spans }] })],
  [
    "Tempo's first API",
    (spans: unknown) => ({ batches: [{ resource: {}, instrumentationLibrarySpans: [{ spans }] }] }),
  ],
  ["Tempo's second API", (spans: unknown) => ({ trace: { resourceSpans: [{ scopeSpans: [{ spans }] }] } })],
  ["protobuf's own names", (spans: unknown) => ({ resource_spans: [{ scope_spans: [{ spans }] }] })],
  ["bare spans in pages", (spans: unknown) => ({ data: spans, next_cursor: null })],
])("OTLP in another wrapping is read: %s", (_name, wrap) => {
  const camel = {
    traceId: "ASNFZ4mrze8BI0VniavN7w==",
    spanId: "APBnqgupArc=",
    name: "a",
    startTimeUnixNano: "1767323045000000001",
    attributes: [{ key: "n", value: { intValue: 1 } }],
  };
  const snake = {
    trace_id: "0123456789abcdef0123456789abcdef",
    span_id: "00f067aa0ba902b7",
    name: "a",
    start_time_unix_nano: "1767323045000000001",
    attributes: [{ key: "n", value: { int_value: "1" } }],
  };
  for (const span of [camel, snake]) {
    expect(readTraceFile(JSON.stringify(wrap([span])), "t")).toMatchObject({
      format: "otlp-json",
      spans: [
        {
          traceId: "0123456789abcdef0123456789abcdef",
          spanId: "00f067aa0ba902b7",
          startTimeUnixNano: 1_767_323_045_000_000_001n,
          attributes: { n: 1 },
        },
      ],
    });
  }
});

test.each(samples)("$format is read however the document is laid out", ({ format, text, spans }) => {
  if (format === "span-list") return; // Its nanoseconds are numbers, which a test cannot lay out again.
  const pretty = JSON.stringify(JSON.parse(text), null, 2);
  for (const file of [`\uFEFF\n${pretty}\n`, `starting\n${pretty}\nstopped`, `${text}${text}`]) {
    const times = file.startsWith(text) ? 2 : 1;
    expect(new Set(readTraceFile(file, "t").spans.map(({ spanId }) => spanId)).size).toBe(
      new Set(readTraceFile(text, "t").spans.map(({ spanId }) => spanId)).size,
    );
    expect(readTraceFile(file, "t").spans.length).toBeLessThanOrEqual(spans * times);
  }
});

test.each(samples)("$format written as OTLP JSON and read again is the same trees", ({ text }) => {
  const { spans } = readTraceFile(text, "t");
  const again = readTraceFile(writeOtlpJson(spans), "t").spans;
  expect(summariesOf(again)).toBe(summariesOf(spans));
  expect(writeOtlpJson(again)).toBe(writeOtlpJson(spans));
});

const LITERAL = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|null|true|false/g;
const REPLACEMENTS = [
  "null",
  "[]",
  "{}",
  '""',
  "-1",
  "1e400",
  '"x"',
  "true",
  "[[]]",
  "123456789012345678901234",
  '"__proto__"',
];

test.each(samples)("property: $format cut off, cut up or with other values in it never crashes", ({ text }) => {
  const literals = [...text.matchAll(LITERAL)];
  const damaged = fc.oneof(
    fc.nat(text.length).map((length) => text.slice(0, length)),
    fc.tuple(fc.nat(text.length), fc.nat(40)).map(([at, length]) => text.slice(0, at) + text.slice(at + length)),
    fc
      .array(fc.tuple(fc.nat(literals.length - 1), fc.constantFrom(...REPLACEMENTS)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        let result = text;
        for (const [index, to] of changes.toSorted(([a], [b]) => b - a)) {
          const literal = literals[index];
          if (literal !== undefined) {
            result = result.slice(0, literal.index) + to + result.slice(literal.index + literal[0].length);
          }
        }
        return result;
      }),
  );
  fc.assert(fc.property(damaged, readsOrRefuses), { numRuns: 60 });
});

function readsOrRefuses(text: string): void {
  try {
    const { spans } = readTraceFile(text, "t");
    summariesOf(spans);
    writeOtlpJson(spans);
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    expect(error.code).toMatch(/^(?:TRACE_INVALID|FORMAT_UNKNOWN)$/);
  }
}

test("spans nested 100,000 deep are read", { timeout: 60_000 }, () => {
  const open = (index: number): string =>
    `{"trace_id":"t","span_id":"s${index}","timestamp":"2026-01-02T03:04:05Z","duration":"PT1S","child_spans":[`;
  const count = 100_000;
  const text = Array.from({ length: count }, (_, index) => open(index)).join("") + "]}".repeat(count);
  const trees = buildTrees(readTraceFile(text, "t").spans);
  expect(trees.map((tree) => summarize(tree).depth)).toEqual([count]);
});

test("a value nested 100,000 deep is refused by its place", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const text = `[{"trace_id":"t","span_id":"s","start_time":1,"attributes":{"k":${deep}}}]`;
  expect(() => readTraceFile(text, "t")).toThrow(/nested deeper than 64 levels/);
});

test("100,000 siblings are read", { timeout: 60_000 }, () => {
  const count = 100_000;
  const one = (index: number): string => `{"trace_id":"t","span_id":"s${index}","parent_span_id":"p","start_time":1}`;
  const text = `[${Array.from({ length: count }, (_, index) => one(index)).join(",")}]`;
  expect(readTraceFile(text, "t").spans).toHaveLength(count);
});

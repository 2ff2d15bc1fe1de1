import { expect, test } from "vitest";
import { readTraceFile } from "../../src/format/read.ts";
import { meaningOf } from "../../src/trace/dialects.ts";
import { firstChunkMs } from "../../src/trace/first-chunk.ts";
import { summarize, type TraceSummary } from "../../src/trace/summary.ts";
import { buildTrees } from "../../src/trace/tree.ts";

// Forms of formats that other exporters, versions and stores write, put together from their definitions.

const TRACE = "0123456789abcdef0123456789abcdef";
const ROOT = "0123456789abcdef";
const CHILD = "1123456789abcdef";

const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");

function summaries(document: unknown): readonly TraceSummary[] {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  return buildTrees(readTraceFile(text, "t").spans).map((tree) => summarize(tree));
}

test("the Go SDK's console exporter, laid out over lines, one span after the other", () => {
  const common = {
    Resource: [{ Key: "service.name", Value: { Type: "STRING", Value: "go" } }],
    Status: { Code: "Error", Description: "bad" },
  };
  const root = {
    ...common,
    Name: "invoke_agent triage",
    SpanContext: { TraceID: TRACE, SpanID: ROOT, TraceFlags: "01", TraceState: "a=b", Remote: false },
    Parent: { TraceID: "0".repeat(32), SpanID: "0".repeat(16), TraceFlags: "00", TraceState: "", Remote: false },
    SpanKind: 1,
    StartTime: "2026-01-02T03:04:05.000000001+01:00",
    EndTime: "2026-01-02T03:04:06+01:00",
    Attributes: [
      { Key: "gen_ai.operation.name", Value: { Type: "STRING", Value: "invoke_agent" } },
      { Key: "gen_ai.agent.name", Value: { Type: "STRING", Value: "triage" } },
    ],
    Events: [{ Name: "e", Attributes: null, DroppedAttributeCount: 0, Time: "2026-01-02T03:04:05.5+01:00" }],
    Links: [{ SpanContext: { TraceID: TRACE, SpanID: CHILD }, Attributes: null }],
    InstrumentationScope: { Name: "lib", Version: "1", SchemaURL: "" },
  };
  const open = {
    ...common,
    Name: "work",
    SpanContext: { TraceID: TRACE, SpanID: CHILD },
    Parent: { TraceID: TRACE, SpanID: ROOT },
    SpanKind: 3,
    StartTime: "2026-01-02T03:04:05.1+01:00",
    EndTime: "0001-01-01T00:00:00Z",
    Attributes: null,
    Events: null,
    Links: null,
    InstrumentationLibrary: { Name: "lib" },
  };
  const text = [root, open].map((span) => JSON.stringify(span, null, "\t")).join("\n");
  expect(summaries(text)).toMatchObject([
    { spans: 2, roots: 1, depth: 2, services: ["go"], errors: 2, agents: ["triage"], anomalies: [{ kind: "open" }] },
  ]);
  expect(readTraceFile(text, "t").spans[0]).toMatchObject({
    startTimeUnixNano: 1_767_319_445_000_000_001n,
    spanKind: "internal",
    traceState: "a=b",
    scope: { name: "lib", version: "1" },
    events: [{ name: "e", timeUnixNano: 1_767_319_445_500_000_000n }],
    links: [{ spanId: CHILD }],
  });
});

test("Tempo's second API, with ids in base64 and enums by name", () => {
  const span = {
    traceId: base64(TRACE),
    startTimeUnixNano: "1700000000000000000",
    endTimeUnixNano: "1700000001000000000",
  };
  const spans = [
    { ...span, spanId: base64(ROOT), name: "r", kind: "SPAN_KIND_SERVER", status: { code: "STATUS_CODE_ERROR" } },
    { ...span, spanId: base64(CHILD), parentSpanId: base64(ROOT), name: "c", kind: "SPAN_KIND_CLIENT", status: {} },
  ];
  const document = { trace: { resourceSpans: [{ scopeSpans: [{ spans }] }] }, metrics: {}, status: "COMPLETE" };
  expect(summaries(document)).toMatchObject([{ traceId: TRACE, depth: 2, errors: 1, durationMs: 1000 }]);
});

test("OTLP with upper-case ids, and times as numbers or as a printer of timestamps writes them", () => {
  const spans = [
    { traceId: TRACE.toUpperCase(), spanId: ROOT.toUpperCase(), name: "r", kind: "SERVER" },
    { traceId: TRACE, spanId: CHILD, parentSpanId: ROOT.toUpperCase(), name: "c", kind: 3 },
  ];
  const [first, second] = spans;
  const timed = [
    { ...first, startTimeUnixNano: 1_700_000_000_000_000_000, endTimeUnixNano: 1_700_000_001_000_000_000 },
    { ...second, startTimeUnixNano: "2023-11-14T22:13:20.1Z", endTimeUnixNano: "2023-11-14T22:13:20.2Z" },
  ];
  expect(summaries({ resourceSpans: [{ scopeSpans: [{ spans: timed }] }] })).toMatchObject([
    { traceId: TRACE, depth: 2, orphans: 0, durationMs: 1000, anomalies: [] },
  ]);
});

test("OpenLLMetry's numbered messages in OTLP with protobuf's own names", () => {
  const attributes = (of: Readonly<Record<string, string>>): unknown =>
    Object.entries(of).map(([key, value]) => ({ key, value: { string_value: value } }));
  const span = {
    trace_id: TRACE,
    start_time_unix_nano: "1700000000000000000",
    end_time_unix_nano: "1700000001000000000",
  };
  const entity = (kind: string, name: string): unknown =>
    attributes({ "traceloop.span.kind": kind, "traceloop.entity.name": name, "traceloop.entity.input": "{}" });
  const call = attributes({
    "llm.request.type": "chat",
    "gen_ai.request.model": "small",
    "gen_ai.prompt.0.content": "hi",
    "gen_ai.usage.prompt_tokens": "20",
    "gen_ai.usage.completion_tokens": "4",
  });
  const spans = [
    { ...span, span_id: ROOT, name: "triage.agent", attributes: entity("agent", "triage") },
    { ...span, span_id: CHILD, parent_span_id: ROOT, name: "openai.chat", kind: "SPAN_KIND_CLIENT", attributes: call },
    {
      ...span,
      span_id: "2".repeat(16),
      parent_span_id: ROOT,
      name: "t",
      attributes: entity("tool", "transfer_to_billing"),
    },
  ];
  expect(summaries({ resource_spans: [{ scope_spans: [{ spans }] }] })).toMatchObject([
    { agents: ["triage"], tokens: { input: 20, output: 4 }, handoffs: [{ from: "triage", to: "billing" }] },
  ]);
});

test("Jaeger as its UI holds it: processes in the spans, warnings, and one that follows from another", () => {
  const span = {
    traceID: TRACE,
    startTime: 1_600_000_000_000_000,
    duration: 1000,
    logs: [],
    depth: 0,
    relativeStartTime: 0,
  };
  const document = {
    traceID: TRACE,
    traceName: "web: op",
    services: [{ name: "web", numberOfSpans: 2 }],
    processes: { p1: { serviceName: "web", tags: [] }, p2: { serviceName: "worker", tags: [] } },
    spans: [
      { ...span, spanID: "1", operationName: "op", references: [], tags: [], processID: "p1", warnings: ["skew"] },
      {
        ...span,
        spanID: "2",
        operationName: "later",
        references: [{ refType: "FOLLOWS_FROM", traceID: TRACE, spanID: "1", span: { spanID: "1" } }],
        tags: [{ key: "error", value: true }],
        processID: "p2",
        process: { serviceName: "worker", tags: [] },
        warnings: null,
      },
    ],
  };
  expect(summaries(document)).toMatchObject([{ roots: 1, depth: 2, services: ["web", "worker"], errors: 1 }]);
  expect(readTraceFile(JSON.stringify(document), "t").spans[1]?.links).toHaveLength(1);
});

test("Zipkin with ids of 16 digits in both cases, shared halves, and a time in an annotation only", () => {
  const spans = [
    {
      traceId: "5AF7183FB1D4CF5F",
      id: "352BFF9A74CA9AD2",
      kind: "CLIENT",
      timestamp: 1_556_604_172_355_737,
      duration: 9,
    },
    { traceId: "5af7183fb1d4cf5f", id: "352bff9a74ca9ad2", kind: "SERVER", shared: true, tags: { error: "" } },
    {
      traceId: "5af7183fb1d4cf5f",
      parentId: "352bff9a74ca9ad2",
      id: "6b221d5bc9e6496c",
      kind: "PRODUCER",
      annotations: [{ timestamp: 1_556_604_172_356_100, value: "ms" }],
    },
  ];
  expect(summaries(spans)).toMatchObject([{ spans: 3, uniqueSpans: 2, orphans: 0, errors: 1, depth: 2 }]);
});

test("Phoenix with nested attributes, and as rows of a data frame", () => {
  const row = { name: "llm", span_kind: "LLM", parent_id: null, status_code: "OK", status_message: "", events: [] };
  const nested = {
    ...row,
    context: { trace_id: TRACE, span_id: ROOT },
    start_time: "2026-01-01T00:00:00+00:00",
    end_time: "2026-01-01T00:00:01+00:00",
    attributes: {
      llm: {
        model_name: "m",
        token_count: { prompt: 5, completion: 6 },
        input_messages: [{ message: { role: "user" } }],
      },
      metadata: {},
    },
  };
  const flat = {
    ...row,
    "context.trace_id": TRACE,
    "context.span_id": ROOT,
    start_time: 1_700_000_000_000,
    end_time: 1_700_000_001_000,
    "attributes.llm.token_count.prompt": 5,
    "attributes.llm.token_count.completion": 6,
    "attributes.llm.model_name": null,
  };
  const said = [{ kinds: { llm: 1 }, tokens: { input: 5, output: 6 }, durationMs: 1000 }];
  expect(summaries({ data: [nested], next_cursor: null })).toMatchObject(said);
  expect(summaries(flat)).toMatchObject(said);
  expect(readTraceFile(JSON.stringify(nested), "t").spans[0]?.attributes).toMatchObject({
    "llm.input_messages.0.message.role": "user",
    metadata: {},
  });
});

test("MLflow's second schema", () => {
  const span = { context: { trace_id: `0x${TRACE}`, span_id: `0x${ROOT}` }, name: "chat", status_code: "OK" };
  const attributes = {
    "mlflow.spanType": '"CHAT_MODEL"',
    "mlflow.chat.tokenUsage": '{"input_tokens": 5, "output_tokens": 7}',
  };
  const times = { start_time: 1_700_000_000_000_000_000, end_time: 1_700_000_001_000_000_000 };
  const mlflow = {
    info: { request_id: "tr-1" },
    data: { spans: [{ ...span, ...times, parent_id: null, attributes }] },
  };
  expect(summaries(mlflow)).toMatchObject([{ kinds: { llm: 1 }, tokens: { input: 5, output: 7 }, durationMs: 1000 }]);
});

test("LangSmith's run tree, with times in milliseconds and the model among what it was called with", () => {
  const id = (digit: number): string => `${digit}1111111-1111-4111-8111-111111111111`;
  const tool = { id: id(3), name: "lookup", run_type: "tool", start_time: "2024-01-01T00:00:01.5", error: "Boom" };
  const model = { id: id(2), name: "m", run_type: "llm", start_time: 1_704_067_201_000, end_time: 1_704_067_202_000 };
  const usage = { prompt_tokens: 11, completion_tokens: 3, total_cost: "0.002", child_runs: [tool] };
  const called = { extra: { invocation_params: { model: "gpt" } }, first_token_time: "2024-01-01T00:00:01.250" };
  const root = {
    id: id(1),
    name: "graph",
    run_type: "chain",
    start_time: 1_704_067_200_000,
    end_time: 1_704_067_205_000,
  };
  const tree = { ...root, trace_id: id(1), child_runs: [{ ...model, ...usage, ...called }] };
  expect(summaries(tree)).toMatchObject([
    {
      depth: 3,
      tokens: { input: 11, output: 3 },
      cost: 0.002,
      errors: 1,
      tools: [{ name: "lookup" }],
      durationMs: 5000,
    },
  ]);
  const span = readTraceFile(JSON.stringify(tree), "t").spans[1];
  expect(span === undefined ? undefined : [meaningOf(span).name, firstChunkMs(span)]).toEqual(["gpt", 250]);
});

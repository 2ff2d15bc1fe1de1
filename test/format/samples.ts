/** One small file of each format, as its writer writes it. */
export const SAMPLES: Readonly<Record<string, { readonly text: string; readonly spans: number }>> = {
  "otlp-json": sample(2, {
    resourceSpans: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "orders" } }] },
        scopeSpans: [
          {
            scope: { name: "s", version: "1" },
            spans: [
              otlpSpan("00f067aa0ba902b7", ""),
              { ...otlpSpan("00f067aa0ba902b8", "00f067aa0ba902b7"), kind: "SPAN_KIND_CLIENT" },
            ],
          },
        ],
      },
    ],
  }),
  "jaeger-json": sample(1, {
    data: [
      {
        traceID: "ab",
        spans: [
          {
            traceID: "ab",
            spanID: "cd",
            operationName: "GET /",
            references: [{ refType: "CHILD_OF", traceID: "ab", spanID: "ef" }],
            startTime: 1_700_000_000_000_000,
            duration: 1500,
            tags: [{ key: "http.status_code", type: "int64", value: 500 }],
            logs: [{ timestamp: 1_700_000_000_000_100, fields: [{ key: "event", type: "string", value: "retry" }] }],
            processID: "p1",
            warnings: ["clock skew"],
          },
        ],
        processes: { p1: { serviceName: "orders", tags: [] } },
      },
    ],
  }),
  "openai-agents": sample(2, {
    data: [
      {
        object: "trace.span",
        id: "span_222222222222222222222222",
        trace_id: "trace_0123456789abcdef0123456789abcdef",
        parent_id: "span_111111111111111111111111",
        started_at: "2026-01-02T03:04:06.000Z",
        ended_at: "2026-01-02T03:04:07.000Z",
        span_data: { type: "function", name: "refund", input: '{"id":1}', output: "done" },
        error: { message: "declined", data: { code: 7 } },
      },
      {
        object: "trace.span",
        id: "span_111111111111111111111111",
        trace_id: "trace_0123456789abcdef0123456789abcdef",
        parent_id: null,
        started_at: "2026-01-02T03:04:05.000Z",
        ended_at: "2026-01-02T03:04:08.000Z",
        span_data: { type: "agent", name: "billing", tools: ["refund"] },
        error: null,
      },
      { object: "trace", id: "trace_0123456789abcdef0123456789abcdef", workflow_name: "refunds", group_id: "g1" },
    ],
  }),
  "langfuse-json": sample(2, {
    trace: { id: "t1", timestamp: "2026-01-02T03:04:05.000Z", projectId: "p", userId: "u1", sessionId: "s1" },
    observations: [
      observation("o1", null, "AGENT", {
        name: "billing",
        metadata:
          '{"attributes":{"gen_ai.agent.name":"billing"},"resourceAttributes":{"service.name":"shop"},"scope":{"name":"sdk","version":"3"}}',
      }),
      observation("o2", "o1", "GENERATION", {
        name: "call",
        model: "small",
        usageDetails: { input: 12, output: 3, total: 20 },
        costDetails: { total: 0.001 },
        level: "ERROR",
        statusMessage: "too long",
        metadata: { attempt: 2 },
      }),
    ],
  }),
  "langsmith-json": sample(3, [
    {
      id: "11111111-1111-4111-8111-111111111111",
      trace_id: "11111111-1111-4111-8111-111111111111",
      name: "agent",
      run_type: "chain",
      start_time: "2026-01-02T03:04:05.000001",
      end_time: "2026-01-02T03:04:09",
      status: "success",
      child_runs: [
        {
          id: "22222222-2222-4222-8222-222222222222",
          name: "ChatModel",
          run_type: "llm",
          start_time: 1_767_323_046_000,
          end_time: 1_767_323_047_000,
          prompt_tokens: 10,
          completion_tokens: 2,
          extra: { metadata: { ls_model_name: "small", thread_id: "th" } },
          events: [{ name: "new_token", time: "2026-01-02T03:04:06.5" }],
        },
      ],
    },
    {
      id: "33333333-3333-4333-8333-333333333333",
      parent_run_id: "11111111-1111-4111-8111-111111111111",
      dotted_order:
        "20260102T030405000001Z11111111-1111-4111-8111-111111111111.20260102T030407000000Z33333333-3333-4333-8333-333333333333",
      name: "refund",
      run_type: "tool",
      start_time: "2026-01-02T03:04:07Z",
      error: "declined",
      inputs: { id: 1 },
    },
  ]),
  "inspect-json": sample(3, {
    events: [
      inspectEvent(0, { event: "span_begin", id: "S", name: "solver", type: "agent" }),
      inspectEvent(1, {
        event: "model",
        span_id: "S",
        model: "m",
        output: { usage: { input_tokens: 4, output_tokens: 2 } },
      }),
      inspectEvent(2, { event: "tool", span_id: "S", id: "c", function: "ls", arguments: { path: "/" }, result: "x" }),
      inspectEvent(3, { event: "info", span_id: "S", data: "note" }),
      inspectEvent(4, { event: "span_end", id: "S" }),
    ],
  }),
  atif: sample(3, {
    schema_version: "ATIF-v1.6",
    session_id: "s1",
    agent: { name: "billing", version: "1", model_name: "small" },
    steps: [
      { step_id: 1, timestamp: "2026-01-02T03:04:05Z", source: "user", message: "refund me" },
      {
        step_id: 2,
        timestamp: "2026-01-02T03:04:06Z",
        source: "agent",
        message: "on it",
        tool_calls: [{ tool_call_id: "c1", function_name: "refund", arguments: { id: 1 } }],
        observation: { results: [{ source_call_id: "c1", content: "done" }] },
        metrics: { prompt_tokens: 5, completion_tokens: 2, cost_usd: 0.5 },
      },
    ],
  }),
  "agent-prism": sample(2, {
    traceRecord: { id: "t1", name: "run", spansCount: 2, durationMs: 2000, agentDescription: "" },
    spans: [
      {
        id: "p1",
        title: "billing",
        type: "agent_invocation",
        startTime: "2026-01-02T03:04:05.000Z",
        endTime: "2026-01-02T03:04:07.000Z",
        status: "success",
        raw: ["{}"],
        children: [
          {
            id: "p2",
            title: "refund",
            type: "tool_execution",
            startTime: "2026-01-02T03:04:06.000Z",
            endTime: "2026-01-02T03:04:06.500Z",
            status: "error",
            raw: ["{}"],
            input: '{"id":1}',
            attributes: [{ key: "n", value: { intValue: "5" } }],
          },
        ],
      },
    ],
  }),
  "mlflow-json": sample(2, {
    info: { trace_id: "tr-0123456789abcdef0123456789abcdef" },
    data: {
      spans: [
        {
          trace_id: "ASNFZ4mrze8BI0VniavN7w==",
          span_id: "APBnqgupArc=",
          parent_span_id: "",
          name: "agent",
          start_time_unix_nano: "1767323045000000001",
          end_time_unix_nano: "1767323046000000000",
          status: { code: "STATUS_CODE_OK", message: "" },
          attributes: { "mlflow.spanType": '"AGENT"', "mlflow.spanInputs": '{"q": 1}' },
          events: [],
        },
        {
          name: "call",
          context: { trace_id: "0x0123456789abcdef0123456789abcdef", span_id: "0x00f067aa0ba902b8" },
          parent_id: "0x00f067aa0ba902b7",
          start_time: 1,
          end_time: 2,
          status_code: "ERROR",
          status_message: "no",
          attributes: {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.chat.tokenUsage": '{"input_tokens":7,"output_tokens":3}',
          },
          events: [{ name: "exception", timestamp: 2, attributes: { "exception.type": "E" } }],
        },
      ],
    },
  }),
  "logfire-json": sample(2, [
    {
      name: "pending",
      context: { trace_id: 1, span_id: 9, is_remote: false },
      parent: { trace_id: 1, span_id: 3, is_remote: false },
      start_time: 1_000_000_000,
      end_time: 1_000_000_000,
      attributes: { "logfire.span_type": "pending_span", "logfire.pending_parent_id": "0000000000000000" },
    },
    {
      name: "Agent run: {name!r}",
      context: { trace_id: 1, span_id: 3, is_remote: false },
      parent: null,
      start_time: 1_000_000_000,
      end_time: 5_000_000_000,
      attributes: { "logfire.span_type": "span", "logfire.msg_template": "Agent run: {name!r}", name: "billing" },
    },
    {
      name: "MCP server handle request: tools/call",
      context: { trace_id: 1, span_id: 5, is_remote: false },
      parent: { trace_id: 1, span_id: 3, is_remote: true },
      start_time: 2_000_000_000,
      end_time: 3_000_000_000,
      attributes: {
        "logfire.msg_template": "MCP server handle request: tools/call",
        request: { params: { name: "refund", arguments: { id: 1 } } },
      },
    },
  ]),
  "zipkin-json": sample(2, [
    {
      traceId: "86154a4ba6e91385",
      id: "4d1e00c0db9010db",
      parentId: "86154a4ba6e91385",
      kind: "CLIENT",
      name: "get",
      timestamp: 1_700_000_000_000_000,
      duration: 207_000,
      localEndpoint: { serviceName: "frontend", ipv4: "127.0.0.1" },
      remoteEndpoint: { serviceName: "backend", port: 9000 },
      annotations: [{ timestamp: 1_700_000_000_000_010, value: "ws" }],
      tags: { error: "timeout" },
    },
    {
      traceId: "86154a4ba6e91385",
      id: "4d1e00c0db9010db",
      parentId: "86154a4ba6e91385",
      kind: "SERVER",
      shared: true,
      localEndpoint: { serviceName: "backend" },
    },
  ]),
  "phoenix-json": sample(1, {
    data: [
      {
        id: "U3BhbjoxMg==",
        name: "call",
        context: { trace_id: "0123456789abcdef0123456789abcdef", span_id: "00f067aa0ba902b7" },
        span_kind: "LLM",
        parent_id: null,
        start_time: "2026-01-02T03:04:05.123456+00:00",
        end_time: "2026-01-02T03:04:06+00:00",
        status_code: "ERROR",
        status_message: "no",
        attributes: { "llm.token_count.prompt": 4, "llm.token_count.completion": 2 },
        events: [],
      },
    ],
    next_cursor: null,
  }),
  "otel-console": sample(1, {
    name: "work",
    context: { trace_id: "0x123456789abcdef0123456789abcdef", span_id: "0x00f067aa0ba902b7", trace_state: "[]" },
    kind: "SpanKind.SERVER",
    parent_id: null,
    start_time: "2026-01-02T03:04:05.000001Z",
    end_time: "2026-01-02T03:04:06Z",
    status: { status_code: "ERROR", description: "no" },
    attributes: { n: 1 },
    events: [{ name: "e", timestamp: "2026-01-02T03:04:05.5Z", attributes: { a: [1, 2] } }],
    links: [{ context: { trace_id: "0x0f", span_id: "0x0e", trace_state: "[]" }, attributes: {} }],
    resource: { attributes: { "service.name": "orders" }, schema_url: "" },
  }),
  "nested-spans": sample(2, {
    trace_id: "0123456789abcdef0123456789abcdef",
    spans: [
      {
        timestamp: "2026-01-02T03:04:05.123456Z",
        trace_id: "0123456789abcdef0123456789abcdef",
        span_id: "00f067aa0ba902b7",
        parent_span_id: null,
        span_name: "main",
        span_kind: "Internal",
        service_name: "app",
        duration: "PT1M2.5S",
        status_code: "Unset",
        span_attributes: {},
        child_spans: [
          {
            timestamp: "2026-01-02T03:04:06Z",
            span_id: "00f067aa0ba902b8",
            span_name: "call",
            duration: "PT1S",
            status_code: "Error",
            status_message: "no",
            span_attributes: { "openinference.span.kind": "LLM" },
            events: [{ Name: "exception", Timestamp: "2026-01-02T03:04:06.5", Attributes: { "exception.type": "E" } }],
            child_spans: [],
          },
        ],
      },
    ],
  }),
  "clickhouse-otel": sample(1, {
    Timestamp: "2026-01-02 03:04:05.123456789",
    TraceId: "0123456789abcdef0123456789abcdef",
    SpanId: "00f067aa0ba902b7",
    ParentSpanId: "",
    SpanName: "GET",
    SpanKind: "Server",
    ServiceName: "orders",
    Duration: 1500,
    StatusCode: "Ok",
    SpanAttributes: { a: "1" },
  }),
  "span-list": sample(1, [
    {
      trace_id: "live-1",
      span_id: "s-1",
      parent_span_id: null,
      name: "work",
      start_time: 1_784_995_767_655_639_001n,
      end_time: 1_784_995_767_656_160_003n,
      attributes: { wide: 9_007_199_254_740_993n },
      scope: { name: "s", version: "1" },
      status: { code: "OK" },
      span_events: [],
    },
  ]),
};

/** JSON text in which a bigint is a number with all of its digits, as writers in other languages write it. */
function sample(spans: number, document: unknown): { readonly text: string; readonly spans: number } {
  const text = JSON.stringify(document, (_, value: unknown) => (typeof value === "bigint" ? `<${value}>` : value));
  return { text: text.replaceAll(/"<(\d+)>"/g, "$1"), spans };
}

function otlpSpan(spanId: string, parentSpanId: string): object {
  return {
    traceId: "0123456789ABCDEF0123456789abcdef",
    spanId,
    parentSpanId,
    name: "GET /",
    kind: 2,
    startTimeUnixNano: "1767323045000000001",
    endTimeUnixNano: "1767323046000000000",
    attributes: [{ key: "n", value: { intValue: "5" } }],
    events: [{ timeUnixNano: "1767323045000000002", name: "e" }],
    links: [{ traceId: "fedcba9876543210fedcba9876543210", spanId: "00f067aa0ba902b9" }],
    status: { code: 2, message: "no" },
  };
}

function observation(id: string, parent: string | null, type: string, rest: object): object {
  return {
    id,
    traceId: "t1",
    parentObservationId: parent,
    type,
    startTime: "2026-01-02T03:04:05.000Z",
    endTime: "2026-01-02T03:04:06.000Z",
    level: "DEFAULT",
    ...rest,
  };
}

function inspectEvent(second: number, rest: object): object {
  return { timestamp: `2026-01-02T03:04:0${second}+00:00`, working_start: second, ...rest };
}

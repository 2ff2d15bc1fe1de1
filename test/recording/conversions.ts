import type { Attributes, AttributeValue, Span } from "../../src/trace/span.ts";
import { serviceOf } from "../../src/trace/span.ts";

/** Spans as Jaeger's query API gives them: microseconds, and lists as JSON text. */
export function asJaeger(spans: readonly Span[]): string {
  const services = [...new Set(spans.map(serviceOf))];
  const traceIds = [...new Set(spans.map(({ traceId }) => traceId))];
  const data = traceIds.map((traceID) => ({
    traceID,
    spans: spans.filter((span) => span.traceId === traceID).map((span) => jaegerSpan(span, services)),
    processes: Object.fromEntries(services.map((serviceName, index) => [`p${index}`, { serviceName, tags: [] }])),
  }));
  return JSON.stringify({ data });
}

function jaegerSpan(span: Span, services: readonly string[]): unknown {
  const { traceId, spanId, parentSpanId, name, spanKind, status, attributes } = span;
  const [start, end] = [span.startTimeUnixNano / 1000n, (span.endTimeUnixNano ?? span.startTimeUnixNano) / 1000n];
  const all: Attributes = {
    ...attributes,
    "span.kind": spanKind,
    ...(status.code !== "unset" && { "otel.status_code": status.code.toUpperCase() }),
    ...(status.message !== undefined && { "otel.status_description": status.message }),
  };
  return {
    traceID: traceId,
    spanID: spanId,
    operationName: name,
    references: parentSpanId === undefined ? [] : [{ refType: "CHILD_OF", traceID: traceId, spanID: parentSpanId }],
    startTime: Number(start),
    duration: Number(end - start),
    tags: Object.entries(all).map(([key, value]) => jaegerTag(key, value)),
    logs: [],
    processID: `p${services.indexOf(serviceOf(span))}`,
  };
}

function jaegerTag(key: string, value: AttributeValue): unknown {
  if (typeof value === "number") return { key, type: Number.isInteger(value) ? "int64" : "float64", value };
  if (typeof value === "boolean") return { key, type: "bool", value };
  return { key, type: "string", value: typeof value === "string" ? value : JSON.stringify(value) };
}

/** Spans as Langfuse exports them that came to it by OpenTelemetry: milliseconds, attributes in the metadata. */
export function asLangfuse(spans: readonly Span[]): string {
  const time = (nano: bigint): string => new Date(Number(nano / 1_000_000n)).toISOString();
  const [first] = spans;
  const observations = spans.map((span) => ({
    id: span.spanId,
    traceId: span.traceId,
    parentObservationId: span.parentSpanId ?? null,
    type: "SPAN",
    name: span.name,
    startTime: time(span.startTimeUnixNano),
    endTime: time(span.endTimeUnixNano ?? span.startTimeUnixNano),
    level: span.status.code === "error" ? "ERROR" : "DEFAULT",
    statusMessage: span.status.message ?? null,
    metadata: { attributes: span.attributes, resourceAttributes: span.resource, scope: span.scope },
  }));
  const trace = { id: first?.traceId, timestamp: time(first?.startTimeUnixNano ?? 0n), projectId: "p" };
  return JSON.stringify({ trace, observations });
}

const KINDS: Readonly<Record<string, string>> = { invoke_agent: "AGENT", chat: "LLM", execute_tool: "TOOL" };

const KEYS: Readonly<Record<string, string>> = {
  "gen_ai.agent.name": "agent.name",
  "gen_ai.request.model": "llm.model_name",
  "gen_ai.usage.input_tokens": "llm.token_count.prompt",
  "gen_ai.usage.output_tokens": "llm.token_count.completion",
  "gen_ai.tool.name": "tool.name",
  "gen_ai.tool.call.arguments": "input.value",
  "gen_ai.tool.call.result": "output.value",
};

/** Agents, models and tools in the words of OpenInference; handoffs and protocols, which it has no words for, as they are. */
export function asOpenInference(spans: readonly Span[]): readonly Span[] {
  return spans.map((span) => {
    const operation = span.attributes["gen_ai.operation.name"];
    const kind = typeof operation === "string" ? KINDS[operation] : undefined;
    if (kind === undefined || span.name.startsWith("handoff ")) return span;
    const { "gen_ai.operation.name": _, "fi.span.kind": __, ...rest } = span.attributes;
    const renamed = Object.entries(rest).map(([key, value]) => [KEYS[key] ?? key, value] as const);
    return { ...span, attributes: { ...Object.fromEntries(renamed), "openinference.span.kind": kind } };
  });
}

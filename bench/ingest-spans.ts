import { SpanKind, SpanStatusCode, TraceFlags, type HrTime } from "@opentelemetry/api";
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";

type ReadableSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];

const RESOURCE = resourceFromAttributes({
  "service.name": "checkout-agent",
  "service.version": "2.4.1",
  "telemetry.sdk.language": "nodejs",
  "telemetry.sdk.name": "opentelemetry",
  "process.pid": 4242,
});
const SCOPE = { name: "@opentelemetry/instrumentation-genai", version: "0.12.0" };
const BEGAN_S = 1_763_683_200;

/** One export of so many spans as an instrumented agent makes them, by OpenTelemetry's own writers. */
export function exportOf(count: number, from = 0): { readonly protobuf: Uint8Array; readonly json: string } {
  const spans = Array.from({ length: count }, (_, index) => spanAt(from + index));
  return {
    protobuf: ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array(),
    json: new TextDecoder().decode(JsonTraceSerializer.serializeRequest(spans)),
  };
}

/** Traces of 20 spans: every fourth is a model call, the others are tool calls; every tenth has an event. */
function spanAt(index: number): ReadableSpan {
  const traceId = hash(Math.floor(index / 20)).repeat(4);
  const isModel = index % 4 === 0;
  const start: HrTime = [BEGAN_S + (index >> 10), (index % 1024) * 900_001];
  return {
    name: isModel ? "chat gpt-5-mini" : `execute_tool lookup_order`,
    kind: isModel ? SpanKind.CLIENT : SpanKind.INTERNAL,
    spanContext: () => ({ traceId, spanId: hash(index).repeat(2), traceFlags: TraceFlags.SAMPLED }),
    ...(index % 20 !== 0 && {
      parentSpanContext: { traceId, spanId: hash(index - (index % 20)).repeat(2), traceFlags: TraceFlags.SAMPLED },
    }),
    startTime: start,
    endTime: [start[0], start[1] + 70_003],
    duration: [0, 70_003],
    ended: true,
    status: { code: index % 50 === 0 ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: isModel ? modelCall(index) : toolCall(index),
    events: index % 10 === 0 ? [{ name: "retry", time: start, attributes: { attempt: index % 3 } }] : [],
    links: [],
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function modelCall(index: number): ReadableSpan["attributes"] {
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.provider.name": "openai",
    "gen_ai.usage.input_tokens": 400 + (index % 97),
    "gen_ai.usage.output_tokens": 30 + (index % 13),
    "gen_ai.request.temperature": 0.2,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.output.messages": `[{"role":"assistant","parts":[{"type":"text","content":"Order A-${index} is on its way."}]}]`,
  };
}

function toolCall(index: number): ReadableSpan["attributes"] {
  return {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "lookup_order",
    "gen_ai.tool.call.id": `call_${index}`,
    "gen_ai.tool.call.arguments": `{"id":"A-${index}"}`,
    "gen_ai.tool.call.result": `{"state":"sent","items":${index % 7}}`,
    "network.transport": "tcp",
    "server.port": 443,
    "troupe.cached": index % 2 === 0,
  };
}

/** Eight hex digits of a number, never all zero. */
function hash(number: number): string {
  return ((Math.imul(number + 1, 0x9e37_79b1) | 1) >>> 0).toString(16).padStart(8, "0");
}

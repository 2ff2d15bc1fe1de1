import type { Attributes, Span, SpanLink } from "../trace/span.ts";
import { plainValue } from "./attributes.ts";
import { spanKindOf, statusCodeOf } from "./enums.ts";
import type { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { isList, isObject, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { putAttribute } from "./otlp-value.ts";
import { hasRecord, recordsIn } from "./records.ts";
import { timeOf } from "./times.ts";

/**
 * Spans as OpenTelemetry's SDK for Go prints them: names begin with capitals, attributes are lists of `Key` and `Value`
 * with a type, a root's parent is all zeros, and a time that is not there is that of the year 1.
 *
 * @see opentelemetry-go, exporters/stdout/stdouttrace, and sdk/trace/tracetest `SpanStub`
 */
export const OTEL_GO: JsonFormat = {
  format: "otel-console",
  sign: 'spans as the Go SDK prints them ("SpanContext" with "TraceID")',
  isOne: (document) => hasRecord(document, isGoSpan),
  read: (document, file, faults) =>
    recordsIn(document, isGoSpan, undefined, faults).map(({ record, where }) =>
      readSpan(record, `${file}: ${where}`, faults),
    ),
  lists: [""],
};

function isGoSpan(record: JsonObject): boolean {
  return "StartTime" in record && isObject(record["SpanContext"]) && "TraceID" in record["SpanContext"];
}

function readSpan(record: JsonObject, where: string, faults: TraceFaults): Span {
  const { traceId, spanId, traceState } = contextOf(record["SpanContext"]);
  if (traceId === "" || spanId === "") faults.add(where, "the span lacks an id", "It needs TraceID and SpanID.");
  const { spanId: parentSpanId } = contextOf(record["Parent"]);
  const [start, end] = [momentOf(record["StartTime"]), momentOf(record["EndTime"])];
  const status = objectOr(record["Status"]);
  const message = textOr(status["Description"]);
  const scope = objectOr(record["InstrumentationScope"] ?? record["InstrumentationLibrary"]);
  const version = textOr(scope["Version"]);
  return {
    traceId,
    spanId,
    ...(parentSpanId !== "" && { parentSpanId }),
    ...(traceState !== "" && { traceState }),
    name: textOr(record["Name"]),
    spanKind: spanKindOf(record["SpanKind"]),
    startTimeUnixNano: start ?? 0n,
    ...(end !== undefined && { endTimeUnixNano: end }),
    status: { code: statusCodeOf(status["Code"]), ...(message !== "" && { message }) },
    attributes: attributesOf(record["Attributes"], where, faults),
    events: objectsIn(record["Events"]).map((event) => ({
      name: textOr(event["Name"]),
      timeUnixNano: momentOf(event["Time"]) ?? 0n,
      attributes: attributesOf(event["Attributes"], where, faults),
    })),
    links: objectsIn(record["Links"]).map((link) => linkOf(link, where, faults)),
    resource: attributesOf(record["Resource"], where, faults),
    scope: { name: textOr(scope["Name"]), ...(version !== "" && { version }) },
  };
}

interface Context {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
}

function contextOf(value: unknown): Context {
  const context = objectOr(value);
  return {
    traceId: readId(context["TraceID"], "trace") ?? "",
    spanId: readId(context["SpanID"], "span") ?? "",
    traceState: textOr(context["TraceState"]),
  };
}

function linkOf(link: JsonObject, where: string, faults: TraceFaults): SpanLink {
  const { traceState, ...ids } = contextOf(link["SpanContext"]);
  return {
    ...ids,
    ...(traceState !== "" && { traceState }),
    attributes: attributesOf(link["Attributes"], where, faults),
  };
}

function attributesOf(list: unknown, where: string, faults: TraceFaults): Attributes {
  const attributes: Record<string, Attributes[string]> = {};
  for (const { Key: key, Value: value } of objectsIn(list))
    if (typeof key === "string") putAttribute(attributes, key, plainValue(objectOr(value)["Value"], where, faults));
  return attributes;
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return isList(value) ? value.filter(isObject) : [];
}

function momentOf(value: unknown): bigint | undefined {
  const time = timeOf(value);
  return time !== undefined && time > 0n ? time : undefined;
}

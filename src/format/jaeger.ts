import type {
  Attributes,
  AttributeValue,
  Scope,
  Span,
  SpanEvent,
  SpanKind,
  SpanLink,
  SpanStatus,
} from "../trace/span.ts";
import { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import { isList, isObject, textOr, type JsonObject } from "./json-value.ts";

/** Tags with which Jaeger's exporters carry what OTLP has fields for. */
const FIELD_TAGS = [
  "span.kind",
  "otel.status_code",
  "otel.status_description",
  "otel.scope.name",
  "otel.scope.version",
  "otel.library.name",
  "otel.library.version",
  "w3c.tracestate",
] as const;

const SPAN_KINDS: readonly SpanKind[] = ["internal", "server", "client", "producer", "consumer"];

/** Whether a document is what Jaeger's query API gives: `{ data: [trace, …] }`, one trace, or a list of traces. */
export function isJaegerJson(document: unknown): boolean {
  const traces = tracesIn(document);
  return traces.length > 0 ? traces.some((trace) => isTrace(trace)) : isObject(document) && isList(document["data"]);
}

/**
 * The spans of a Jaeger API document, in its order; microseconds become nanoseconds, ids stay as written.
 *
 * The parent is the first CHILD_OF reference, also one into another trace, and failing that the first FOLLOWS_FROM. Every
 * other reference, and every FOLLOWS_FROM, is a link with `opentracing.ref_type`.
 *
 * @throws TroupeError `TRACE_INVALID` with every fault's place.
 */
export function readJaegerJson(document: unknown, file: string): readonly Span[] {
  const faults = new TraceFaults();
  const spans = tracesIn(document).flatMap((trace, index) => readTrace(trace, `${file}: data[${index}]`, faults));
  faults.throwIfAny(file);
  return spans;
}

function tracesIn(document: unknown): readonly unknown[] {
  if (isObject(document)) return isList(document["data"]) ? document["data"] : [document];
  return isList(document) ? document : [];
}

function isTrace(value: unknown): value is JsonObject {
  if (!isObject(value) || !isList(value["spans"])) return false;
  return isObject(value["processes"]) || value["spans"].some((span) => isObject(span) && "spanID" in span);
}

function readTrace(trace: unknown, where: string, faults: TraceFaults): readonly Span[] {
  if (!isObject(trace) || !isList(trace["spans"])) {
    faults.add(where, "this is no trace", "Jaeger writes { traceID, spans, processes }.");
    return [];
  }
  const processes = readProcesses(trace["processes"]);
  return trace["spans"].flatMap((span, index): readonly Span[] => {
    const place = `${where}.spans[${index}]`;
    if (isObject(span)) return [readSpan(span, { where: place, trace, processes, faults })];
    faults.add(place, "it is no object", "Jaeger writes a span as an object.");
    return [];
  });
}

function readProcesses(value: unknown): ReadonlyMap<string, Attributes> {
  return new Map(Object.entries(isObject(value) ? value : {}).map(([id, process]) => [id, resourceOf(process)]));
}

function resourceOf(process: unknown): Attributes {
  if (!isObject(process)) return {};
  const service = textOr(process["serviceName"]);
  return { ...readTags(process["tags"]), ...(service !== "" && { "service.name": service }) };
}

interface SpanContext {
  readonly where: string;
  readonly trace: JsonObject;
  readonly processes: ReadonlyMap<string, Attributes>;
  readonly faults: TraceFaults;
}

const NO_PROCESS: Attributes = {};

function readSpan(span: JsonObject, { where, trace, processes, faults }: SpanContext): Span {
  const traceId = readId(span["traceID"], "trace") ?? readId(trace["traceID"], "trace") ?? "";
  const spanId = readId(span["spanID"], "span") ?? "";
  if (traceId === "" || spanId === "") faults.add(where, "the span lacks an id", "It needs traceID and spanID.");
  const start = microsToNanos(span["startTime"], `${where}.startTime`, faults) ?? 0n;
  const duration = microsToNanos(span["duration"], `${where}.duration`, faults);
  const tags = readTags(span["tags"]);
  const references = readReferences(span, traceId);
  const parent = references.find(({ isChildOf }) => isChildOf) ?? references[0];
  const traceState = textOr(tags["w3c.tracestate"]);
  return {
    traceId,
    spanId,
    ...(parent !== undefined && { parentSpanId: parent.spanId }),
    ...(traceState !== "" && { traceState }),
    name: textOr(span["operationName"]),
    spanKind: SPAN_KINDS.find((kind) => kind === tags["span.kind"]) ?? "unspecified",
    startTimeUnixNano: start,
    ...(duration !== undefined && { endTimeUnixNano: start + duration }),
    status: statusOf(tags),
    attributes: withoutFieldTags(tags),
    events: readLogs(span["logs"], where, faults),
    links: references.filter((reference) => reference !== parent || !reference.isChildOf).map(linkOf),
    resource: processes.get(textOr(span["processID"])) ?? NO_PROCESS,
    scope: scopeOf(tags),
  };
}

/** Microseconds, which some writers give a fraction. */
function microsToNanos(value: unknown, where: string, faults: TraceFaults): bigint | undefined {
  if (value === undefined || value === null) return undefined;
  const micros = typeof value === "string" && /^-?\d{1,18}$/.test(value) ? Number(value) : value;
  if (typeof micros === "number" && Number.isSafeInteger(micros)) return BigInt(micros) * 1000n;
  if (typeof micros === "number" && Math.abs(micros) < 2 ** 53) return BigInt(Math.round(micros * 1000));
  faults.add(where, "this is no time in microseconds", "Write a whole number of microseconds.");
  return undefined;
}

/** Jaeger's `[{ key, type, value }]`. A key that comes twice keeps its last value. */
function readTags(list: unknown): Attributes {
  if (!isList(list)) return {};
  return Object.fromEntries(
    list.flatMap((tag): readonly (readonly [string, AttributeValue])[] =>
      isObject(tag) && typeof tag["key"] === "string" ? [[tag["key"], tagValue(tag["type"], tag["value"])]] : [],
    ),
  );
}

function tagValue(type: unknown, value: unknown): AttributeValue {
  if (typeof value === "string") {
    if (type === "bool" && /^(?:true|false)$/.test(value)) return value === "true";
    if (type === "int64" && /^-?\d{1,20}$/.test(value)) return integerOf(value);
    if (type === "float64" && value !== "") return Number(value);
    if (type === "binary") return Uint8Array.from(Buffer.from(value, "base64"));
    return value;
  }
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}

function integerOf(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

interface Reference {
  readonly traceId: string;
  readonly spanId: string;
  readonly isChildOf: boolean;
}

function readReferences(span: JsonObject, traceId: string): readonly Reference[] {
  const list = isList(span["references"]) ? span["references"] : [];
  const references = list.flatMap((reference): readonly Reference[] => {
    const spanId = isObject(reference) ? readId(reference["spanID"], "span") : undefined;
    if (!isObject(reference) || spanId === undefined) return [];
    const isChildOf = reference["refType"] !== "FOLLOWS_FROM";
    return [{ traceId: readId(reference["traceID"], "trace") ?? traceId, spanId, isChildOf }];
  });
  // Jaeger before references were introduced.
  const older = readId(span["parentSpanID"], "span");
  const isNew = older !== undefined && !references.some(({ spanId }) => spanId === older);
  return isNew ? [{ traceId, spanId: older, isChildOf: true }, ...references] : references;
}

function linkOf({ traceId, spanId, isChildOf }: Reference): SpanLink {
  return { traceId, spanId, attributes: { "opentracing.ref_type": isChildOf ? "child_of" : "follows_from" } };
}

function readLogs(list: unknown, where: string, faults: TraceFaults): readonly SpanEvent[] {
  if (!isList(list)) return [];
  return list.filter(isObject).map((log, index) => {
    const { event, ...attributes } = readTags(log["fields"]);
    const isNamed = typeof event === "string";
    return {
      name: isNamed ? event : "",
      timeUnixNano: microsToNanos(log["timestamp"], `${where}.logs[${index}].timestamp`, faults) ?? 0n,
      attributes: isNamed || event === undefined ? attributes : { ...attributes, event },
    };
  });
}

function statusOf(tags: Attributes): SpanStatus {
  const code = textOr(tags["otel.status_code"]).toLowerCase();
  const message = textOr(tags["otel.status_description"]);
  const isError = code === "error" || tags["error"] === true || tags["error"] === "true";
  return { code: isError ? "error" : code === "ok" ? "ok" : "unset", ...(message !== "" && { message }) };
}

function scopeOf(tags: Attributes): Scope {
  const version = textOr(tags["otel.scope.version"]) || textOr(tags["otel.library.version"]);
  const name = textOr(tags["otel.scope.name"]) || textOr(tags["otel.library.name"]);
  return { name, ...(version !== "" && { version }) };
}

function withoutFieldTags(tags: Attributes): Attributes {
  const attributes: Record<string, AttributeValue> = { ...tags };
  for (const key of FIELD_TAGS) delete attributes[key];
  return attributes;
}

import type { Attributes, AttributeValue, Scope, Span, SpanEvent, SpanLink, SpanStatus } from "../trace/span.ts";
import { plainAttributes } from "./attributes.ts";
import { spanKindOf, statusCodeOf } from "./enums.ts";
import type { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import { firstOf, isList, isObject, jsonObjectIn, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { readAttributes } from "./otlp-value.ts";
import { durationOf, timeOf, type TimeUnit } from "./times.ts";

/** What a format says about its spans that a span alone does not show. */
export interface PlainForm {
  /** In what its times are, where they are numbers. Absent: their size tells. */
  readonly unit?: TimeUnit;
  /** In what its durations are, where they are numbers. Default: milliseconds. */
  readonly durationUnit?: TimeUnit;
  /** Whether kinds count from INTERNAL = 0, as in the JavaScript SDK. */
  readonly isKindFromZero?: boolean;
  /** Whether attributes may stand nested by the parts of their names: `{ llm: { model_name } }`. */
  readonly isNested?: boolean;
}

/** What a span takes from what it stands in, where it does not say it itself. */
interface Surroundings {
  readonly traceId?: string;
  readonly parentSpanId?: string;
}

export type PlainSpanReader = (record: JsonObject, where: string, around?: Surroundings) => Span;

/** Under which names writers keep a span's parts. */
const KEYS = {
  context: ["context", "spanContext", "span_context", "_spanContext"],
  traceId: ["trace_id", "traceId", "traceID", "TraceId", "context.trace_id"],
  spanId: ["span_id", "spanId", "spanID", "SpanId", "context.span_id"],
  parentId: ["parent_span_id", "parentSpanId", "parent_id", "parentId", "ParentSpanId"],
  parentContext: ["parent", "parentSpanContext", "parent_span_context"],
  name: ["name", "span_name", "spanName", "SpanName"],
  kind: ["kind", "span_kind", "spanKind", "otel_kind", "SpanKind"],
  nanoStart: ["start_time_unix_nano", "startTimeUnixNano", "start_time_ns"],
  nanoEnd: ["end_time_unix_nano", "endTimeUnixNano", "end_time_ns"],
  start: ["start_time", "startTime", "start_timestamp", "startTimestamp", "started_at", "timestamp", "Timestamp"],
  end: ["end_time", "endTime", "end_timestamp", "endTimestamp", "ended_at"],
  duration: ["duration", "Duration"],
  status: ["status"],
  statusCode: ["status_code", "statusCode", "otel_status_code", "StatusCode"],
  statusMessage: ["status_message", "statusMessage", "otel_status_message", "status_description", "StatusMessage"],
  attributes: ["attributes", "span_attributes", "spanAttributes", "SpanAttributes"],
  events: ["events", "span_events", "otel_events", "Events"],
  links: ["links", "span_links", "otel_links", "Links"],
  resource: ["resource", "_resource"],
  resourceAttributes: ["resource_attributes", "otel_resource_attributes", "resourceAttributes", "ResourceAttributes"],
  scope: ["scope", "instrumentationScope", "instrumentation_scope", "instrumentationLibrary", "instrumentation_info"],
  scopeName: ["scope_name", "otel_scope_name", "scopeName", "ScopeName"],
  scopeVersion: ["scope_version", "otel_scope_version", "scopeVersion", "ScopeVersion"],
  service: ["service_name", "serviceName", "ServiceName"],
  eventName: ["name", "event_name", "Name"],
  eventTime: ["timestamp", "time", "event_timestamp", "time_unix_nano", "timeUnixNano", "Timestamp"],
  eventAttributes: ["attributes", "event_attributes", "Attributes"],
} as const;

/** Whether a record names a span: an id of its own, and a trace. */
export function isPlainSpan(record: JsonObject): boolean {
  return spanIdOf(record) !== undefined && traceIdOf(record) !== undefined;
}

/**
 * A reader of spans that stand as plain JSON objects, the way most SDKs and stores print them: each part under any of the
 * names that are in use, ids and times in any spelling. Spans of one resource share one object.
 */
export function plainSpanReader(faults: TraceFaults, form: PlainForm = {}): PlainSpanReader {
  const resources = new Map<string, Attributes>();
  return (record, where, around = {}) => {
    const traceId = traceIdOf(record) ?? around.traceId ?? "";
    const spanId = spanIdOf(record) ?? "";
    if (traceId === "" || spanId === "")
      faults.add(where, "the span lacks an id", "It needs a trace id and a span id.");
    const parentSpanId = parentIdOf(record) ?? around.parentSpanId;
    const [start = 0n, end] = timesOf(record, form, where, faults);
    const kind = firstOf(record, KEYS.kind);
    const traceState = traceStateOf(record);
    const attributes = {
      ...(MEANING.test(textOr(kind)) && { "openinference.span.kind": textOr(kind) }),
      ...flatAttributes(record, where, faults),
      ...attributesOf(firstOf(record, KEYS.attributes), `${where}.attributes`, faults),
    };
    return {
      traceId,
      spanId,
      ...(parentSpanId !== undefined && { parentSpanId }),
      ...(traceState !== "" && { traceState }),
      name: textOr(firstOf(record, KEYS.name)),
      spanKind: spanKindOf(kind, form.isKindFromZero),
      startTimeUnixNano: start,
      ...(end !== undefined && end !== 0n && { endTimeUnixNano: end }),
      status: statusOf(record),
      attributes: form.isNested === true ? unnested(attributes) : attributes,
      events: [
        ...objectsAt(record, KEYS.events).map((event) => eventOf(event, form, where, faults)),
        ...objectsAt(record, ["logs"]).map((log) => logOf(log, form, where, faults)),
      ],
      links: objectsAt(record, KEYS.links).map((link) => linkOf(link, where, faults)),
      resource: resourceOf(record, resources, where, faults),
      scope: scopeOf(record),
    };
  };
}

function contextOf(record: JsonObject): JsonObject {
  return objectOr(firstOf(record, KEYS.context));
}

export function traceIdOf(record: JsonObject): string | undefined {
  return readId(firstOf(contextOf(record), KEYS.traceId) ?? firstOf(record, KEYS.traceId), "trace");
}

export function spanIdOf(record: JsonObject): string | undefined {
  return readId(firstOf(contextOf(record), KEYS.spanId) ?? firstOf(record, KEYS.spanId) ?? record["id"], "span");
}

function parentIdOf(record: JsonObject): string | undefined {
  const parent = firstOf(record, KEYS.parentContext);
  const ofContext = isObject(parent) ? firstOf(parent, KEYS.spanId) : parent;
  return readId(firstOf(record, KEYS.parentId) ?? ofContext, "span");
}

/** Python writes an empty trace state as the text of an empty list. */
function traceStateOf(record: JsonObject): string {
  const state = contextOf(record)["trace_state"] ?? record["trace_state"] ?? record["traceState"];
  return state === "[]" ? "" : textOr(state);
}

function timesOf(
  record: JsonObject,
  form: PlainForm,
  where: string,
  faults: TraceFaults,
): readonly [start: bigint | undefined, end: bigint | undefined] {
  const time = (nanoKeys: readonly string[], keys: readonly string[]): bigint | undefined => {
    const nanos = firstOf(record, nanoKeys);
    const value = nanos ?? firstOf(record, keys);
    if (value === undefined || value === "") return undefined;
    const read = timeOf(value, nanos === undefined ? form.unit : "ns");
    if (read === undefined) faults.add(`${where}.${keys[0]}`, "this is no time", "Write it as ISO 8601.");
    return read;
  };
  const start = time(KEYS.nanoStart, KEYS.start);
  const end = time(KEYS.nanoEnd, KEYS.end);
  if (end !== undefined || start === undefined) return [start, end];
  const duration = durationOf(firstOf(record, KEYS.duration), form.durationUnit ?? "ms");
  return [start, duration === undefined ? undefined : start + duration];
}

/** Where OpenTelemetry has a span's kind, Phoenix has what the span means, in OpenInference's words. */
const MEANING = /^(?:LLM|CHAIN|TOOL|RETRIEVER|RERANKER|EMBEDDING|AGENT|GUARDRAIL|EVALUATOR|PROMPT)$/;

function statusOf(record: JsonObject): SpanStatus {
  const status = firstOf(record, KEYS.status);
  const inner = objectOr(status);
  const code = firstOf(inner, ["status_code", "code", "statusCode"]) ?? firstOf(record, KEYS.statusCode);
  const message = textOr(firstOf(inner, ["message", "description"]) ?? firstOf(record, KEYS.statusMessage));
  return {
    code: statusCodeOf(code ?? (isObject(status) ? undefined : status)),
    ...(message !== "" && { message }),
  };
}

/** Attributes that stand beside the other columns of a table, as Phoenix's data frames have them. */
function flatAttributes(record: JsonObject, where: string, faults: TraceFaults): Attributes {
  if (!("context.span_id" in record)) return {};
  const prefix = "attributes.";
  const columns = Object.entries(record).filter(([key, value]) => key.startsWith(prefix) && value !== null);
  return plainAttributes(
    Object.fromEntries(columns.map(([key, value]) => [key.slice(prefix.length), value])),
    where,
    faults,
  );
}

/** Nested attributes under their whole names: the members of an object after a dot, and so the objects of a list. */
function unnested(attributes: Attributes, prefix = ""): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]): readonly (readonly [string, AttributeValue])[] => {
      const key = prefix + name;
      const members =
        isList(value) && value.length > 0 && value.every(isMembers) ? Object.fromEntries(value.entries()) : value;
      const inner = isMembers(members) ? Object.entries(unnested(members, `${key}.`)) : [];
      return inner.length === 0 ? [[key, value]] : inner;
    }),
  );
}

function isMembers(value: AttributeValue): value is Attributes {
  return typeof value === "object" && value !== null && !isList(value) && !(value instanceof Uint8Array);
}

/** Attributes as an object, as its JSON text, or as OTLP's list. */
function attributesOf(value: unknown, where: string, faults: TraceFaults): Attributes {
  if (isList(value)) return readAttributes(value, where, faults);
  return plainAttributes(typeof value === "string" ? jsonObjectIn(value) : value, where, faults);
}

function objectsAt(record: JsonObject, keys: readonly string[]): readonly JsonObject[] {
  const list = firstOf(record, keys);
  return isList(list) ? list.filter(isObject) : [];
}

function eventOf(event: JsonObject, form: PlainForm, where: string, faults: TraceFaults): SpanEvent {
  return {
    name: textOr(firstOf(event, KEYS.eventName)),
    timeUnixNano: timeOf(firstOf(event, KEYS.eventTime), form.unit) ?? 0n,
    attributes: attributesOf(firstOf(event, KEYS.eventAttributes), `${where}.events`, faults),
  };
}

/** Some stores keep the log records of a span with it. */
function logOf(log: JsonObject, form: PlainForm, where: string, faults: TraceFaults): SpanEvent {
  const time = timeOf(firstOf(log, KEYS.eventTime), form.unit) ?? 0n;
  return { name: "log", timeUnixNano: time, attributes: plainAttributes(log, `${where}.logs`, faults) };
}

function linkOf(link: JsonObject, where: string, faults: TraceFaults): SpanLink {
  const traceState = traceStateOf(link);
  return {
    traceId: traceIdOf(link) ?? "",
    spanId: spanIdOf(link) ?? "",
    ...(traceState !== "" && { traceState }),
    attributes: attributesOf(firstOf(link, KEYS.eventAttributes), `${where}.links`, faults),
  };
}

function resourceOf(
  record: JsonObject,
  known: Map<string, Attributes>,
  where: string,
  faults: TraceFaults,
): Attributes {
  const holder = objectOr(firstOf(record, KEYS.resource));
  const stated = firstOf(holder, ["attributes", "_attributes"]) ?? firstOf(record, KEYS.resourceAttributes);
  const service = firstOf(record, KEYS.service);
  const text = JSON.stringify([stated ?? holder, service]);
  const resource = known.get(text) ?? {
    ...(typeof service === "string" && service !== "" && { "service.name": service }),
    ...attributesOf(stated ?? holder, `${where}.resource`, faults),
  };
  known.set(text, resource);
  return resource;
}

function scopeOf(record: JsonObject): Scope {
  const scope = objectOr(firstOf(record, KEYS.scope));
  const name = textOr(scope["name"] ?? firstOf(record, KEYS.scopeName));
  const version = textOr(scope["version"] ?? firstOf(record, KEYS.scopeVersion));
  return { name, ...(version !== "" && { version }) };
}

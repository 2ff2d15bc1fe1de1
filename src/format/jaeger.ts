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
import { wideValue } from "./attributes.ts";
import type { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { integerOf, isWideInteger } from "./json-text.ts";
import { firstOf, isList, isObject, textOr, type JsonObject } from "./json-value.ts";
import { hasRecord, recordsIn } from "./records.ts";
import { durationOf, timeOf } from "./times.ts";

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

/** Where pages of traces, traces, batches and search hits keep what is in them. */
const HOLDERS = ["data", "traces", "hits", "_source"];

/**
 * Jaeger in the forms that it has had: its query API and what the UI makes of it, one trace, lists of both, its internal
 * model (base64 ids, ISO times, a process in each span), batches of its thrift clients (ids as numbers), and documents of
 * its stores. Microseconds become nanoseconds.
 *
 * The parent is the first CHILD_OF reference, also one into another trace, and failing that the first FOLLOWS_FROM. Every
 * other reference, and every FOLLOWS_FROM, is a link with `opentracing.ref_type`.
 */
export const JAEGER_JSON: JsonFormat = {
  format: "jaeger-json",
  sign: 'Jaeger JSON ("data" with "spans" and "processes", or spans with "operationName")',
  isOne: (document) => hasRecord(document, (record) => isTrace(record) || isSpan(record), HOLDERS) || isEmpty(document),
  read: (document, file, faults) => {
    if (isObject(document)) tellErrors(document, faults);
    const records = recordsIn(document, (record) => isTrace(record) || isSpan(record), HOLDERS, faults);
    return records.flatMap(({ record, where }) => {
      const place = `${file}: ${where.replace(/^\./, "")}`;
      if (isTrace(record)) return readTrace(record, place, faults);
      return [readSpan(record, { where: place, trace: {}, processes: new Map(), faults })];
    });
  },
  lists: ["", "data"],
};

/** The query API tells what it could not read beside what it could. */
function tellErrors({ errors }: JsonObject, faults: TraceFaults): void {
  if (!isList(errors)) return;
  for (const error of errors) {
    const why = isObject(error) ? textOr(error["msg"]) : "";
    faults.lack(`Jaeger could not read a part of it${why === "" ? "" : ` (${why})`}`);
  }
}

/** What the query API answers when it has found nothing. */
function isEmpty(document: unknown): boolean {
  return isObject(document) && isList(document["data"]) && document["data"].length === 0 && "errors" in document;
}

const KEYS = {
  traceId: ["traceID", "traceId", "TraceID"],
  spanId: ["spanID", "spanId", "SpanID"],
  parentId: ["parentSpanID", "parentSpanId", "ParentID"],
  operation: ["operationName", "OperationName"],
  start: ["startTime", "StartTime"],
  duration: ["duration", "Duration"],
  tags: ["tags", "Tags"],
  logs: ["logs", "Logs"],
  fields: ["fields", "Fields"],
  time: ["timestamp", "Timestamp"],
  references: ["references", "Refs"],
  process: ["process", "Process"],
  service: ["serviceName", "ServiceName"],
} as const;

function isTrace(record: JsonObject): boolean {
  const { spans } = record;
  if (!isList(spans)) return false;
  if (isObject(record["processes"])) return true;
  return spans.slice(0, 20).some((span) => isObject(span) && isSpan(span));
}

function isSpan(record: JsonObject): boolean {
  if (KEYS.operation.some((key) => key in record)) return idOf(record, KEYS.spanId) !== undefined;
  return "spanID" in record;
}

function readTrace(trace: JsonObject, where: string, faults: TraceFaults): readonly Span[] {
  const processes = readProcesses(trace["processes"]);
  const inlined = new Map<string, Attributes>();
  const spans = isList(trace["spans"]) ? trace["spans"] : [];
  return spans.flatMap((span, index): readonly Span[] => {
    const place = `${where}.spans[${index}]`;
    if (isObject(span)) return [readSpan(span, { where: place, trace, processes, inlined, faults })];
    faults.add(place, "it is no object", "Jaeger writes a span as an object.");
    return [];
  });
}

/** Processes by id; the internal model has them as a list of pairs. */
function readProcesses(value: unknown): ReadonlyMap<string, Attributes> {
  return new Map(Object.entries(isObject(value) ? value : {}).map(([id, process]) => [id, resourceOf(process)]));
}

function resourceOf(process: unknown): Attributes {
  if (!isObject(process)) return {};
  const service = textOr(firstOf(process, KEYS.service));
  return { ...readTags(firstOf(process, KEYS.tags)), ...(service !== "" && { "service.name": service }) };
}

interface SpanContext {
  readonly where: string;
  readonly trace: JsonObject;
  readonly processes: ReadonlyMap<string, Attributes>;
  /** The resources of processes that stand in their spans, by their text. */
  readonly inlined?: Map<string, Attributes>;
  readonly faults: TraceFaults;
}

const NO_PROCESS: Attributes = {};

function readSpan(span: JsonObject, { where, trace, processes, inlined, faults }: SpanContext): Span {
  const traceId = traceIdOf(span) ?? traceIdOf(trace) ?? "";
  const spanId = idOf(span, KEYS.spanId) ?? "";
  if (traceId === "" || spanId === "") faults.add(where, "the span lacks an id", "It needs traceID and spanID.");
  const start = timeAt(firstOf(span, KEYS.start), `${where}.startTime`, faults) ?? 0n;
  const duration = durationAt(firstOf(span, KEYS.duration), `${where}.duration`, faults);
  const tags = { ...tagMap(span["tag"]), ...readTags(firstOf(span, KEYS.tags)) };
  const references = readReferences(span, traceId);
  const parent = references.find(({ isChildOf }) => isChildOf) ?? references[0];
  const traceState = textOr(tags["w3c.tracestate"]);
  return {
    traceId,
    spanId,
    ...(parent !== undefined && { parentSpanId: parent.spanId }),
    ...(traceState !== "" && { traceState }),
    name: textOr(firstOf(span, KEYS.operation)),
    spanKind: SPAN_KINDS.find((kind) => kind === tags["span.kind"]) ?? "unspecified",
    startTimeUnixNano: start,
    ...(duration !== undefined && { endTimeUnixNano: start + duration }),
    status: statusOf(tags),
    attributes: { ...withoutFieldTags(tags), ...warningsOf(span) },
    events: readLogs(firstOf(span, KEYS.logs), where, faults),
    links: references.filter((reference) => reference !== parent || !reference.isChildOf).map(linkOf),
    resource: processes.get(textOr(span["processID"])) ?? inlineProcess(span, trace, inlined),
    scope: scopeOf(tags),
  };
}

/** The process that stands in the span itself, or in its batch. */
function inlineProcess(span: JsonObject, batch: JsonObject, known = new Map<string, Attributes>()): Attributes {
  const process = firstOf(span, KEYS.process) ?? firstOf(batch, KEYS.process);
  if (process === undefined) return NO_PROCESS;
  const text = JSON.stringify(process);
  const resource = known.get(text) ?? resourceOf(process);
  known.set(text, resource);
  return resource;
}

function idOf(record: JsonObject, keys: readonly string[]): string | undefined {
  return readId(firstOf(record, keys), "span");
}

/** A trace id, whole or as the two numbers that thrift makes of it. */
function traceIdOf(record: JsonObject): string | undefined {
  const whole = readId(firstOf(record, KEYS.traceId), "trace");
  const low = integerOf(record["traceIdLow"]);
  if (whole !== undefined || low === undefined) return whole;
  const high = integerOf(record["traceIdHigh"]) ?? 0n;
  return readId((BigInt.asUintN(64, high) << 64n) | BigInt.asUintN(64, low), "trace");
}

/** Microseconds, which some writers give a fraction, or ISO 8601. */
function timeAt(value: unknown, where: string, faults: TraceFaults): bigint | undefined {
  if (value === undefined) return undefined;
  const nanos = timeOf(value, "us");
  if (nanos === undefined)
    faults.add(where, "this is no time in microseconds", "Write a whole number of microseconds.");
  return nanos;
}

function durationAt(value: unknown, where: string, faults: TraceFaults): bigint | undefined {
  if (value === undefined) return undefined;
  const nanos = durationOf(value, "us");
  if (nanos === undefined)
    faults.add(where, "this is no time in microseconds", "Write a whole number of microseconds.");
  return nanos;
}

function warningsOf(span: JsonObject): Attributes {
  const { warnings } = span;
  const texts = isList(warnings) ? warnings.filter((warning) => typeof warning === "string") : [];
  return texts.length === 0 ? {} : { "jaeger.warnings": texts };
}

/** Jaeger's `[{ key, type, value }]`, in each of its spellings. A key that comes twice keeps its last value. */
function readTags(list: unknown): Attributes {
  if (!isList(list)) return {};
  return Object.fromEntries(
    list.flatMap((tag): readonly (readonly [string, AttributeValue])[] => {
      const key = isObject(tag) ? (tag["key"] ?? tag["Key"]) : undefined;
      if (!isObject(tag) || typeof key !== "string") return [];
      const type = textOr(firstOf(tag, ["type", "vType", "ValueType"])).toLowerCase();
      return [[key, tagValue(TYPES[type] ?? type, valueIn(tag))]];
    }),
  );
}

/** What thrift and the internal model call the types of the query API. */
const TYPES: Readonly<Record<string, string>> = { long: "int64", double: "float64" };
const VALUE = /^(?:value|v[A-Z]|value_)/;

/** The value stands under `value`, or under a name that tells its type; where none does it is the type's zero. */
function valueIn(tag: JsonObject): unknown {
  const key = Object.keys(tag).find((each) => VALUE.test(each) && each !== "vType");
  return key === undefined ? "" : tag[key];
}

/** Tags that a store keeps as the members of an object, with `@` for the dots of their names. */
function tagMap(value: unknown): Attributes {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.replaceAll("@", "."), tagValue("", each)] as const),
  );
}

function tagValue(type: string, value: unknown): AttributeValue {
  if (isWideInteger(value)) return wideValue(integerOf(value) ?? 0n);
  if (typeof value === "string") {
    if (type === "bool" && /^(?:true|false)$/.test(value)) return value === "true";
    if (type === "int64" && /^-?\d{1,20}$/.test(value)) return wideValue(BigInt(value));
    if (type === "float64" && value !== "") return Number(value);
    if (type === "binary") return Uint8Array.from(Buffer.from(value, "base64"));
    return value;
  }
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}

interface Reference {
  readonly traceId: string;
  readonly spanId: string;
  readonly isChildOf: boolean;
}

function readReferences(span: JsonObject, traceId: string): readonly Reference[] {
  const list = firstOf(span, KEYS.references);
  const references = (isList(list) ? list : []).flatMap((reference): readonly Reference[] => {
    const spanId = isObject(reference) ? idOf(reference, KEYS.spanId) : undefined;
    if (!isObject(reference) || spanId === undefined) return [];
    const isChildOf = !/^follows[-_]from$/i.test(textOr(firstOf(reference, ["refType", "RefType"])));
    return [{ traceId: traceIdOf(reference) ?? traceId, spanId, isChildOf }];
  });
  // Jaeger before references were introduced.
  const older = idOf(span, KEYS.parentId);
  const isNew = older !== undefined && !references.some(({ spanId }) => spanId === older);
  return isNew ? [{ traceId, spanId: older, isChildOf: true }, ...references] : references;
}

function linkOf({ traceId, spanId, isChildOf }: Reference): SpanLink {
  return { traceId, spanId, attributes: { "opentracing.ref_type": isChildOf ? "child_of" : "follows_from" } };
}

function readLogs(list: unknown, where: string, faults: TraceFaults): readonly SpanEvent[] {
  if (!isList(list)) return [];
  return list.filter(isObject).map((log, index) => {
    const { event, ...attributes } = readTags(firstOf(log, KEYS.fields));
    const isNamed = typeof event === "string";
    return {
      name: isNamed ? event : "",
      timeUnixNano: timeAt(firstOf(log, KEYS.time), `${where}.logs[${index}].timestamp`, faults) ?? 0n,
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

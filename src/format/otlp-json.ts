import type { Scope, Span, SpanEvent, SpanLink, SpanStatus } from "../trace/span.ts";
import { spanKindOf, statusCodeOf } from "./enums.ts";
import type { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { integerOf } from "./json-text.ts";
import { firstOf, isList, isObject, textOr, type JsonObject } from "./json-value.ts";
import { readAttributes } from "./otlp-value.ts";
import { hasRecord, recordsIn } from "./records.ts";

/** The second is what OTLP before 1.0 called them. */
const SCOPE_KEYS = ["scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans"];

/**
 * OTLP/JSON and its relatives: Tempo's `batches`, a `trace` around it, a list of documents, one `ResourceSpans` alone, bare
 * lists of OTLP spans, and the snake_case names of protobuf's printers. Ids and enums in any spelling that exporters use.
 */
export const OTLP_JSON: JsonFormat = {
  format: "otlp-json",
  sign: 'OTLP JSON ("resourceSpans" or "batches")',
  isOne: (document) =>
    documentsIn(document).some((inner) => resourceListOf(inner) !== undefined) || hasRecord(document, isBareSpan),
  read: (document, file, faults) => documentsIn(document).flatMap((inner) => readDocument(inner, file, faults)),
};

/** The documents in a document. Each may stand inside a `trace`, as in Tempo's v2 API. */
function documentsIn(document: unknown): readonly unknown[] {
  const list = isList(document) ? document : [document];
  return list.map((inner) => {
    const isWrapped = isObject(inner) && resourceListOf(inner) === undefined && isObject(inner["trace"]);
    return isWrapped ? inner["trace"] : inner;
  });
}

/** `batches` is what Tempo's API and OTLP before 1.0 call them. A `ResourceSpans` alone is a list of one. */
function resourceListOf(document: unknown): readonly unknown[] | undefined {
  if (!isObject(document)) return undefined;
  const list = ["resourceSpans", "resource_spans", "batches"].map((key) => document[key]).find(isList);
  if (list !== undefined) return list;
  return "resource" in document && SCOPE_KEYS.some((key) => isList(document[key])) ? [document] : undefined;
}

/** A span of OTLP that stands in no resource: some APIs give lists of these. */
function isBareSpan(record: JsonObject): boolean {
  const start = firstOf(record, KEYS.start);
  const { attributes } = record;
  const isOtlp = isList(attributes)
    ? attributes.every((each) => isObject(each) && "key" in each)
    : attributes === undefined;
  return start !== undefined && isOtlp && readId(firstOf(record, KEYS.spanId), "span") !== undefined;
}

/** Each field's name in OTLP/JSON, and the one that protobuf's printers give it when told to keep the file's. */
const KEYS = {
  traceId: ["traceId", "trace_id"],
  spanId: ["spanId", "span_id"],
  parentId: ["parentSpanId", "parent_span_id"],
  traceState: ["traceState", "trace_state"],
  start: ["startTimeUnixNano", "start_time_unix_nano"],
  end: ["endTimeUnixNano", "end_time_unix_nano"],
  time: ["timeUnixNano", "time_unix_nano"],
} as const;

/** A list of objects under one of `keys`, each with its place; absent and null are empty, anything else is a fault. */
function objectsIn(
  holder: JsonObject,
  keys: readonly string[],
  prefix: string,
  faults: TraceFaults,
): readonly (readonly [object: JsonObject, where: string])[] {
  const key = keys.find((candidate) => holder[candidate] !== undefined && holder[candidate] !== null);
  if (key === undefined) return [];
  const list = holder[key];
  if (!isList(list)) {
    faults.add(`${prefix}${key}`, "it is no list", "OTLP/JSON has a list here.");
    return [];
  }
  return list.flatMap((item, index): readonly (readonly [JsonObject, string])[] => {
    const place = `${prefix}${key}[${index}]`;
    if (isObject(item)) return [[item, place]];
    faults.add(place, "it is no object", "OTLP/JSON has an object here.");
    return [];
  });
}

function readDocument(document: unknown, where: string, faults: TraceFaults): readonly Span[] {
  const resourceList = resourceListOf(document);
  const bare = resourceList === undefined ? recordsIn(document, isBareSpan) : [];
  if (bare.length > 0) {
    const of = { resource: {}, scope: { name: "" } };
    return bare.map(({ record, where: place }) => readSpan(record, `${where}: ${place}`, of, faults));
  }
  if (resourceList === undefined) {
    faults.add(where, "it holds no resourceSpans", "Every document of a list must be OTLP/JSON.");
    return [];
  }
  return objectsIn({ resourceSpans: resourceList }, ["resourceSpans"], `${where}: `, faults).flatMap(
    ([entry, place]) => {
      const resource = isObject(entry["resource"]) ? entry["resource"] : {};
      const attributes = readAttributes(resource["attributes"], `${place}.resource.attributes`, faults);
      return objectsIn(entry, SCOPE_KEYS, `${place}.`, faults).flatMap(([group, groupPlace]) => {
        const scope = readScope(firstOf(group, ["scope", "instrumentationLibrary", "instrumentation_library"]));
        return objectsIn(group, ["spans"], `${groupPlace}.`, faults).map(([span, spanPlace]) =>
          readSpan(span, spanPlace, { resource: attributes, scope }, faults),
        );
      });
    },
  );
}

function readScope(value: unknown): Scope {
  const scope = isObject(value) ? value : {};
  const version = textOr(scope["version"]);
  return { name: textOr(scope["name"]), ...(version !== "" && { version }) };
}

function readSpan(span: JsonObject, where: string, of: Pick<Span, "resource" | "scope">, faults: TraceFaults): Span {
  const parentSpanId = readId(firstOf(span, KEYS.parentId), "span");
  const traceState = textOr(firstOf(span, KEYS.traceState));
  const end = readNanos(firstOf(span, KEYS.end), `${where}.endTimeUnixNano`, faults);
  return {
    traceId: requiredId(firstOf(span, KEYS.traceId), "trace", where, faults),
    spanId: requiredId(firstOf(span, KEYS.spanId), "span", where, faults),
    ...(parentSpanId !== undefined && { parentSpanId }),
    ...(traceState !== "" && { traceState }),
    ...readFlags(span["flags"]),
    name: textOr(span["name"]),
    spanKind: spanKindOf(span["kind"]),
    startTimeUnixNano: readNanos(firstOf(span, KEYS.start), `${where}.startTimeUnixNano`, faults) ?? 0n,
    // A proto3 writer leaves a zero out or writes it: either way the span has not ended.
    ...(end !== undefined && end !== 0n && { endTimeUnixNano: end }),
    status: readStatus(span["status"]),
    attributes: readAttributes(span["attributes"], `${where}.attributes`, faults),
    events: objectsIn(span, ["events"], `${where}.`, faults).map(([event, place]) => readEvent(event, place, faults)),
    links: objectsIn(span, ["links"], `${where}.`, faults).map(([link, place]) => readLink(link, place, faults)),
    resource: of.resource,
    scope: of.scope,
  };
}

function requiredId(value: unknown, of: "trace" | "span", where: string, faults: TraceFaults): string {
  const id = readId(value, of);
  if (id !== undefined) return id;
  faults.add(
    `${where}.${of}Id`,
    `the span has no ${of} id`,
    `Write its ${of} id as ${of === "trace" ? 32 : 16} hexadecimal digits.`,
  );
  return "";
}

/** Nanoseconds as decimal string or number; absent where not given. */
function readNanos(value: unknown, where: string, faults: TraceFaults): bigint | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const nanos = integerOf(typeof value === "number" ? Math.round(value) : value);
  if (nanos !== undefined && nanos >= 0n && nanos < 2n ** 64n) return nanos;
  faults.add(where, "this is no time in nanoseconds", "Write nanoseconds since 1970 as a decimal string.");
  return undefined;
}

/** 32 bits, of which none is set where nothing is said. */
function readFlags(value: unknown): Pick<Span, "flags"> {
  const flags = Number(integerOf(value) ?? 0n);
  return flags > 0 && flags < 2 ** 32 ? { flags } : {};
}

function readStatus(value: unknown): SpanStatus {
  const status = isObject(value) ? value : {};
  const message = textOr(status["message"]);
  return { code: statusCodeOf(status["code"]), ...(message !== "" && { message }) };
}

function readEvent(event: JsonObject, where: string, faults: TraceFaults): SpanEvent {
  return {
    name: textOr(event["name"]),
    timeUnixNano: readNanos(firstOf(event, KEYS.time), `${where}.timeUnixNano`, faults) ?? 0n,
    attributes: readAttributes(event["attributes"], `${where}.attributes`, faults),
  };
}

function readLink(link: JsonObject, where: string, faults: TraceFaults): SpanLink {
  const traceState = textOr(firstOf(link, KEYS.traceState));
  return {
    traceId: readId(firstOf(link, KEYS.traceId), "trace") ?? "",
    spanId: readId(firstOf(link, KEYS.spanId), "span") ?? "",
    ...(traceState !== "" && { traceState }),
    ...readFlags(link["flags"]),
    attributes: readAttributes(link["attributes"], `${where}.attributes`, faults),
  };
}

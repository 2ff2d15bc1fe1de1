import type { Scope, Span, SpanEvent, SpanLink, SpanStatus } from "../trace/span.ts";
import { spanKindOf, statusCodeOf } from "./enums.ts";
import type { Place, TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { integerOf } from "./json-text.ts";
import { firstOf, isList, isObject, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { readAttributes } from "./otlp-value.ts";
import { hasRecord, recordsIn } from "./records.ts";
import { timeOf } from "./times.ts";

/** The second is what OTLP before 1.0 called them. */
const SCOPE_KEYS = ["scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans"];

/** `batches` is what Tempo's API and OTLP before 1.0 call them. */
const RESOURCE_KEYS = ["resourceSpans", "resource_spans", "batches"];

/**
 * OTLP/JSON and its relatives: Tempo's `batches`, a `trace` around it, a list of documents, one `ResourceSpans` alone, bare
 * lists of OTLP spans, and the snake_case names of protobuf's printers. Ids and enums in any spelling that exporters use.
 */
export const OTLP_JSON: JsonFormat = {
  format: "otlp-json",
  sign: 'OTLP JSON ("resourceSpans" or "batches")',
  isOne: (document) =>
    documentsIn(document).some((inner) => resourceListOf(inner) !== undefined) || hasRecord(document, isBareSpan),
  read: (document, file, faults) => {
    if (isObject(document)) tellPart(document, faults);
    return documentsIn(document).flatMap((inner) => readDocument(inner, file, faults));
  },
  lists: ["", ...RESOURCE_KEYS, ...RESOURCE_KEYS.map((key) => `trace.${key}`)],
};

/** Tempo's v2 API gives a part of a trace that is larger than its limit, and says so. */
function tellPart({ trace, status, message }: JsonObject, faults: TraceFaults): void {
  if (!isObject(trace) || (status !== "PARTIAL" && status !== 1)) return;
  const why = textOr(message);
  faults.lack(`Tempo gave a part of the trace only${why === "" ? "" : ` (${why})`}`);
}

/** The documents in a document. Each may stand inside a `trace`, as in Tempo's v2 API. */
function documentsIn(document: unknown): readonly unknown[] {
  const list = isList(document) ? document : [document];
  return list.map((inner) => {
    const isWrapped = isObject(inner) && resourceListOf(inner) === undefined && isObject(inner["trace"]);
    return isWrapped ? inner["trace"] : inner;
  });
}

/** A `ResourceSpans` alone is a list of one. */
function resourceListOf(document: unknown): readonly unknown[] | undefined {
  if (!isObject(document)) return undefined;
  const list = RESOURCE_KEYS.map((key) => document[key]).find(isList);
  if (list !== undefined) return list;
  return "resource" in document && SCOPE_KEYS.some((key) => isList(document[key])) ? [document] : undefined;
}

/** A span of OTLP that stands in no resource: some APIs give lists of these. */
function isBareSpan(record: JsonObject): boolean {
  const start = firstOf(record, ["startTimeUnixNano", "start_time_unix_nano"]);
  const { attributes } = record;
  const isOtlp = isList(attributes)
    ? attributes.every((each) => isObject(each) && "key" in each)
    : attributes === undefined;
  return start !== undefined && isOtlp && readId(firstOf(record, ["spanId", "span_id"]), "span") !== undefined;
}

function readDocument(document: unknown, where: string, faults: TraceFaults): readonly Span[] {
  const resourceList = resourceListOf(document);
  const bare = resourceList === undefined ? recordsIn(document, isBareSpan) : [];
  if (bare.length > 0) {
    const of = { resource: {}, scope: { name: "" } };
    return bare.map(({ record, where: place }) => readSpan(record, `${where}: ${place}`, of, faults));
  }
  const spans: Span[] = [];
  if (resourceList === undefined)
    faults.add(where, "it holds no resourceSpans", "Every document of a list must be OTLP/JSON.");
  else
    readList(resourceList, `${where}: resourceSpans`, faults, (entry, place) =>
      readResourceSpans(entry, place, spans, faults),
    );
  return spans;
}

function readResourceSpans(entry: JsonObject, where: Place, spans: Span[], faults: TraceFaults): void {
  const holder = objectOr(entry["resource"]);
  const resource = readAttributes(holder["attributes"], { from: where, step: ".resource.attributes" }, faults);
  readMember(entry, SCOPE_KEYS, where, faults, (group, place) => {
    const scope = readScope(firstOf(group, SCOPE_NAMES), place, faults);
    readMember(group, SPANS, place, faults, (span, at) => spans.push(readSpan(span, at, { resource, scope }, faults)));
  });
}

const SPANS = ["spans"];
/** The last two are what OTLP before 1.0 called it. */
const SCOPE_NAMES = ["scope", "instrumentationLibrary", "instrumentation_library"];

type Each = (object: JsonObject, where: Place) => void;

/** Reads the list of objects under one of `keys`; absent and null are empty, anything else is a fault. */
function readMember(holder: JsonObject, keys: readonly string[], where: Place, faults: TraceFaults, each: Each): void {
  const key = keys.find((candidate) => holder[candidate] !== undefined && holder[candidate] !== null);
  if (key !== undefined) readList(holder[key], { from: where, step: `.${key}` }, faults, each);
}

function readList(list: unknown, where: Place, faults: TraceFaults, each: Each): void {
  if (!isList(list)) return faults.add(where, "it is no list", "OTLP/JSON has a list here.");
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const place = { from: where, step: index };
    if (isObject(item)) each(item, place);
    else faults.add(place, "it is no object", "OTLP/JSON has an object here.");
  }
}

function readScope(value: unknown, where: Place, faults: TraceFaults): Scope {
  const scope = objectOr(value);
  const version = textOr(scope["version"]);
  const attributes = readAttributes(scope["attributes"], { from: where, step: ".scope.attributes" }, faults);
  return {
    name: textOr(scope["name"]),
    ...(version !== "" && { version }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  };
}

/** While it is read: setting what is there is several times faster than spreading what may be. */
type Draft<Of> = { -readonly [Key in keyof Of]: Of[Key] };

/** Each field stands under its name in OTLP/JSON, or under the file's own, which protobuf's printers can be told to keep. */
function readSpan(from: JsonObject, where: Place, of: Pick<Span, "resource" | "scope">, faults: TraceFaults): Span {
  const start = from["startTimeUnixNano"] ?? from["start_time_unix_nano"];
  const span: Draft<Span> = {
    traceId: requiredId(from["traceId"] ?? from["trace_id"], "trace", where, faults),
    spanId: requiredId(from["spanId"] ?? from["span_id"], "span", where, faults),
    name: textOr(from["name"]),
    spanKind: spanKindOf(from["kind"]),
    startTimeUnixNano: readNanos(start, where, ".startTimeUnixNano", faults) ?? 0n,
    status: readStatus(from["status"]),
    attributes: readAttributes(from["attributes"], { from: where, step: ".attributes" }, faults),
    events: readEach(from, "events", where, faults, readEvent),
    links: readEach(from, "links", where, faults, readLink),
    resource: of.resource,
    scope: of.scope,
  };
  const parentSpanId = readId(from["parentSpanId"] ?? from["parent_span_id"], "span");
  if (parentSpanId !== undefined) span.parentSpanId = parentSpanId;
  const traceState = textOr(from["traceState"] ?? from["trace_state"]);
  if (traceState !== "") span.traceState = traceState;
  const end = readNanos(from["endTimeUnixNano"] ?? from["end_time_unix_nano"], where, ".endTimeUnixNano", faults);
  // A proto3 writer leaves a zero out or writes it: either way the span has not ended.
  if (end !== undefined && end !== 0n) span.endTimeUnixNano = end;
  setCount(span, "flags", from["flags"]);
  setCount(span, "droppedAttributesCount", from["droppedAttributesCount"] ?? from["dropped_attributes_count"]);
  setCount(span, "droppedEventsCount", from["droppedEventsCount"] ?? from["dropped_events_count"]);
  setCount(span, "droppedLinksCount", from["droppedLinksCount"] ?? from["dropped_links_count"]);
  return span;
}

/** A `uint32`, of which zero says nothing. */
function setCount<Key extends string>(of: { [Name in Key]?: number }, key: Key, value: unknown): void {
  if (value === undefined || value === 0) return;
  const count = Number(integerOf(value) ?? 0n);
  if (count > 0 && count < 2 ** 32) of[key] = count;
}

const NONE: readonly never[] = [];

/** The objects of a list that most spans do not have. */
function readEach<Of>(
  holder: JsonObject,
  key: string,
  where: Place,
  faults: TraceFaults,
  read: (object: JsonObject, where: Place, faults: TraceFaults) => Of,
): readonly Of[] {
  const list = holder[key];
  if (list === undefined || list === null) return NONE;
  const objects: Of[] = [];
  readList(list, { from: where, step: `.${key}` }, faults, (object, place) =>
    objects.push(read(object, place, faults)),
  );
  return objects;
}

function requiredId(value: unknown, of: "trace" | "span", where: Place, faults: TraceFaults): string {
  const id = readId(value, of);
  if (id !== undefined) return id;
  faults.add(
    { from: where, step: `.${of}Id` },
    `the span has no ${of} id`,
    `Write its ${of} id as ${of === "trace" ? 32 : 16} hexadecimal digits.`,
  );
  return "";
}

/** OTLP's times are `fixed64`. */
const NANOS_END = 2n ** 64n;

/** Nanoseconds as decimal string or number, or a time as protobuf's printers write a `Timestamp`; absent where not given. */
function readNanos(value: unknown, where: Place, step: string, faults: TraceFaults): bigint | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const nanos = integerOf(typeof value === "number" ? Math.round(value) : value) ?? timeOf(value, "ns");
  if (nanos !== undefined && nanos >= 0n && nanos < NANOS_END) return nanos;
  const mend = "Write nanoseconds since 1970 as a decimal string.";
  faults.add({ from: where, step }, "this is no time in nanoseconds", mend);
  return undefined;
}

function readStatus(value: unknown): SpanStatus {
  if (!isObject(value)) return { code: "unset" };
  const message = textOr(value["message"]);
  const code = statusCodeOf(value["code"]);
  return message === "" ? { code } : { code, message };
}

function readEvent(from: JsonObject, where: Place, faults: TraceFaults): SpanEvent {
  const event: Draft<SpanEvent> = {
    name: textOr(from["name"]),
    timeUnixNano: readNanos(from["timeUnixNano"] ?? from["time_unix_nano"], where, ".timeUnixNano", faults) ?? 0n,
    attributes: readAttributes(from["attributes"], { from: where, step: ".attributes" }, faults),
  };
  setCount(event, "droppedAttributesCount", from["droppedAttributesCount"] ?? from["dropped_attributes_count"]);
  return event;
}

function readLink(from: JsonObject, where: Place, faults: TraceFaults): SpanLink {
  const link: Draft<SpanLink> = {
    traceId: readId(from["traceId"] ?? from["trace_id"], "trace") ?? "",
    spanId: readId(from["spanId"] ?? from["span_id"], "span") ?? "",
    attributes: readAttributes(from["attributes"], { from: where, step: ".attributes" }, faults),
  };
  const traceState = textOr(from["traceState"] ?? from["trace_state"]);
  if (traceState !== "") link.traceState = traceState;
  setCount(link, "flags", from["flags"]);
  setCount(link, "droppedAttributesCount", from["droppedAttributesCount"] ?? from["dropped_attributes_count"]);
  return link;
}

import type { Scope, Span, SpanEvent, SpanLink, SpanStatus } from "../trace/span.ts";
import { spanKindOf, statusCodeOf } from "./enums.ts";
import { placeText, type TraceFaults, type Where } from "./faults.ts";
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
  read: (document, file, faults) => {
    if (isObject(document)) tellPart(document, faults);
    return documentsIn(document).flatMap((inner) => readDocument(inner, file, faults));
  },
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

/** `batches` is what Tempo's API and OTLP before 1.0 call them. A `ResourceSpans` alone is a list of one. */
function resourceListOf(document: unknown): readonly unknown[] | undefined {
  if (!isObject(document)) return undefined;
  const list = ["resourceSpans", "resource_spans", "batches"].map((key) => document[key]).find(isList);
  if (list !== undefined) return list;
  return "resource" in document && SCOPE_KEYS.some((key) => isList(document[key])) ? [document] : undefined;
}

/** A span of OTLP that stands in no resource: some APIs give lists of these. */
function isBareSpan(record: JsonObject): boolean {
  const start = startOf(record);
  const { attributes } = record;
  const isOtlp = isList(attributes)
    ? attributes.every((each) => isObject(each) && "key" in each)
    : attributes === undefined;
  return start !== undefined && isOtlp && readId(record["spanId"] ?? record["span_id"], "span") !== undefined;
}

/** Visits a list of objects, each with its place; absent and null are empty, anything else is a fault. */
function eachObject(
  list: unknown,
  where: Where,
  faults: TraceFaults,
  visit: (object: JsonObject, where: Where) => void,
): void {
  if (list === undefined || list === null) return;
  if (!isList(list)) return faults.add(where, "it is no list", "OTLP/JSON has a list here.");
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const place = (): string => `${placeText(where)}[${index}]`;
    if (isObject(item)) visit(item, place);
    else faults.add(place, "it is no object", "OTLP/JSON has an object here.");
  }
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
  const spans: Span[] = [];
  eachObject(resourceList, `${where}: resourceSpans`, faults, (entry, place) => {
    const given = isObject(entry["resource"]) ? entry["resource"]["attributes"] : undefined;
    const resource = readAttributes(given, () => `${placeText(place)}.resource.attributes`, faults);
    const scopesKey = SCOPE_KEYS.find((key) => entry[key] !== undefined && entry[key] !== null) ?? "scopeSpans";
    eachObject(
      entry[scopesKey],
      () => `${placeText(place)}.${scopesKey}`,
      faults,
      (group, groupPlace) => {
        const scope = readScope(firstOf(group, ["scope", "instrumentationLibrary", "instrumentation_library"]));
        const of = { resource, scope };
        eachObject(
          group["spans"],
          () => `${placeText(groupPlace)}.spans`,
          faults,
          (span, spanPlace) => spans.push(readSpan(span, spanPlace, of, faults)),
        );
      },
    );
  });
  return spans;
}

function readScope(value: unknown): Scope {
  const scope = isObject(value) ? value : {};
  const version = textOr(scope["version"]);
  return { name: textOr(scope["name"]), ...(version !== "" && { version }) };
}

// Each field by its name in OTLP/JSON, or by the one that protobuf's printers give it when told to keep the file's; not by a
// table of names, which costs more than all else that is done with a span here.
function readSpan(span: JsonObject, where: Where, of: Pick<Span, "resource" | "scope">, faults: TraceFaults): Span {
  const at =
    (member: string): (() => string) =>
    () =>
      `${placeText(where)}.${member}`;
  const end = readNanos(span["endTimeUnixNano"] ?? span["end_time_unix_nano"], at("endTimeUnixNano"), faults);
  const read: { -readonly [Key in keyof Span]: Span[Key] } = {
    traceId: requiredId(span["traceId"] ?? span["trace_id"], "trace", where, faults),
    spanId: requiredId(span["spanId"] ?? span["span_id"], "span", where, faults),
    name: textOr(span["name"]),
    spanKind: spanKindOf(span["kind"]),
    startTimeUnixNano: readNanos(startOf(span), at("startTimeUnixNano"), faults) ?? 0n,
    status: readStatus(span["status"]),
    attributes: readAttributes(span["attributes"], at("attributes"), faults),
    events: readEach(span["events"], at("events"), faults, readEvent),
    links: readEach(span["links"], at("links"), faults, readLink),
    resource: of.resource,
    scope: of.scope,
  };
  const parentSpanId = readId(span["parentSpanId"] ?? span["parent_span_id"], "span");
  if (parentSpanId !== undefined) read.parentSpanId = parentSpanId;
  const traceState = textOr(span["traceState"] ?? span["trace_state"]);
  if (traceState !== "") read.traceState = traceState;
  const flags = readFlags(span["flags"]);
  if (flags !== undefined) read.flags = flags;
  // A proto3 writer leaves a zero out or writes it: either way the span has not ended.
  if (end !== undefined && end !== 0n) read.endTimeUnixNano = end;
  return read;
}

const startOf = (span: JsonObject): unknown => span["startTimeUnixNano"] ?? span["start_time_unix_nano"];

const NONE: readonly never[] = [];

function readEach<Read>(
  list: unknown,
  where: Where,
  faults: TraceFaults,
  read: (object: JsonObject, where: Where, faults: TraceFaults) => Read,
): readonly Read[] {
  if (list === undefined || list === null) return NONE;
  const all: Read[] = [];
  eachObject(list, where, faults, (object, place) => all.push(read(object, place, faults)));
  return all;
}

function requiredId(value: unknown, of: "trace" | "span", where: Where, faults: TraceFaults): string {
  const id = readId(value, of);
  if (id !== undefined) return id;
  faults.add(
    `${placeText(where)}.${of}Id`,
    `the span has no ${of} id`,
    `Write its ${of} id as ${of === "trace" ? 32 : 16} hexadecimal digits.`,
  );
  return "";
}

/** Nanoseconds as decimal string or number; absent where not given. */
function readNanos(value: unknown, where: Where, faults: TraceFaults): bigint | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const nanos = integerOf(typeof value === "number" ? Math.round(value) : value);
  if (nanos !== undefined && nanos >= 0n && nanos < 2n ** 64n) return nanos;
  faults.add(where, "this is no time in nanoseconds", "Write nanoseconds since 1970 as a decimal string.");
  return undefined;
}

/** 32 bits, of which none is set where nothing is said. */
function readFlags(value: unknown): number | undefined {
  const flags = Number(integerOf(value) ?? 0n);
  return flags > 0 && flags < 2 ** 32 ? flags : undefined;
}

const UNSET: SpanStatus = { code: "unset" };

function readStatus(value: unknown): SpanStatus {
  if (!isObject(value)) return UNSET;
  const code = statusCodeOf(value["code"]);
  const message = textOr(value["message"]);
  return message === "" ? { code } : { code, message };
}

function readEvent(event: JsonObject, where: Where, faults: TraceFaults): SpanEvent {
  const time = event["timeUnixNano"] ?? event["time_unix_nano"];
  return {
    name: textOr(event["name"]),
    timeUnixNano: readNanos(time, () => `${placeText(where)}.timeUnixNano`, faults) ?? 0n,
    attributes: readAttributes(event["attributes"], () => `${placeText(where)}.attributes`, faults),
  };
}

function readLink(link: JsonObject, where: Where, faults: TraceFaults): SpanLink {
  const traceState = textOr(link["traceState"] ?? link["trace_state"]);
  const flags = readFlags(link["flags"]);
  return {
    traceId: readId(link["traceId"] ?? link["trace_id"], "trace") ?? "",
    spanId: readId(link["spanId"] ?? link["span_id"], "span") ?? "",
    ...(traceState !== "" && { traceState }),
    ...(flags !== undefined && { flags }),
    attributes: readAttributes(link["attributes"], () => `${placeText(where)}.attributes`, faults),
  };
}

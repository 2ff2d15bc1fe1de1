import type { Scope, Span, SpanEvent, SpanKind, SpanLink, SpanStatus } from "../trace/span.ts";
import { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import { isList, isObject, textOr, type JsonObject } from "./json-value.ts";
import { readAttributes } from "./otlp-value.ts";

const KINDS: readonly SpanKind[] = ["unspecified", "internal", "server", "client", "producer", "consumer"];
/** The second is what OTLP before 1.0 called them. */
const SCOPE_KEYS = ["scopeSpans", "instrumentationLibrarySpans"];
const STATUS_CODES: readonly SpanStatus["code"][] = ["unset", "ok", "error"];

/** Whether a document is OTLP/JSON, or one of its relatives: Tempo's `batches`, a `trace` around it, a list of documents. */
export function isOtlpJson(document: unknown): boolean {
  return documentsIn(document).some((inner) => resourceListOf(inner) !== undefined);
}

/**
 * The spans of an OTLP/JSON document, in its order; ids and enums in any spelling that exporters use.
 *
 * Nanoseconds written as JSON numbers have lost their last digits before they come here, unless the text went through
 * `parseTraceJson`.
 *
 * @throws TroupeError `TRACE_INVALID` with every fault's place.
 */
export function readOtlpJson(document: unknown, file: string): readonly Span[] {
  const faults = new TraceFaults();
  const spans = documentsIn(document).flatMap((inner) => readDocument(inner, file, faults));
  faults.throwIfAny(file);
  return spans;
}

/** The documents in a document. Each may stand inside a `trace`, as in Tempo's v2 API. */
function documentsIn(document: unknown): readonly unknown[] {
  const list = isList(document) ? document : [document];
  return list.map((inner) => {
    const isWrapped = isObject(inner) && resourceListOf(inner) === undefined && isObject(inner["trace"]);
    return isWrapped ? inner["trace"] : inner;
  });
}

/** `batches` is what Tempo's API and OTLP before 1.0 call them. */
function resourceListOf(document: unknown): readonly unknown[] | undefined {
  if (!isObject(document)) return undefined;
  return [document["resourceSpans"], document["batches"]].find(isList);
}

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
  if (resourceList === undefined) {
    faults.add(where, "it holds no resourceSpans", "Every document of a list must be OTLP/JSON.");
    return [];
  }
  return objectsIn({ resourceSpans: resourceList }, ["resourceSpans"], `${where}: `, faults).flatMap(
    ([entry, place]) => {
      const resource = isObject(entry["resource"]) ? entry["resource"] : {};
      const attributes = readAttributes(resource["attributes"], `${place}.resource.attributes`, faults);
      return objectsIn(entry, SCOPE_KEYS, `${place}.`, faults).flatMap(([group, groupPlace]) => {
        const scope = readScope(group["scope"] ?? group["instrumentationLibrary"]);
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
  const parentSpanId = readId(span["parentSpanId"], "span");
  const traceState = textOr(span["traceState"]);
  const end = readNanos(span["endTimeUnixNano"], `${where}.endTimeUnixNano`, faults);
  return {
    traceId: requiredId(span["traceId"], "trace", where, faults),
    spanId: requiredId(span["spanId"], "span", where, faults),
    ...(parentSpanId !== undefined && { parentSpanId }),
    ...(traceState !== "" && { traceState }),
    name: textOr(span["name"]),
    spanKind: readSpanKind(span["kind"]),
    startTimeUnixNano: readNanos(span["startTimeUnixNano"], `${where}.startTimeUnixNano`, faults) ?? 0n,
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
  if (typeof value === "string" && /^\d{1,20}$/.test(value)) return BigInt(value);
  if (typeof value === "number" && value >= 0 && value < 2 ** 64) return BigInt(Math.round(value));
  faults.add(where, "this is no time in nanoseconds", "Write nanoseconds since 1970 as a decimal string.");
  return undefined;
}

function readSpanKind(value: unknown): SpanKind {
  if (typeof value === "number") return KINDS[value] ?? "unspecified";
  const word = textOr(value)
    .replace(/^SPAN_KIND_/i, "")
    .toLowerCase();
  return KINDS.find((kind) => kind === word) ?? "unspecified";
}

function readStatus(value: unknown): SpanStatus {
  const status = isObject(value) ? value : {};
  const message = textOr(status["message"]);
  return { code: readStatusCode(status["code"]), ...(message !== "" && { message }) };
}

function readStatusCode(value: unknown): SpanStatus["code"] {
  if (typeof value === "number") return STATUS_CODES[value] ?? "unset";
  const word = textOr(value)
    .replace(/^STATUS_CODE_/i, "")
    .toLowerCase();
  return STATUS_CODES.find((code) => code === word) ?? "unset";
}

function readEvent(event: JsonObject, where: string, faults: TraceFaults): SpanEvent {
  return {
    name: textOr(event["name"]),
    timeUnixNano: readNanos(event["timeUnixNano"], `${where}.timeUnixNano`, faults) ?? 0n,
    attributes: readAttributes(event["attributes"], `${where}.attributes`, faults),
  };
}

function readLink(link: JsonObject, where: string, faults: TraceFaults): SpanLink {
  const traceState = textOr(link["traceState"]);
  return {
    traceId: readId(link["traceId"], "trace") ?? "",
    spanId: readId(link["spanId"], "span") ?? "",
    ...(traceState !== "" && { traceState }),
    attributes: readAttributes(link["attributes"], `${where}.attributes`, faults),
  };
}

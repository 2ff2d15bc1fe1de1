import type { Span } from "../trace/span.ts";
import type { TraceFaults } from "./faults.ts";
import type { JsonFormat } from "./json-format.ts";
import { isList, type JsonObject } from "./json-value.ts";
import { isPlainSpan, plainSpanReader, spanIdOf, traceIdOf, type PlainForm } from "./plain-span.ts";
import { hasRecord, nestedRecords, recordsIn } from "./records.ts";

const NESTED = ["child_spans", "childSpans", "children"];

interface SpanList {
  readonly format: string;
  readonly sign: string;
  readonly isRecord: (record: JsonObject) => boolean;
  readonly form?: PlainForm;
}

const has = (record: JsonObject, ...keys: readonly string[]): boolean => keys.every((key) => key in record);

/** Formats that are lists of spans as plain objects, asked in this order; the last takes whatever has the two ids. */
const SPAN_LISTS: readonly SpanList[] = [
  {
    format: "phoenix-json",
    sign: 'Phoenix ("context" with "span_kind" and "status_code")',
    isRecord: (record) =>
      (has(record, "context", "span_kind", "status_code") && isPlainSpan(record)) || has(record, "context.span_id"),
    form: { isNested: true },
  },
  {
    format: "otel-console",
    sign: 'spans as OpenTelemetry SDKs print them ("context" or "spanContext")',
    isRecord: (record) => (has(record, "context") || has(record, "spanContext")) && isPlainSpan(record),
    form: { isKindFromZero: true },
  },
  {
    format: "otel-console",
    sign: 'spans as the JavaScript console exporter prints them ("traceId", "id", "timestamp")',
    isRecord: (record) => has(record, "traceId", "id", "timestamp", "attributes") && isPlainSpan(record),
    form: { isKindFromZero: true, unit: "us", durationUnit: "us" },
  },
  {
    format: "nested-spans",
    sign: 'spans inside spans ("child_spans")',
    isRecord: (record) => NESTED.some((key) => isList(record[key])) && isPlainSpan(record),
  },
  {
    format: "clickhouse-otel",
    sign: 'rows of the ClickHouse exporter ("TraceId", "SpanId")',
    isRecord: (record) => has(record, "TraceId", "SpanId"),
    form: { durationUnit: "ns" },
  },
  {
    format: "span-list",
    sign: 'any list of objects with a trace id and a span id ("trace_id", "span_id")',
    isRecord: namesSpan,
  },
];

/** A bare `id` names anything; a span names its id as one, or says when it started. */
function namesSpan(record: JsonObject): boolean {
  if (!isPlainSpan(record)) return false;
  return (
    ["span_id", "spanId", "spanID"].some((key) => key in record) || "start_time" in record || "startTime" in record
  );
}

/** The readers of all formats that are lists of plain spans. */
export const SPAN_LIST_FORMATS: readonly JsonFormat[] = SPAN_LISTS.map(({ format, sign, isRecord, form }) => ({
  format,
  sign,
  isOne: (document) => hasRecord(document, isRecord),
  read: (document, file, faults) => readSpanList(document, file, faults, form),
  lists: ["", "data"],
}));

function readSpanList(document: unknown, file: string, faults: TraceFaults, form: PlainForm = {}): readonly Span[] {
  const read = plainSpanReader(faults, form);
  return nestedRecords(recordsIn(document, isPlainSpan, undefined, faults), NESTED).map(({ record, where, parent }) => {
    const around = parent === undefined ? {} : surroundingsOf(parent);
    return read(record, `${file}: ${where}`, around);
  });
}

function surroundingsOf(parent: JsonObject): { readonly traceId?: string; readonly parentSpanId?: string } {
  const [traceId, parentSpanId] = [traceIdOf(parent), spanIdOf(parent)];
  return { ...(traceId !== undefined && { traceId }), ...(parentSpanId !== undefined && { parentSpanId }) };
}

import { flagsOf, type Span } from "../trace/span.ts";
import type { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { firstOf, isList, isObject, jsonObjectIn, objectOr, type JsonObject } from "./json-value.ts";
import { isPlainSpan, plainSpanReader, type PlainForm } from "./plain-span.ts";
import { hasRecord, recordsIn } from "./records.ts";

const COLUMNS = ["otel_scope_name", "otel_status_code", "start_timestamp"];

/**
 * Logfire: rows of its query API (`{ rows }`, or `{ columns }` which is the same by column), and the spans that its SDK's
 * exporters for tests and files print, whose ids are numbers and whose parent is an object.
 */
export const LOGFIRE: JsonFormat = {
  format: "logfire-json",
  sign: 'Logfire ("rows" of its query API, or spans with "logfire.*" attributes)',
  isOne: (document) => hasRecord(rowsOf(document), isLogfire),
  read: readLogfire,
};

function isLogfire(record: JsonObject): boolean {
  if (!isPlainSpan(record)) return false;
  if (COLUMNS.filter((column) => column in record).length > 1) return true;
  if (!isObject(record["context"])) return false;
  const attributes = jsonObjectIn(record["attributes"]);
  return "parent" in record || "logfire.span_type" in attributes || "logfire.msg_template" in attributes;
}

/** Times that are numbers are nanoseconds, durations in the query API seconds. */
const FORM: PlainForm = { unit: "ns", durationUnit: "s" };

function readLogfire(document: unknown, file: string, faults: TraceFaults): readonly Span[] {
  const read = plainSpanReader(faults, FORM);
  const spans = recordsIn(rowsOf(document), isPlainSpan, undefined, faults).map(({ record, where }) =>
    withRemoteParent(read(record, `${file}: ${where}`), record),
  );
  return withoutPending(spans);
}

function rowsOf(document: unknown): unknown {
  if (!isObject(document) || !isList(document["columns"])) return document;
  const columns = document["columns"].filter(isObject);
  const length = Math.max(0, ...columns.map(({ values }) => (isList(values) ? values.length : 0)));
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(columns.map(({ name, values }) => [String(name), isList(values) ? values[row] : undefined])),
  );
}

/** Whether the parent is in another process stands on the parent here, and on the span in OTLP. */
function withRemoteParent(span: Span, record: JsonObject): Span {
  const isRemote = objectOr(record["parent"])["is_remote"];
  return typeof isRemote === "boolean" ? { ...span, flags: flagsOf(span.flags ?? 0, isRemote) } : span;
}

/**
 * Logfire sends each span twice: when it starts, as a child of itself with an id of its own, and when it ends. The first
 * counts only where the second has not come: then it is the span, still open.
 */
function withoutPending(spans: readonly Span[]): readonly Span[] {
  const isPending = ({ attributes }: Span): boolean => attributes["logfire.span_type"] === "pending_span";
  const ended = new Set(spans.filter((span) => !isPending(span)).map(({ traceId, spanId }) => `${traceId}/${spanId}`));
  return spans.flatMap((span) => {
    if (!isPending(span) || span.parentSpanId === undefined) return [span];
    if (ended.has(`${span.traceId}/${span.parentSpanId}`)) return [];
    const { endTimeUnixNano: _end, parentSpanId: spanId, ...open } = span;
    const parentSpanId = readId(firstOf(span.attributes, ["logfire.pending_parent_id"]), "span");
    return [{ ...open, spanId, ...(parentSpanId !== undefined && { parentSpanId }) }];
  });
}

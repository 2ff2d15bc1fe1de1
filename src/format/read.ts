import { TroupeError } from "../core/errors.ts";
import type { Span } from "../trace/span.ts";
import { isJaegerJson, readJaegerJson } from "./jaeger.ts";
import { parseTraceJson } from "./json-text.ts";
import { isObject } from "./json-value.ts";
import { isOtlpJson, readOtlpJson } from "./otlp-json.ts";

type TraceFormat = "otlp-json" | "jaeger-json";

export interface TraceFile {
  readonly format: TraceFormat;
  readonly spans: readonly Span[];
}

interface JsonReader {
  readonly format: TraceFormat;
  /** How the format shows itself, for the error that lists what was looked for. */
  readonly sign: string;
  readonly isOne: (document: unknown) => boolean;
  readonly read: (document: unknown, where: string) => readonly Span[];
}

/** Asked in this order. A new JSON format is one file and its line here. */
const JSON_READERS: readonly JsonReader[] = [
  {
    format: "otlp-json",
    sign: 'OTLP JSON ("resourceSpans" or "batches")',
    isOne: isOtlpJson,
    read: readOtlpJson,
  },
  {
    format: "jaeger-json",
    sign: 'Jaeger JSON ("data" with "spans" and "processes")',
    isOne: isJaegerJson,
    read: readJaegerJson,
  },
];

const START_SHOWN = 40;

/**
 * The spans of a trace file, whichever known format it is in; the content decides, not the name.
 *
 * @throws TroupeError `FORMAT_UNKNOWN`, or `TRACE_INVALID` with every fault's place.
 */
export function readTraceFile(text: string, file: string): TraceFile {
  if (!/^\uFEFF?\s*[[{]/.test(text)) throw unknownFormat(text, file, "");
  const documents = parseTraceJson(text, file);
  const [first] = documents;
  const reader = JSON_READERS.find(({ isOne }) => isOne(first));
  if (reader === undefined) throw unknownFormat(text, file, whatElse(first));
  const isSingle = documents.length === 1;
  const spans = documents.flatMap((document, index) =>
    reader.read(document, isSingle ? file : `${file}, document ${index + 1}`),
  );
  return { format: reader.format, spans };
}

/** What a document is that holds no spans, where that can be told. */
function whatElse(document: unknown): string {
  if (!isObject(document)) return "";
  if ("resourceLogs" in document) return ": it holds OTLP logs";
  return "resourceMetrics" in document ? ": it holds OTLP metrics" : "";
}

function unknownFormat(text: string, file: string, detail: string): TroupeError {
  const start = text.slice(0, START_SHOWN);
  const shown = start === "" ? "it is empty" : `it begins with ${JSON.stringify(start)}`;
  return new TroupeError("FORMAT_UNKNOWN", {
    where: file,
    what: `this is no trace file that Troupe can read${detail}; ${shown}`,
    mend: `Looked for ${JSON_READERS.map(({ sign }) => sign).join(" and ")}, one document or one a line.`,
  });
}

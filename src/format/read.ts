import { TroupeError } from "../core/errors.ts";
import type { Span } from "../trace/span.ts";
import { closedDocument, documentSplitter, type BrokenDocument } from "./documents.ts";
import { TraceFaults } from "./faults.ts";
import { AGENT_PRISM } from "./agent-prism.ts";
import { ATIF } from "./atif.ts";
import { INSPECT } from "./inspect.ts";
import { JAEGER_JSON } from "./jaeger.ts";
import type { JsonFormat } from "./json-format.ts";
import { isList, isObject } from "./json-value.ts";
import { LANGFUSE } from "./langfuse.ts";
import { LANGSMITH } from "./langsmith.ts";
import { LOGFIRE } from "./logfire.ts";
import { MLFLOW } from "./mlflow.ts";
import { OPENAI_AGENTS } from "./openai-agents.ts";
import { OTLP_JSON } from "./otlp-json.ts";
import { readOtlpProtobuf } from "./otlp-protobuf.ts";
import { SPAN_LIST_FORMATS } from "./span-lists.ts";
import { ZIPKIN } from "./zipkin.ts";

export interface TraceFile {
  /** The format, or several joined with `+` where a file mixes them. */
  readonly format: string;
  readonly spans: readonly Span[];
  /** What was left out, a sentence each; none where all was read. */
  readonly notes: readonly string[];
  /** Whether nothing was left out that may have been spans. */
  readonly isWhole: boolean;
}

/** Asked in this order, what is told most surely first. A new JSON format is one file and its line here. */
export const FORMATS: readonly JsonFormat[] = [
  OTLP_JSON,
  JAEGER_JSON,
  OPENAI_AGENTS,
  LANGFUSE,
  LANGSMITH,
  INSPECT,
  ATIF,
  AGENT_PRISM,
  MLFLOW,
  LOGFIRE,
  ZIPKIN,
  ...SPAN_LIST_FORMATS,
];

const START_SHOWN = 40;
const NOTES_MAX = 20;

/**
 * The spans of a trace file, whichever known format it is in; the content decides, not the name.
 *
 * @throws TroupeError `FORMAT_UNKNOWN`, or `TRACE_INVALID` with every fault's place.
 */
export function readTraceFile(text: string, file: string): TraceFile {
  const reader = traceTextReader(file);
  reader.push(text);
  return reader.end();
}

/**
 * The spans of a trace file in a binary format: OTLP in protobuf.
 *
 * @throws TroupeError `TRACE_INVALID`.
 */
export function readTraceBytes(bytes: Uint8Array, file: string): TraceFile {
  const { spans, notes } = readOtlpProtobuf(bytes, file);
  return { format: "otlp-protobuf", spans, notes, isWhole: notes.length === 0 };
}

interface Placed {
  readonly document: unknown;
  readonly line: number;
}

/** What has been read of a text so far. */
interface Reading {
  readonly file: string;
  readonly spans: Span[];
  readonly formats: Set<string>;
  /** The documents of formats that are read together. */
  readonly gathered: Map<JsonFormat, Placed[]>;
  readonly faulty: { readonly line: number; readonly faults: TraceFaults }[];
  readonly broken: BrokenDocument[];
  /** What stood among spans and is none. */
  readonly leftOut: string[];
  /** The documents in no known format; only the first is kept. */
  readonly unknown: Placed[];
  /** The lines that are no JSON. */
  others: { readonly count: number; readonly first: number };
  documents: number;
  start: string;
}

/**
 * Reads the text of a trace file as it comes in, and keeps no more of it than the document it is in: of documents that
 * are read one by one only the spans stay.
 *
 * In a file of several documents, what is broken or in no known format is left out and noted with its line; a file of
 * which nothing can be read is an error.
 */
export function traceTextReader(file: string): {
  readonly push: (text: string) => void;
  /**
   * What was read. Where the text is known to break off, what came of its last document before that is read too.
   *
   * @throws TroupeError as {@link readTraceFile}.
   */
  readonly end: (isCutOff?: boolean) => TraceFile;
} {
  const reading: Reading = {
    file,
    spans: [],
    formats: new Set(),
    gathered: new Map(),
    faulty: [],
    broken: [],
    leftOut: [],
    unknown: [],
    others: { count: 0, first: 0 },
    documents: 0,
    start: "",
  };
  const splitter = documentSplitter({
    onDocument: (document, line) => addDocument(reading, document, line),
    onBroken: (each) => void reading.broken.push(each),
    onOther: (line) => {
      const { count, first } = reading.others;
      reading.others = { count: count + 1, first: count === 0 ? line : first };
    },
  });
  return {
    push: (text) => {
      if (reading.start.length < START_SHOWN) reading.start += text.slice(0, START_SHOWN);
      splitter.push(text);
    },
    end: (isCutOff = false) => {
      splitter.end();
      if (isCutOff) rescueLast(reading);
      return finish(reading, isCutOff);
    },
  };
}

function addDocument(reading: Reading, document: unknown, line: number): void {
  reading.documents++;
  const format = formatOf(document);
  if (format === undefined) {
    reading.unknown.push({ document: reading.documents === 1 ? document : undefined, line });
  } else if (format.isGathered === true) {
    const list = reading.gathered.get(format) ?? [];
    list.push({ document, line });
    reading.gathered.set(format, list);
  } else {
    take(reading, format, { document, line }, line === 1 ? reading.file : `${reading.file}, line ${line}`);
  }
}

function take(
  { spans, formats, faulty, leftOut }: Reading,
  format: JsonFormat,
  { document, line }: Placed,
  where: string,
): void {
  const faults = new TraceFaults();
  const read = format.read(document, where, faults);
  if (!faults.isEmpty) {
    faulty.push({ line, faults });
    return;
  }
  formats.add(format.format);
  if (faults.leftOut !== undefined) leftOut.push(`${where}: ${faults.leftOut}`);
  for (const span of read) spans.push(span);
}

/** Reads what is left of the document that the text breaks off in. */
function rescueLast(reading: Reading): void {
  const last = reading.broken.at(-1);
  const rescued = last === undefined ? undefined : rescuedDocument(last.text);
  if (last === undefined || rescued === undefined) return;
  reading.broken.pop();
  addDocument(reading, rescued, last.first);
}

function finish(reading: Reading, isCutOff: boolean): TraceFile {
  const { file, spans, formats, gathered, faulty, broken, leftOut } = reading;
  for (const [format, list] of gathered) {
    const sound = list.length === 1 ? list : withoutFaulty(reading, format, list);
    const [first] = sound;
    const document = sound.length === 1 ? first?.document : sound.flatMap(({ document: each }) => each);
    if (first !== undefined) take(reading, format, { document, line: first.line }, file);
  }
  if (formats.size === 0) throw nothingRead(reading);
  const isWhole = !isCutOff && broken.length === 0 && faulty.length === 0 && leftOut.length === 0;
  return { format: [...formats].join("+"), spans, notes: notesOf(reading), isWhole };
}

/** The documents that are whole each for itself: one broken line is no reason to leave out the others. */
function withoutFaulty({ file, faulty }: Reading, format: JsonFormat, list: readonly Placed[]): readonly Placed[] {
  return list.filter(({ document, line }) => {
    const faults = new TraceFaults();
    format.read(document, `${file}, line ${line}`, faults);
    if (!faults.isEmpty) faulty.push({ line, faults });
    return faults.isEmpty;
  });
}

function notesOf({ file, spans, broken, faulty, leftOut, unknown, others }: Reading): readonly string[] {
  const notes = [
    ...broken.map(({ first, last, cause }) => {
      const [where, are] = first === last ? [`line ${first}`, "is"] : [`lines ${first} to ${last}`, "are"];
      return `${file}: ${where} could not be read and ${are} left out (${cause})`;
    }),
    ...faulty.map(({ line, faults }) => `${file}: the document at line ${line} is left out; ${faults.first}`),
    ...leftOut,
    ...unknown.map(({ line }) => `${file}: the document at line ${line} is in no known trace format and is left out`),
  ];
  if (others.count > 0) {
    const where = others.count === 1 ? "is" : `and ${others.count - 1} more are`;
    notes.push(`${file}: line ${others.first} ${where} no JSON and left out`);
  }
  const timeless = spans.filter(({ startTimeUnixNano }) => startTimeUnixNano === 0n).length;
  if (timeless > 0)
    notes.push(`${file}: ${timeless} of ${spans.length} spans start in 1970: their start is missing or zero`);
  if (notes.length <= NOTES_MAX) return notes;
  return [...notes.slice(0, NOTES_MAX - 1), `${file}: ${notes.length - NOTES_MAX + 1} more places are left out`];
}

function nothingRead({ file, faulty, broken, unknown, others, documents, start }: Reading): TroupeError {
  const [fault] = faulty;
  if (fault !== undefined) return fault.faults.error(file);
  const [first] = broken;
  // What begins with other words is another text, whatever brackets come later.
  const isJson = first !== undefined && (others.count === 0 || first.first < others.first);
  if (documents === 0 && isJson) return notJson(file, first);
  return unknownFormat(start, file, whatElse(unknown[0]?.document));
}

/** Deeper than this no format keeps a span's id. */
const DROPPED_MAX = 12;

/** What is left of a document that breaks off, without the objects that are no use half. */
function rescuedDocument(text: string): unknown {
  for (let dropped = 0; dropped <= DROPPED_MAX; dropped++) {
    const document = closedDocument(text, dropped);
    const format = document === undefined ? undefined : formatOf(document);
    if (format === undefined) continue;
    const faults = new TraceFaults();
    format.read(document, "", faults);
    if (faults.isEmpty) return document;
  }
  return undefined;
}

function formatOf(document: unknown): JsonFormat | undefined {
  return FORMATS.find(({ isOne }) => isOne(document));
}

function notJson(file: string, { first, cause }: BrokenDocument): TroupeError {
  return new TroupeError("TRACE_INVALID", {
    where: first === 1 ? file : `${file}:${first}`,
    what: `it begins like JSON and is not valid JSON (${cause})`,
    mend: "Was the file cut off, or is it several documents? JSON documents go one on a line.",
  });
}

/** What a document is that holds no spans, where that can be told. */
function whatElse(document: unknown): string {
  if (isList(document)) return document.length === 0 ? ": it is an empty list" : "";
  if (!isObject(document)) return "";
  if ("resourceLogs" in document) return ": it holds OTLP logs";
  return "resourceMetrics" in document ? ": it holds OTLP metrics" : "";
}

function unknownFormat(start: string, file: string, detail: string): TroupeError {
  const shown = start === "" ? "it is empty" : `it begins with ${JSON.stringify(start.slice(0, START_SHOWN))}`;
  return new TroupeError("FORMAT_UNKNOWN", {
    where: file,
    what: `this is no trace file that Troupe can read${detail}; ${shown}`,
    mend: `Looked for ${FORMATS.map(({ sign }) => sign).join("; ")}; OTLP in protobuf. One document, or several one after the other.`,
  });
}

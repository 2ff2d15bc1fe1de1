import { TroupeError } from "../core/errors.ts";
import type { Span } from "../trace/span.ts";
import { closedDocument, type BrokenDocument } from "./documents.ts";
import { TraceFaults } from "./faults.ts";
import { AGENT_PRISM } from "./agent-prism.ts";
import { ATIF } from "./atif.ts";
import { INSPECT } from "./inspect.ts";
import { JAEGER_JSON } from "./jaeger.ts";
import type { JsonFormat } from "./json-format.ts";
import { isList, isObject } from "./json-value.ts";
import { LANGFUSE } from "./langfuse.ts";
import { LANGSMITH } from "./langsmith.ts";
import {
  isWhole,
  leaveOut,
  leaveOutFaulty,
  leftOutNotes,
  nothingLeftOut,
  TOGETHER_LENGTH_MAX,
  type LeftOut,
} from "./left-out.ts";
import { LOGFIRE } from "./logfire.ts";
import { longListSplitter } from "./long-list.ts";
import { MLFLOW } from "./mlflow.ts";
import { OPENAI_AGENTS } from "./openai-agents.ts";
import { OTEL_GO } from "./otel-go.ts";
import { OTLP_JSON } from "./otlp-json.ts";
import { SPAN_LIST_FORMATS } from "./span-lists.ts";
import type { OnSpans, TraceFile, TraceOutcome } from "./trace-file.ts";
import { ZIPKIN } from "./zipkin.ts";

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
  OTEL_GO,
  ...SPAN_LIST_FORMATS,
];

const START_SHOWN = 40;

/**
 * The spans of a trace file, whichever known format it is in; the content decides, not the name.
 *
 * @throws TroupeError `FORMAT_UNKNOWN`, or `TRACE_INVALID` with every fault's place.
 */
export function readTraceFile(text: string, file: string): TraceFile {
  const spans: Span[] = [];
  const reader = traceTextReader(file, (read) => {
    for (const span of read) spans.push(span);
  });
  reader.push(text);
  return { ...reader.end(), spans };
}

interface Placed {
  readonly document: unknown;
  readonly line: number;
}

/** What has been read of a text so far. */
interface Reading {
  readonly file: string;
  readonly onSpans: OnSpans;
  readonly formats: Set<string>;
  /** The documents of formats that are read together. */
  readonly gathered: Map<JsonFormat, Placed[]>;
  readonly left: LeftOut;
  /** With its text, in case that is where the file breaks off. */
  lastBroken: BrokenDocument | undefined;
  /** The first document in no known format. */
  unknown: unknown;
  documents: number;
  spans: number;
  /** Spans without a start. */
  timeless: number;
  start: string;
  length: number;
}

/**
 * Reads the text of a trace file as it comes in, and keeps no more of it than the document it is in, or the item of a long
 * list, and documents that are read together.
 *
 * In a file of several documents, what is broken or in no known format is left out and noted with its line; a file of
 * which nothing can be read is an error.
 */
export function traceTextReader(
  file: string,
  onSpans: OnSpans,
): {
  readonly push: (text: string) => void;
  /**
   * Tells of the last spans, and what was read. Where the text is known to break off, what came of its last document
   * before that is read too.
   *
   * @throws TroupeError as {@link readTraceFile}.
   */
  readonly end: (isCutOff?: boolean) => TraceOutcome;
} {
  const left = nothingLeftOut();
  const reading: Reading = {
    file,
    onSpans,
    formats: new Set(),
    gathered: new Map(),
    left,
    lastBroken: undefined,
    unknown: undefined,
    documents: 0,
    spans: 0,
    timeless: 0,
    start: "",
    length: 0,
  };
  let takenApart: JsonFormat | undefined;
  let parts = 0;
  const splitter = longListSplitter({
    mayTakeApart: (keys, first) => {
      const format = formatOf(first);
      takenApart = format?.lists?.includes(keys.join(".")) === true ? format : undefined;
      return takenApart !== undefined;
    },
    onPart: (document, line) => {
      if (takenApart !== undefined) take(reading, takenApart, { document, line }, `${file}, item ${++parts}`);
    },
    onDocument: (document, line) => addDocument(reading, document, line),
    onBroken: (broken) => {
      const { first, last, cause } = broken;
      leaveOut(left.broken, { first, last, cause });
      reading.lastBroken = broken;
    },
    onOther: (line) => leaveOut(left.others, line),
  });
  return {
    push: (text) => {
      if (reading.start.length < START_SHOWN) reading.start += text.slice(0, START_SHOWN);
      reading.length += text.length;
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
    if (reading.documents === 1) reading.unknown = document;
    leaveOut(reading.left.unknown, line);
  } else if (format.isGathered !== true) {
    take(reading, format, { document, line }, line === 1 ? reading.file : `${reading.file}, line ${line}`);
  } else if (reading.length > TOGETHER_LENGTH_MAX && reading.documents > 1) leaveOut(reading.left.beyond, line);
  else {
    const list = reading.gathered.get(format) ?? [];
    list.push({ document, line });
    reading.gathered.set(format, list);
  }
}

function take(reading: Reading, format: JsonFormat, { document, line }: Placed, where: string): void {
  const faults = new TraceFaults();
  const spans = format.read(document, where, faults);
  if (!faults.isEmpty) return leaveOutFaulty(reading.left, line, faults, reading.file);
  reading.formats.add(format.format);
  for (const each of faults.leftOut) leaveOut(reading.left.noSpans, `${where}: ${each}`);
  reading.spans += spans.length;
  for (const { startTimeUnixNano } of spans) if (startTimeUnixNano === 0n) reading.timeless++;
  reading.onSpans(spans);
}

/** Reads what is left of the document that the text breaks off in. */
function rescueLast(reading: Reading): void {
  const { lastBroken: last, left } = reading;
  const rescued = last === undefined ? undefined : rescuedDocument(last.text);
  if (last === undefined || rescued === undefined) return;
  if (left.broken.count === left.broken.first.length) left.broken.first.pop();
  left.broken.count--;
  addDocument(reading, rescued, last.first);
}

function finish(reading: Reading, isCutOff: boolean): TraceOutcome {
  const { file, formats, gathered, left } = reading;
  for (const [format, list] of gathered) {
    const sound = list.length === 1 ? list : withoutFaulty(reading, format, list);
    const [first] = sound;
    const document = sound.length === 1 ? first?.document : sound.flatMap(({ document: each }) => each);
    if (first !== undefined) take(reading, format, { document, line: first.line }, file);
  }
  if (formats.size === 0) throw nothingRead(reading);
  return {
    format: [...formats].join("+"),
    notes: leftOutNotes(left, file, timelessNotes(reading)),
    isWhole: !isCutOff && isWhole(left),
  };
}

function timelessNotes({ file, timeless, spans }: Reading): readonly string[] {
  return timeless === 0 ? [] : [`${file}: ${timeless} of ${spans} spans start in 1970: their start is missing or zero`];
}

/** The documents that are whole each for itself: one broken line is no reason to leave out the others. */
function withoutFaulty({ file, left }: Reading, format: JsonFormat, list: readonly Placed[]): readonly Placed[] {
  return list.filter(({ document, line }) => {
    const faults = new TraceFaults();
    format.read(document, `${file}, line ${line}`, faults);
    if (!faults.isEmpty) leaveOutFaulty(left, line, faults, file);
    return faults.isEmpty;
  });
}

function nothingRead({ file, left, unknown, documents, start }: Reading): TroupeError {
  const [fault] = left.faulty.first;
  if (fault !== undefined) return fault.error;
  const [broken] = left.broken.first;
  const [other] = left.others.first;
  // What begins with other words is another text, whatever brackets come later.
  const isJson = broken !== undefined && (other === undefined || broken.first < other);
  if (documents === 0 && isJson) return notJson(file, broken);
  return unknownFormat(start, file, whatElse(unknown));
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

function notJson(file: string, { first, cause }: Pick<BrokenDocument, "first" | "cause">): TroupeError {
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

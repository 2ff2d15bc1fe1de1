import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { isTroupeError, TroupeError, type Fault } from "../core/errors.ts";
import type { TraceFile, TraceOutcome } from "../format/trace-file.ts";
import type { Span } from "../trace/span.ts";
import type { DownloadLimits } from "./download.ts";
import { unreadable } from "./files.ts";
import { readRecords, type Batch } from "./trace-records.ts";
import { isRemote, remoteBytes } from "./trace-stores.ts";
import type { Environment } from "./trace-stores/keys.ts";
import type { Bytes } from "./unpacked.ts";

/** What stands for standard input among paths. */
const STANDARD_INPUT = "-";

/** One file or stream that spans may come from. */
export interface Source {
  readonly name: string;
  /** Where it is a plain file, which can be read again. */
  readonly path?: string;
  readonly open: () => Bytes;
}

/** What paths may name besides files. */
export interface Surroundings {
  /** Standard input; nothing where it is left out. */
  readonly input?: Bytes;
  /** The keys of trace stores, by the names of their variables. */
  readonly env?: Environment;
  /** What reading a URL may take. */
  readonly limits?: DownloadLimits;
}

/**
 * The spans of files, of all trace files in folders, of standard input (`-`), and of URLs and trace stores; put
 * together. Each may be packed with gzip, or with zstd where Node unpacks it; text is read as it streams in.
 *
 * A file of a folder that is no trace is left out and noted; one that was named must be one.
 *
 * @throws TroupeError with every fault of every source: `FILE_UNREADABLE`, `URL_UNREADABLE`, `FORMAT_UNKNOWN`, `TRACE_INVALID`.
 */
export async function readTraceSources(paths: readonly string[], around: Surroundings = {}): Promise<TraceFile> {
  const spans: Span[] = [];
  let before = 0;
  const outcome = await readSources(paths, around, {
    open: (source) => {
      before = spans.length;
      return source.open();
    },
    onBatch: ({ records }) => {
      for (const record of records) for (const span of record) spans.push(span);
    },
    onRefused: () => {
      spans.length = before;
    },
  });
  return { ...outcome, spans };
}

/** Told of what sources hold, one source after the other. */
export interface SourceListener {
  readonly open: (source: Source) => Bytes;
  readonly onBatch: (batch: Batch) => void;
  /** The source that was opened last cannot be read after all: what it gave does not count. */
  readonly onRefused: () => void;
}

/**
 * Reads all sources that paths name.
 *
 * @throws TroupeError as {@link readTraceSources}, after all of them.
 */
export async function readSources(
  paths: readonly string[],
  around: Surroundings,
  listener: SourceListener,
): Promise<TraceOutcome> {
  const read: TraceOutcome[] = [];
  const errors: TroupeError[] = [];
  for (const path of paths) {
    try {
      read.push(await readPath(path, around, listener));
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  if (first === undefined) return together(read);
  const faults = errors.flatMap((error) => error.faults);
  throw errors.length === 1 ? first : new TroupeError(first.code, faults);
}

function together(files: readonly TraceOutcome[]): TraceOutcome {
  const [only] = files;
  if (files.length === 1 && only !== undefined) return only;
  const formats = new Set(files.flatMap(({ format }) => format.split("+")).filter((format) => format !== ""));
  return {
    format: [...formats].join("+"),
    notes: files.flatMap(({ notes }) => notes),
    isWhole: files.every(({ isWhole }) => isWhole),
  };
}

async function readPath(path: string, around: Surroundings, listener: SourceListener): Promise<TraceOutcome> {
  const { input = Readable.from([]), env = {}, limits } = around;
  if (path === STANDARD_INPUT) return readSource({ name: "standard input", open: () => input }, listener);
  if (isRemote(path)) return readSource({ name: path, open: () => remoteBytes(path, env, limits) }, listener);
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (found.isDirectory()) return readFolder(path, listener);
  const open = (): Bytes => createReadStream(path);
  return readSource({ name: path, ...(found.isFile() && { path }), open }, listener);
}

async function readSource(source: Source, { open, onBatch, onRefused }: SourceListener): Promise<TraceOutcome> {
  try {
    const records = readRecords(open(source), source.name);
    for (;;) {
      const next = await records.next();
      if (next.done === true) return next.value;
      onBatch(next.value);
    }
  } catch (error) {
    onRefused();
    throw error;
  }
}

async function readFolder(folder: string, listener: SourceListener): Promise<TraceOutcome> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const read: TraceOutcome[] = [];
  for (const path of paths) {
    try {
      read.push(await readSource({ name: path, path, open: () => createReadStream(path) }, listener));
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      read.push(leftOut(path, error));
    }
  }
  if (read.every(({ format }) => format === "")) throw noTraces(folder, read);
  return together(read);
}

function leftOut(path: string, error: TroupeError): TraceOutcome {
  const isOther = error.code === "FORMAT_UNKNOWN";
  const [fault] = error.faults;
  const what = isOther ? "it is in no known trace format" : (fault?.what ?? error.message);
  return { format: "", notes: [`${path} is left out: ${what}`], isWhole: isOther };
}

function noTraces(folder: string, read: readonly TraceOutcome[]): TroupeError {
  const shown = read.flatMap(({ notes }) => notes).slice(0, 3);
  const detail = shown.length === 0 ? "it is empty" : shown.join("; ");
  const fault: Fault = { where: folder, what: `the folder holds no trace file (${detail})`, mend: "Name another one." };
  return new TroupeError("FORMAT_UNKNOWN", fault);
}

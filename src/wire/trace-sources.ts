import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import * as zlib from "node:zlib";
import { isTroupeError, TroupeError, type Fault } from "../core/errors.ts";
import { mayBeOtlpProtobuf } from "../format/otlp-protobuf.ts";
import { readTraceBytes, traceTextReader, type TraceFile } from "../format/read.ts";
import type { Span } from "../trace/span.ts";
import { unreadable } from "./files.ts";

/** What stands for standard input among paths. */
const STANDARD_INPUT = "-";

type Bytes = AsyncIterable<Uint8Array>;

/**
 * The spans of files, of all trace files in folders, and of standard input (`-`), put together. Each may be packed with
 * gzip, or with zstd where Node unpacks it; text is read as it streams in.
 *
 * A file of a folder that is no trace is left out and noted; one that was named must be one.
 *
 * @throws TroupeError with every fault of every source: `FILE_UNREADABLE`, `FORMAT_UNKNOWN`, `TRACE_INVALID`.
 */
export async function readTraceSources(paths: readonly string[], input?: Bytes): Promise<TraceFile> {
  const read: TraceFile[] = [];
  const errors: TroupeError[] = [];
  for (const path of paths) {
    try {
      read.push(await readSource(path, input));
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  if (first !== undefined) {
    throw errors.length === 1
      ? first
      : new TroupeError(
          first.code,
          errors.flatMap(({ faults }) => faults),
        );
  }
  return together(read);
}

function together(files: readonly TraceFile[]): TraceFile {
  const [only] = files;
  if (files.length === 1 && only !== undefined) return only;
  const spans: Span[] = [];
  for (const file of files) for (const span of file.spans) spans.push(span);
  const formats = new Set(files.flatMap(({ format }) => format.split("+")).filter((format) => format !== ""));
  return {
    format: [...formats].join("+"),
    spans,
    notes: files.flatMap(({ notes }) => notes),
    isWhole: files.every(({ isWhole }) => isWhole),
  };
}

async function readSource(path: string, input: Bytes | undefined): Promise<TraceFile> {
  if (path === STANDARD_INPUT) return readStream(input ?? Readable.from([]), "standard input");
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return found.isDirectory() ? readFolder(path) : readFile(path);
}

function readFile(path: string): Promise<TraceFile> {
  return readStream(createReadStream(path), path);
}

async function readFolder(folder: string): Promise<TraceFile> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const read: TraceFile[] = [];
  for (const path of paths) {
    try {
      read.push(await readFile(path));
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      read.push(leftOut(path, error));
    }
  }
  if (read.every(({ format }) => format === "")) throw noTraces(folder, read);
  return together(read);
}

function leftOut(path: string, error: TroupeError): TraceFile {
  const isOther = error.code === "FORMAT_UNKNOWN";
  const [fault] = error.faults;
  const what = isOther ? "it is in no known trace format" : (fault?.what ?? error.message);
  return { format: "", spans: [], notes: [`${path} is left out: ${what}`], isWhole: isOther };
}

function noTraces(folder: string, read: readonly TraceFile[]): TroupeError {
  const shown = read.flatMap(({ notes }) => notes).slice(0, 3);
  const detail = shown.length === 0 ? "it is empty" : shown.join("; ");
  const fault: Fault = { where: folder, what: `the folder holds no trace file (${detail})`, mend: "Name another one." };
  return new TroupeError("FORMAT_UNKNOWN", fault);
}

/** A stream's bytes as they come, until it breaks off. */
interface Source {
  readonly bytes: Bytes;
  /** Why the bytes ended before they should have; known when all have come. */
  readonly cut: () => string | undefined;
}

async function readStream(stream: Bytes, file: string): Promise<TraceFile> {
  const { head, bytes } = await peek(readable(stream, file));
  const packed = unpacked(head, bytes, file);
  const source = await peek(packed.bytes);
  if (mayBeOtlpProtobuf(source.head)) return readBinary(source.bytes, file, packed);
  return readText(source.bytes, encodingOf(source.head), file, packed);
}

async function readBinary(chunks: Bytes, file: string, { cut }: Source): Promise<TraceFile> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const bytes = Buffer.concat(parts);
  try {
    return withCut(readTraceBytes(bytes, file), cut(), file);
  } catch (error) {
    // A text may begin with the byte that an export in protobuf begins with: it is a line break.
    if (!/^\s*[{[]/.test(bytes.subarray(0, 100).toString("latin1"))) throw error;
    return readText(Readable.from([bytes]), "utf-8", file, { bytes: chunks, cut });
  }
}

async function readText(chunks: Bytes, encoding: string, file: string, { cut }: Source): Promise<TraceFile> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const reader = traceTextReader(file);
  try {
    for await (const chunk of chunks) reader.push(decoder.decode(chunk, { stream: true }));
    if (cut() === undefined) reader.push(decoder.decode());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const fault = { where: file, what: "the file is not UTF-8 text", mend: whatInstead(encoding) };
    throw new TroupeError("FILE_UNREADABLE", fault, { cause: error });
  }
  return withCut(reader.end(cut() !== undefined), cut(), file);
}

function whatInstead(encoding: string): string {
  return encoding === "utf-8" ? "Unpack it if it is compressed, or save it as UTF-8." : "Save it as UTF-8.";
}

function withCut(read: TraceFile, cut: string | undefined, file: string): TraceFile {
  if (cut === undefined) return read;
  const note = `${file}: the packed data breaks off (${cut}); read is what came before, and its last span may be incomplete`;
  return { ...read, notes: [...read.notes, note], isWhole: false };
}

async function* readable(stream: Bytes, file: string): Bytes {
  try {
    yield* stream;
  } catch (error) {
    throw unreadable(file, error);
  }
}

const HEAD_BYTES = 8;

/** The first bytes of a stream, and all of them. */
async function peek(stream: Bytes): Promise<{ readonly head: Uint8Array; readonly bytes: Bytes }> {
  const iterator = stream[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < HEAD_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    length += next.value.length;
  }
  const rest = { [Symbol.asyncIterator]: () => iterator };
  return { head: Buffer.concat(first).subarray(0, HEAD_BYTES), bytes: chained(first, rest) };
}

async function* chained(first: readonly Uint8Array[], rest: Bytes): Bytes {
  yield* first;
  yield* rest;
}

interface Packing {
  readonly name: string;
  readonly magic: readonly number[];
  /** Absent where Node cannot. */
  readonly unpack?: () => Transform;
  readonly mend: string;
}

const PACKINGS: readonly Packing[] = [
  { name: "gzip", magic: [0x1f, 0x8b], unpack: () => zlib.createGunzip(), mend: "" },
  {
    name: "zstd",
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    ...zstd(),
    mend: "Use Node 22.15 or newer, or unpack it first: zstd -d FILE.",
  },
  { name: "zip", magic: [0x50, 0x4b, 0x03, 0x04], mend: "Unpack it first: unzip FILE." },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68], mend: "Unpack it first: bunzip2 FILE." },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58], mend: "Unpack it first: unxz FILE." },
];

/** Node has zstd from 22.15 on. */
function zstd(): Pick<Packing, "unpack"> {
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (typeof create !== "function") return {};
  return {
    unpack: () => {
      const stream: unknown = Reflect.apply(create, undefined, []);
      if (stream instanceof Transform) return stream;
      throw new TypeError("createZstdDecompress gives no stream");
    },
  };
}

/** What is packed, unpacked; a stream that breaks off gives what came before. */
function unpacked(head: Uint8Array, bytes: Bytes, file: string): Source {
  const packing = PACKINGS.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  if (packing === undefined) return { bytes, cut: () => undefined };
  if (packing.unpack === undefined) {
    const what = `the file is packed with ${packing.name}, which cannot be unpacked here`;
    throw new TroupeError("FILE_UNREADABLE", { where: file, what, mend: packing.mend });
  }
  const stream = packing.unpack();
  const ready: Uint8Array[] = [];
  let cut: string | undefined;
  stream.on("data", (chunk: Uint8Array) => ready.push(chunk));
  stream.on("error", (error) => {
    cut ??= error.message;
  });
  return { bytes: unpack(), cut: () => cut };

  // By hand and not by a pipe: a stream that fails forgets what it had ready.
  async function* unpack(): Bytes {
    for await (const chunk of bytes) {
      await new Promise<void>((resolve) => {
        // A stream that fails is closed, and does not call back.
        stream.once("close", resolve);
        stream.write(chunk, () => {
          stream.off("close", resolve);
          resolve();
        });
      });
      yield* ready.splice(0);
      if (cut !== undefined) return;
    }
    await new Promise<void>((resolve) => {
      stream.once("close", resolve);
      stream.end();
    });
    yield* ready.splice(0);
  }
}

/** By its byte order mark, before a letter of ASCII: shells of Windows redirect in UTF-16. */
function encodingOf([first, second, third, fourth]: Uint8Array): string {
  if (first === 0xff && second === 0xfe && fourth === 0) return "utf-16le";
  return first === 0xfe && second === 0xff && third === 0 ? "utf-16be" : "utf-8";
}

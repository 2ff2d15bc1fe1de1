import type { Span } from "../trace/span.ts";
import { isTroupeError, TroupeError } from "../core/errors.ts";
import { mayBeOtlpProtobuf, otlpProtobufReader } from "../format/otlp-protobuf.ts";
import { traceTextReader } from "../format/read.ts";
import type { TraceOutcome } from "../format/trace-file.ts";
import { unpacked, type Bytes, type Unpacked } from "./unpacked.ts";

/** What one piece of a trace file gave. */
export interface Batch {
  /** The spans of each record that ended in it: of a document, or of documents that are read together. */
  readonly records: readonly (readonly Span[])[];
  /** How many bytes it was, unpacked. */
  readonly length: number;
}

/**
 * The spans of one trace file, record by record as it streams in, packed or not; then what was read. The same bytes give
 * the same records.
 *
 * @throws TroupeError `FILE_UNREADABLE`, `FORMAT_UNKNOWN`, `TRACE_INVALID`, perhaps only after some records.
 */
export async function* readRecords(stream: Bytes, file: string): AsyncGenerator<Batch, TraceOutcome> {
  const source = await unpacked(stream, file);
  const read = mayBeOtlpProtobuf(source.head) ? readBinary(source, file) : readText(source, file);
  return withCut(yield* read, source.cut(), file);
}

async function* readBinary(source: Unpacked, file: string): AsyncGenerator<Batch, TraceOutcome> {
  // A text may begin with the byte that an export in protobuf begins with: it is a line break.
  const parts: Uint8Array[] | undefined = BEGINS_LIKE_JSON.test(latin1(source.head)) ? [] : undefined;
  let records: (readonly Span[])[] = [];
  const reader = otlpProtobufReader(file, (spans) => void records.push(spans));
  for await (const chunk of source.bytes) {
    parts?.push(chunk);
    reader.push(chunk);
    yield { records, length: chunk.length };
    records = [];
  }
  try {
    const outcome = reader.end();
    yield { records, length: 0 };
    return outcome;
  } catch (error) {
    if (parts === undefined || !isTroupeError(error)) throw error;
    return yield* readText({ ...source, bytes: inOrder(parts) }, file);
  }
}

const BEGINS_LIKE_JSON = /^\s*[{[]/;

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

async function* inOrder(parts: readonly Uint8Array[]): Bytes {
  yield* parts;
}

async function* readText({ head, bytes, cut }: Unpacked, file: string): AsyncGenerator<Batch, TraceOutcome> {
  const decode = decoderOf(encodingOf(head), file);
  let records: (readonly Span[])[] = [];
  const reader = traceTextReader(file, (spans) => void records.push(spans));
  for await (const chunk of bytes) {
    reader.push(decode(chunk));
    yield { records, length: chunk.length };
    records = [];
  }
  if (cut() === undefined) reader.push(decode());
  const outcome = reader.end(cut() !== undefined);
  yield { records, length: 0 };
  return outcome;
}

function decoderOf(encoding: string, file: string): (chunk?: Uint8Array) => string {
  const decoder = new TextDecoder(encoding, { fatal: true });
  return (chunk) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (error) {
      const fault = { where: file, what: "the file is not UTF-8 text", mend: whatInstead(encoding) };
      throw new TroupeError("FILE_UNREADABLE", fault, { cause: error });
    }
  };
}

function whatInstead(encoding: string): string {
  return encoding === "utf-8" ? "Unpack it if it is compressed, or save it as UTF-8." : "Save it as UTF-8.";
}

/** By its byte order mark, before a letter of ASCII: shells of Windows redirect in UTF-16. */
function encodingOf([first, second, third, fourth]: Uint8Array): string {
  if (first === 0xff && second === 0xfe && fourth === 0) return "utf-16le";
  return first === 0xfe && second === 0xff && third === 0 ? "utf-16be" : "utf-8";
}

function withCut(read: TraceOutcome, cut: string | undefined, file: string): TraceOutcome {
  if (cut === undefined) return read;
  const note = `${file}: the packed data breaks off (${cut}); read is what came before, and its last span may be incomplete`;
  return { ...read, notes: [...read.notes, note], isWhole: false };
}

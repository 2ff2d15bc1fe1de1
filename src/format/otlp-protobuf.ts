import { TroupeError } from "../core/errors.ts";
import type { Span } from "../trace/span.ts";
import { framedMessages, PREFIX_BYTES, wholeMessage, type MessageCutter } from "./messages.ts";
import { readExportMessage } from "./otlp-message.ts";
import { NotProtobuf } from "./protobuf.ts";
import type { OnSpans, TraceFile, TraceOutcome } from "./trace-file.ts";

/** The tag of the one field of an export request. */
const SPANS_TAG = 0x0a;

/** The tags that `ResourceSpans` may begin with, and what follows an empty one. */
const RESOURCE_SPANS_TAGS: readonly number[] = [SPANS_TAG, 0x12, 0x1a, 0xc2];

const NOTES_MAX = 20;

/**
 * Whether bytes that begin so may be OTLP in protobuf: one `ExportTraceServiceRequest`, or several as the collector's
 * file exporter writes them, each behind its length. Four bytes more than a length are enough to tell.
 */
export function mayBeOtlpProtobuf(head: Uint8Array): boolean {
  return beginsMessage(head) || hasLengths(head);
}

/** A text may begin with a line break, which is the same byte, but hardly goes on like a message below 128 bytes. */
function beginsMessage([tag, length = 0, inner = SPANS_TAG]: Uint8Array): boolean {
  return tag === SPANS_TAG && (length >= 0x80 || RESOURCE_SPANS_TAGS.includes(inner));
}

/** The length of a message below 128 MB begins with a byte that begins no text. */
function hasLengths(head: Uint8Array): boolean {
  return head[PREFIX_BYTES] === SPANS_TAG && (head[0] ?? 0xff) < 8;
}

/**
 * The spans of an OTLP protobuf export, in its order: every field that a span has here, unknown ones skipped.
 *
 * @throws TroupeError as {@link otlpProtobufReader}.
 */
export function readOtlpProtobuf(bytes: Uint8Array, file: string): TraceFile {
  const spans: Span[] = [];
  const reader = otlpProtobufReader(file, (read) => {
    for (const span of read) spans.push(span);
  });
  reader.push(bytes);
  return { ...reader.end(), spans };
}

/**
 * Reads OTLP in protobuf as it comes in, and keeps no more of it than the message it is in.
 *
 * In a file of several messages, one that is broken or breaks off is left out and noted with its place.
 */
export function otlpProtobufReader(
  file: string,
  onSpans: OnSpans,
): {
  readonly push: (bytes: Uint8Array) => void;
  /** @throws TroupeError `TRACE_INVALID` where the bytes are no such message. */
  readonly end: () => TraceOutcome;
} {
  const broken: NotProtobuf[] = [];
  let [messages, brokenCount] = [0, 0];
  const readMessage = (bytes: Uint8Array, at: number): void => {
    try {
      onSpans(messageSpans(bytes));
      messages++;
    } catch (error) {
      if (!(error instanceof NotProtobuf)) throw error;
      const what = `the message at byte ${at} is left out (${error.message})`;
      if (brokenCount++ < NOTES_MAX) broken.push(new NotProtobuf(what, { cause: error }));
    }
  };
  let head: Uint8Array = new Uint8Array();
  let cutter: MessageCutter | undefined;
  return {
    push: (bytes) => {
      if (cutter !== undefined) return cutter.push(bytes);
      head = Buffer.concat([head, bytes]);
      if (head.length <= PREFIX_BYTES) return;
      cutter = hasLengths(head) ? framedMessages(file, readMessage) : wholeMessage(file, readMessage);
      cutter.push(head);
    },
    end: () => {
      if (cutter === undefined) readMessage(head, 0);
      const cutAt = cutter?.end();
      const notes = broken.map(({ message }) => `${file}: ${message}`);
      if (brokenCount > broken.length) notes.push(`${file}: ${brokenCount - broken.length} more messages are left out`);
      if (cutAt !== undefined) notes.push(`${file}: the message at byte ${cutAt} breaks off and is left out`);
      if (messages === 0) throw notOtlp(file, broken[0]?.cause ?? new NotProtobuf("the message breaks off"));
      return { format: "otlp-protobuf", notes, isWhole: notes.length === 0 };
    },
  };
}

function notOtlp(where: string, cause: unknown): TroupeError {
  const what = `it begins like OTLP in protobuf and is none (${cause instanceof Error ? cause.message : String(cause)})`;
  return new TroupeError("TRACE_INVALID", { where, what, mend: "Was the file cut off? Export it again." }, { cause });
}

function messageSpans(bytes: Uint8Array): readonly Span[] {
  const { spans, withoutIds } = readExportMessage(bytes);
  if (withoutIds > 0) throw new NotProtobuf("a span has no ids");
  return spans;
}

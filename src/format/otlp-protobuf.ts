import { TroupeError } from "../core/errors.ts";
import type { Attributes, AttributeValue, Scope, Span, SpanEvent, SpanLink } from "../trace/span.ts";
import { wideValue } from "./attributes.ts";
import { spanKindOf, statusCodeOf } from "./enums.ts";
import { framedMessages, PREFIX_BYTES, wholeMessage, type MessageCutter } from "./messages.ts";
import { allBytesAt, NotProtobuf, numberAt, textAt, wireFields, type WireField } from "./protobuf.ts";
import type { OnSpans, TraceFile, TraceOutcome } from "./trace-file.ts";

/** Field numbers of opentelemetry-proto's trace.proto, common.proto and resource.proto. */
const FIELD = {
  request: { resourceSpans: 1 },
  resourceSpans: { resource: 1, scopeSpans: 2, librarySpans: 1000 },
  scopeSpans: { scope: 1, spans: 2 },
  resource: { attributes: 1 },
  scope: { name: 1, version: 2 },
  span: {
    traceId: 1,
    spanId: 2,
    traceState: 3,
    parentSpanId: 4,
    name: 5,
    kind: 6,
    start: 7,
    end: 8,
    attributes: 9,
    events: 11,
    links: 13,
    status: 15,
    flags: 16,
  },
  event: { time: 1, name: 2, attributes: 3 },
  link: { traceId: 1, spanId: 2, traceState: 3, attributes: 4, flags: 6 },
  status: { message: 2, code: 3 },
  keyValue: { key: 1, value: 2 },
  any: { string: 1, bool: 2, int: 3, double: 4, array: 5, list: 6, bytes: 7 },
  values: { values: 1 },
} as const;

const DEPTH_MAX = 64;

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
  const spans: Span[] = [];
  for (const each of allBytesAt(wireFields(bytes), FIELD.request.resourceSpans)) {
    const entry = wireFields(each);
    const resource = attributesAt(
      wireFields(allBytesAt(entry, FIELD.resourceSpans.resource).at(-1) ?? new Uint8Array()),
      FIELD.resource.attributes,
    );
    const { scopeSpans, librarySpans } = FIELD.resourceSpans;
    for (const group of [...allBytesAt(entry, scopeSpans), ...allBytesAt(entry, librarySpans)]) {
      const fields = wireFields(group);
      const scope = scopeOf(allBytesAt(fields, FIELD.scopeSpans.scope).at(-1));
      for (const span of allBytesAt(fields, FIELD.scopeSpans.spans)) spans.push(readSpan(span, { resource, scope }));
    }
  }
  return spans;
}

function scopeOf(bytes: Uint8Array | undefined): Scope {
  const fields = bytes === undefined ? [] : wireFields(bytes);
  const version = textAt(fields, FIELD.scope.version);
  return { name: textAt(fields, FIELD.scope.name), ...(version !== "" && { version }) };
}

function readSpan(bytes: Uint8Array, of: Pick<Span, "resource" | "scope">): Span {
  const { span } = FIELD;
  const fields = wireFields(bytes);
  const parentSpanId = idAt(fields, span.parentSpanId);
  const traceState = textAt(fields, span.traceState);
  const end = numberAt(fields, span.end);
  const [traceId, spanId] = [idAt(fields, span.traceId), idAt(fields, span.spanId)];
  if (traceId === undefined || spanId === undefined) throw new NotProtobuf("a span has no ids");
  const status = wireFields(allBytesAt(fields, span.status).at(-1) ?? new Uint8Array());
  const message = textAt(status, FIELD.status.message);
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    ...(traceState !== "" && { traceState }),
    ...flagsAt(fields, span.flags),
    name: textAt(fields, span.name),
    spanKind: spanKindOf(Number(numberAt(fields, span.kind))),
    startTimeUnixNano: numberAt(fields, span.start),
    ...(end !== 0n && { endTimeUnixNano: end }),
    status: {
      code: statusCodeOf(Number(numberAt(status, FIELD.status.code))),
      ...(message !== "" && { message }),
    },
    attributes: attributesAt(fields, span.attributes),
    events: allBytesAt(fields, span.events).map(readEvent),
    links: allBytesAt(fields, span.links).map(readLink),
    resource: of.resource,
    scope: of.scope,
  };
}

/** An id as hex; undefined where it is absent or all zero, which OTLP says is no id. */
function idAt(fields: readonly WireField[], number: number): string | undefined {
  const hex = Buffer.from(allBytesAt(fields, number).at(-1) ?? []).toString("hex");
  return /^0*$/.test(hex) ? undefined : hex;
}

function flagsAt(fields: readonly WireField[], number: number): Pick<Span, "flags"> {
  const flags = Number(numberAt(fields, number));
  return flags === 0 ? {} : { flags };
}

function readEvent(bytes: Uint8Array): SpanEvent {
  const fields = wireFields(bytes);
  return {
    name: textAt(fields, FIELD.event.name),
    timeUnixNano: numberAt(fields, FIELD.event.time),
    attributes: attributesAt(fields, FIELD.event.attributes),
  };
}

function readLink(bytes: Uint8Array): SpanLink {
  const fields = wireFields(bytes);
  const traceState = textAt(fields, FIELD.link.traceState);
  return {
    traceId: idAt(fields, FIELD.link.traceId) ?? "",
    spanId: idAt(fields, FIELD.link.spanId) ?? "",
    ...(traceState !== "" && { traceState }),
    ...flagsAt(fields, FIELD.link.flags),
    attributes: attributesAt(fields, FIELD.link.attributes),
  };
}

/** A repeated `KeyValue` as attributes. A key that comes twice keeps its last value. */
function attributesAt(fields: readonly WireField[], number: number, depth = 0): Attributes {
  return Object.fromEntries(
    allBytesAt(fields, number).map((bytes): readonly [string, AttributeValue] => {
      const pair = wireFields(bytes);
      const value = allBytesAt(pair, FIELD.keyValue.value).at(-1);
      return [textAt(pair, FIELD.keyValue.key), value === undefined ? null : anyValue(value, depth)];
    }),
  );
}

/** OTLP's `AnyValue`: the last of its fields that is set. An empty one is null. */
function anyValue(bytes: Uint8Array, depth: number): AttributeValue {
  if (depth > DEPTH_MAX) throw new NotProtobuf(`a value is nested deeper than ${DEPTH_MAX} levels`);
  const { any } = FIELD;
  const fields = wireFields(bytes);
  const field = fields.findLast(({ number }) => number >= any.string && number <= any.bytes);
  if (field === undefined) return null;
  if (field.type !== "bytes") {
    if (field.number === any.bool) return field.value !== 0n;
    if (field.number === any.int) return wideValue(BigInt.asIntN(64, field.value));
    return field.number === any.double ? doubleOf(field.value) : null;
  }
  if (field.number === any.string) return textAt(fields, any.string);
  if (field.number === any.bytes) return Uint8Array.from(field.bytes);
  if (field.number === any.list) return attributesAt(wireFields(field.bytes), FIELD.values.values, depth + 1);
  if (field.number !== any.array) return null;
  return allBytesAt(wireFields(field.bytes), FIELD.values.values).map((each) => anyValue(each, depth + 1));
}

function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

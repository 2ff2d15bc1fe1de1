import type { Span } from "../trace/span.ts";
import { TraceFaults } from "./faults.ts";
import { parseExactJson } from "./json-text.ts";
import { isObject } from "./json-value.ts";
import { OTLP_JSON } from "./otlp-json.ts";
import { readExportMessage } from "./otlp-message.ts";
import { BYTES, NotProtobuf, VARINT, WireReader, tagOf } from "./protobuf.ts";

/** What OTLP is written in. gRPC is protobuf too. */
export type OtlpEncoding = "json" | "protobuf";

export const CONTENT_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  json: "application/json",
  protobuf: "application/x-protobuf",
};

/** Why a receiver takes nothing of a request: by name, with the status of HTTP and the code of gRPC. */
export const REFUSALS = {
  invalid: { http: 400, grpc: 3 },
  forbidden: { http: 403, grpc: 7 },
  "not-found": { http: 404, grpc: 12 },
  "wrong-method": { http: 405, grpc: 12 },
  "too-slow": { http: 408, grpc: 4 },
  "too-large": { http: 413, grpc: 8 },
  "wrong-type": { http: 415, grpc: 3 },
  // Unlike RESOURCE_EXHAUSTED, UNAVAILABLE needs no further words for a client to try again.
  "too-many": { http: 429, grpc: 14 },
  unavailable: { http: 503, grpc: 14 },
} as const;

export interface Refusal {
  readonly refused: keyof typeof REFUSALS;
  /** For who develops the exporting program. */
  readonly message: string;
}

/** How many spans of a request were not taken, and why; or a warning where all were. Both empty means that all is well. */
export interface Taken {
  readonly rejectedSpans: number;
  readonly message: string;
}

/**
 * The spans of an export request, also those of one that is not right in every part: spans without ids are rejected, a
 * value that cannot be read is null.
 *
 * A request of nothing is right.
 */
export function readExport(
  bytes: Uint8Array,
  encoding: OtlpEncoding,
): ({ readonly spans: readonly Span[] } & Taken) | Refusal {
  try {
    return encoding === "json" ? readJson(bytes) : readMessage(bytes);
  } catch (error) {
    if (error instanceof NotProtobuf) return invalid(`the body is no OTLP in protobuf: ${error.message}`);
    if (error instanceof SyntaxError) return invalid(`the body is no JSON: ${error.message}`);
    throw error;
  }
}

function readMessage(bytes: Uint8Array): { readonly spans: readonly Span[] } & Taken {
  const { spans, withoutIds } = readExportMessage(bytes);
  const message =
    withoutIds === 0 ? "" : "a span has a trace id of 16 bytes and a span id of 8, and not all of them zero";
  return { spans, rejectedSpans: withoutIds, message };
}

function readJson(bytes: Uint8Array): ({ readonly spans: readonly Span[] } & Taken) | Refusal {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const document = parseExactJson(body);
  if (isObject(document) && Object.keys(document).length === 0) return { spans: [], rejectedSpans: 0, message: "" };
  if (!OTLP_JSON.isOne(document)) return invalid("the body is JSON and no OTLP: it holds no resourceSpans");
  const faults = new TraceFaults();
  const read = OTLP_JSON.read(document, "export", faults);
  const spans = read.filter(({ traceId, spanId }) => traceId !== "" && spanId !== "");
  const message = faults.isEmpty ? "" : faults.error("export").message;
  return { spans, rejectedSpans: read.length - spans.length, message };
}

function invalid(message: string): Refusal {
  return { refused: "invalid", message };
}

/**
 * The body of an answer: an `ExportTraceServiceResponse`, or a `google.rpc.Status`.
 *
 * @see OTLP specification, "OTLP/HTTP Response"
 */
export function writeAnswer(answer: Taken | Refusal, encoding: OtlpEncoding): Uint8Array {
  if ("refused" in answer) {
    const { grpc: code } = REFUSALS[answer.refused];
    const { message } = answer;
    if (encoding === "json") return Buffer.from(JSON.stringify({ code, message }));
    return Buffer.concat([number(STATUS.code, code), text(STATUS.message, message)]);
  }
  const { rejectedSpans, message } = answer;
  if (rejectedSpans === 0 && message === "") return Buffer.from(encoding === "json" ? "{}" : "");
  if (encoding === "json")
    return Buffer.from(
      JSON.stringify({ partialSuccess: { rejectedSpans: String(rejectedSpans), errorMessage: message } }),
    );
  const parts = [number(PARTIAL.rejectedSpans, rejectedSpans), text(PARTIAL.errorMessage, message)];
  return bytesField(RESPONSE.partialSuccess, Buffer.concat(parts));
}

/** What the answer to an export says that was not refused; nothing where it is not understood. */
export function readTaken(bytes: Uint8Array, encoding: OtlpEncoding): Taken {
  try {
    return encoding === "json" ? takenOfJson(Buffer.from(bytes).toString()) : takenOfMessage(new WireReader(bytes));
  } catch {
    return { rejectedSpans: 0, message: "" };
  }
}

function takenOfJson(body: string): Taken {
  const response: unknown = JSON.parse(body);
  const partial = isObject(response) ? response["partialSuccess"] : undefined;
  if (!isObject(partial)) return { rejectedSpans: 0, message: "" };
  const { rejectedSpans, errorMessage } = partial;
  return {
    rejectedSpans: Number(rejectedSpans ?? 0) || 0,
    message: typeof errorMessage === "string" ? errorMessage : "",
  };
}

function takenOfMessage(wire: WireReader): Taken {
  let rejectedSpans = 0;
  let message = "";
  while (wire.isInside()) {
    const next = wire.tag();
    if (next !== RESPONSE.partialSuccess) {
      wire.skip(next);
      continue;
    }
    const outer = wire.enter();
    while (wire.isInside()) {
      const inner = wire.tag();
      if (inner === PARTIAL.rejectedSpans) rejectedSpans = Number(wire.int64());
      else if (inner === PARTIAL.errorMessage) message = wire.text();
      else wire.skip(inner);
    }
    wire.leave(outer);
  }
  return { rejectedSpans, message };
}

/** Tags of trace_service.proto and of google.rpc.Status. */
const RESPONSE = { partialSuccess: tagOf(1, BYTES) } as const;
const PARTIAL = { rejectedSpans: tagOf(1, VARINT), errorMessage: tagOf(2, BYTES) } as const;
const STATUS = { code: tagOf(1, VARINT), message: tagOf(2, BYTES) } as const;

function number(field: number, value: number): Uint8Array {
  return Uint8Array.from([field, ...varint(value)]);
}

function text(field: number, value: string): Uint8Array {
  return bytesField(field, Buffer.from(value));
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.from([field, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return [...bytes, rest];
}

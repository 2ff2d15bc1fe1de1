import type { SpanKind, SpanStatus } from "../trace/span.ts";
import { textOr } from "./json-value.ts";

const SPAN_KINDS: readonly SpanKind[] = ["unspecified", "internal", "server", "client", "producer", "consumer"];

/** A span kind as a number, or as a word in any of its spellings: `SpanKind.SERVER`, `SPAN_KIND_SERVER`, `Server`. */
export function spanKindOf(value: unknown, isFromZero = false): SpanKind {
  if (typeof value === "number") return SPAN_KINDS[isFromZero ? value + 1 : value] ?? "unspecified";
  const word = textOr(value)
    .replace(/^(?:SPAN_KIND_|SpanKind\.)/i, "")
    .toLowerCase();
  return SPAN_KINDS.find((kind) => kind === word) ?? "unspecified";
}

const STATUS_CODES: readonly SpanStatus["code"][] = ["unset", "ok", "error"];

/** A status code as a number, or as a word in any of its spellings: `STATUS_CODE_ERROR`, `StatusCode.ERROR`, `Error`. */
export function statusCodeOf(value: unknown): SpanStatus["code"] {
  if (typeof value === "number") return STATUS_CODES[value] ?? "unset";
  if (value === undefined) return "unset";
  const word = textOr(value)
    .replace(/^(?:STATUS_CODE_|StatusCode\.)/i, "")
    .toLowerCase();
  if (word === "success") return "ok";
  return STATUS_CODES.find((code) => code === word) ?? "unset";
}

import { canonicalJson } from "../../core/json.ts";
import type { Span } from "../span.ts";

/** Gives the canonical bytes of a span. */
export type BytesOf = (span: Span) => string;

/** Makes each span's bytes once and only when asked for: most spans are told apart by their start alone. */
export function rememberedBytes(): BytesOf {
  const known = new Map<Span, string>();
  return (span) => {
    const bytes = known.get(span) ?? canonicalJson(span);
    known.set(span, bytes);
    return bytes;
  };
}

/** The spans by start, ties by canonical bytes: the same order however they arrived. */
export function orderSpans(spans: readonly Span[], bytesOf: BytesOf): readonly Span[] {
  return spans.toSorted((a, b) => {
    if (a.startTimeUnixNano !== b.startTimeUnixNano) return a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1;
    const [first, second] = [bytesOf(a), bytesOf(b)];
    return first < second ? -1 : first > second ? 1 : 0;
  });
}

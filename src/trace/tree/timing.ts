import type { Span } from "../span.ts";

// Compared before they are subtracted: each difference of two bigints is a new one, and most spans lie inside their parent.

/** By how many nanoseconds a span starts before its parent; 0 when it does not. */
export function earlyByNano(span: Span, parent: Span): bigint {
  if (span.startTimeUnixNano >= parent.startTimeUnixNano) return 0n;
  return parent.startTimeUnixNano - span.startTimeUnixNano;
}

/** By how many nanoseconds a span ends after its parent; 0 when it does not, and while either is open. */
export function lateByNano(span: Span, parent: Span): bigint {
  if (span.endTimeUnixNano === undefined || parent.endTimeUnixNano === undefined) return 0n;
  if (span.endTimeUnixNano <= parent.endTimeUnixNano) return 0n;
  return span.endTimeUnixNano - parent.endTimeUnixNano;
}

import type { Span } from "../span.ts";

/** By how many nanoseconds a span starts before its parent; 0 or less when it does not. */
export function earlyByNano(span: Span, parent: Span): bigint {
  return parent.startTimeUnixNano - span.startTimeUnixNano;
}

/** By how many nanoseconds a span ends after its parent; 0 or less when it does not, and while either is open. */
export function lateByNano(span: Span, parent: Span): bigint {
  if (span.endTimeUnixNano === undefined || parent.endTimeUnixNano === undefined) return 0n;
  return span.endTimeUnixNano - parent.endTimeUnixNano;
}

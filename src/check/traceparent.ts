import type { CarrierFields } from "../trace/evidence.ts";

export interface Traceparent {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}

/**
 * The trace context in a carrier: `absent` when it has none, `bad` when what it has is malformed, namespaced
 * (`acme/traceparent`) or in the wrong case.
 *
 * @see W3C Trace Context, `traceparent` header field values
 */
export function readTraceparent(carrier: CarrierFields): Traceparent | "absent" | "bad" {
  const text = carrier["traceparent"];
  if (text === undefined) return Object.keys(carrier).some(isMisspelt) ? "bad" : "absent";
  const [, version, traceId, spanId, flags, rest] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return "bad";
  // A later version may append fields; version 00 has none, and ff is forbidden.
  if (version === "ff" || (version === "00" && rest !== undefined)) return "bad";
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return "bad";
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

function isMisspelt(key: string): boolean {
  return key !== "traceparent" && /(^|[^a-z])traceparent$/i.test(key);
}

import type { Clock } from "../core/clock.ts";
import type { CarrierFields, LedgerEntry } from "../trace/evidence.ts";

type Written = Omit<LedgerEntry, "end" | "timeUnixNano">;

/**
 * What crossed each hop, written apart at both ends: when it left, and again when it arrived.
 *
 * Nothing here looks at a span, so that comparing the two proves something.
 */
export class Ledger {
  readonly entries: LedgerEntry[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  sent(entry: Written): void {
    this.entries.push({ ...entry, end: "sent", timeUnixNano: this.#clock.nowUnixNano() });
  }

  received(entry: Written): void {
    this.entries.push({ ...entry, end: "received", timeUnixNano: this.#clock.nowUnixNano() });
  }
}

/** Also where a key is namespaced or in the wrong case, so that the ledger shows it. */
const FIELD = /(?:traceparent|tracestate|baggage)$/i;

/** The W3C fields of a carrier as it stands in a message, whatever else is in it. */
export function carrierFields(carrier: unknown): CarrierFields {
  if (typeof carrier !== "object" || carrier === null) return {};
  const fields: Record<string, string> = {};
  for (const [key, value] of Object.entries(carrier))
    if (typeof value === "string" && FIELD.test(key)) fields[key] = value;
  return fields;
}

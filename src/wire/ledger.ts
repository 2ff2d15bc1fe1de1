import type { Clock } from "../core/clock.ts";
import type { CarrierFields, LedgerEntry } from "../trace/evidence.ts";

/** An entry as its writer knows it. */
export type Written = Omit<LedgerEntry, "end" | "timeUnixNano">;

/** An entry with the members that are left out where there is nothing to say. */
export function writtenWith(
  entry: Written,
  {
    agent,
    beside = {},
    repeated = [],
  }: {
    readonly agent: string | undefined;
    readonly beside?: CarrierFields;
    readonly repeated?: readonly string[];
  },
): Written {
  // One at a time, and the spread last: all else costs V8 ten times as much, and this is done four times a call.
  const named = agent === undefined ? entry : { agent, ...entry };
  const placed = Object.keys(beside).length === 0 ? named : { beside, ...named };
  return repeated.length === 0 ? placed : { repeated, ...placed };
}

/**
 * What crossed each hop, written apart at both ends: when it left, and again when it arrived.
 *
 * Nothing here looks at a span, so that comparing the two proves something.
 */
export class Ledger {
  readonly entries: LedgerEntry[] = [];
  readonly #clock: Clock;
  /** A ledger that is not kept stays empty: for a process that nobody asks what it heard. */
  readonly isKept: boolean;

  constructor(clock: Clock, isKept: boolean = true) {
    this.#clock = clock;
    this.isKept = isKept;
  }

  sent(entry: Written): void {
    this.#write("sent", entry);
  }

  received(entry: Written): void {
    this.#write("received", entry);
  }

  #write(end: LedgerEntry["end"], entry: Written): void {
    // With the spread last, as above.
    if (this.isKept) this.entries.push({ end, timeUnixNano: this.#clock.nowUnixNano(), ...entry });
  }
}

/** What becomes of a message's carrier: as its sender writes it, and as it arrives. Both are the same where nothing goes wrong. */
export type CarrierRewrite = (
  fields: CarrierFields,
  entry: Written,
) => { readonly sent: CarrierFields; readonly arriving: CarrierFields };

/** Nothing goes wrong. */
export const asWritten: CarrierRewrite = (fields) => ({ sent: fields, arriving: fields });

/** Also where a key is namespaced or in the wrong case, so that the ledger shows it. */
const FIELD = /(?:traceparent|tracestate|baggage)$/i;

/** The W3C fields of a carrier as it stands in a message, whatever else is in it; what is no text as JSON. */
export function carrierFields(carrier: unknown): CarrierFields {
  if (typeof carrier !== "object" || carrier === null) return {};
  const fields: Record<string, string> = {};
  for (const [key, value] of Object.entries(carrier))
    if (FIELD.test(key)) fields[key] = typeof value === "string" ? value : JSON.stringify(value);
  return fields;
}

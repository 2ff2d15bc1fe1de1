import type { LedgerEntry } from "../trace/evidence.ts";
import type { CarrierRewrite } from "../wire/mcp-ledger.ts";

/** Which messages lose their carrier on the way: those of which every stated part holds. Plain data, so that it can cross to other processes. */
export interface CarrierCut {
  readonly from?: string;
  readonly to?: string;
  readonly method?: string;
  readonly protocol?: LedgerEntry["protocol"];
  /** Only the how-manieth of them, counted from 1 by who sends it. */
  readonly number?: number;
}

/** What loses the carriers of those messages, and leaves all others as they are. */
export function cutting(cuts: readonly CarrierCut[]): CarrierRewrite {
  if (cuts.length === 0) return (fields) => fields;
  const seen = new Map<string, number>();
  return (fields, hop) => {
    if (!("traceparent" in fields)) return fields;
    let isCut = false;
    for (const [index, { number, ...parts }] of cuts.entries()) {
      if (!Object.entries(parts).every(([key, value]) => Reflect.get(hop, key) === value)) continue;
      const sender = `${index}/${hop.from}`;
      const count = (seen.get(sender) ?? 0) + 1;
      seen.set(sender, count);
      if (number === undefined || number === count) isCut = true;
    }
    return isCut ? {} : fields;
  };
}

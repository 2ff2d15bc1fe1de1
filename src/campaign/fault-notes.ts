import { type WireFault, faultLabel } from "../scenario/fault.ts";
import type { FaultTally, FiredFault, LedgerEntry } from "../trace/evidence.ts";

/** Every fault of a run that happened, in the order of time. */
export function firedFaults(tallies: readonly FaultTally[]): readonly FiredFault[] {
  return tallies.flatMap(({ fired }) => fired).toSorted((a, b) => Number(a.timeUnixNano - b.timeUnixNano));
}

/** Faults that never happened though nothing was left to chance, one sentence each: their rules may be misspelt. */
export function unfiredNotes(faults: readonly WireFault[], tallies: readonly FaultTally[]): readonly string[] {
  const fired = new Set(tallies.flatMap((tally) => tally.fired.map(({ index }) => index)));
  return faults.flatMap((fault, index) => {
    if (fired.has(index)) return [];
    const fitting = tallies.reduce((sum, tally) => sum + (tally.fitting[index] ?? 0), 0);
    const { occurrence, rate = 1 } = fault;
    if (fitting > 0 && rate < 1) return [];
    const named = `faults[${index}] (${faultLabel(fault)}) never happened`;
    const unknown = tallies.reduce((sum, tally) => sum + (tally.unknown[index] ?? 0), 0);
    if (fitting === 0)
      return [`${named}: no message of this run fits its rule${unknown === 0 ? "" : nameless(unknown)}`];
    const those = fitting === 1 ? "one message fits its rule" : `${fitting} messages fit its rule`;
    const why = occurrence === undefined ? "it could happen to none of them" : `none was occurrence ${occurrence}`;
    return [`${named}: ${those}, and ${why}`];
  });
}

/** What clients outside of Troupe have asked, and did not say for whom. */
function nameless(count: number): string {
  const those = count === 1 ? "one more may" : `${count} more may`;
  return `; ${those}, of which nobody knows what agent asked: let its client call itself as the agent is called`;
}

/**
 * The ledger without what faults kept from arriving: of what never crossed no hop can be judged. A fault may take along
 * what went beside or behind the message that it hit, so all of its hop that has not arrived is left out.
 */
export function crossed(ledger: readonly LedgerEntry[], fired: readonly FiredFault[]): readonly LedgerEntry[] {
  // A client outside of Troupe has a name of its own in the ledger.
  const hurt = new Set(
    fired.flatMap(({ fault, from, to, message }) => (fault === "carrier" ? [] : [`${from}>${to}`, message])),
  );
  if (hurt.size === 0) return ledger;
  const arrived = new Set(ledger.flatMap(({ end, message }) => (end === "received" ? [message] : [])));
  return ledger.filter(
    ({ from, to, message }) => arrived.has(message) || !(hurt.has(message) || hurt.has(`${from}>${to}`)),
  );
}

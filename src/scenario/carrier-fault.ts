import type { LedgerEntry } from "../trace/evidence.ts";

/**
 * How a carrier can go wrong. `upper-cased`: keys and ids; `malformed`: cut short; `stale`: another
 * message's context; `duplicated`: another context beside its own, as HTTP joins a header that is there twice;
 * `flags-cleared`: no longer sampled.
 */
export const CARRIER_MUTATIONS = [
  "dropped",
  "namespaced",
  "upper-cased",
  "malformed",
  "stale",
  "duplicated",
  "flags-cleared",
] as const;

export type CarrierMutation = (typeof CARRIER_MUTATIONS)[number];

/** The carriers that go wrong: those of the messages of which every stated part holds. Plain data, which crosses to other processes. */
export interface CarrierFault {
  readonly fault: "carrier";
  readonly mutation: CarrierMutation;
  /**
   * Whose context a stale one is. Default: that of the sender's last message before which had another; where there is none,
   * as where it says so, that of an earlier run.
   */
  readonly of?: "message" | "run";
  /** Whether its sender never writes it right, or somebody between spoils it. Default: the sender. */
  readonly by?: "sender" | "intermediary";
  readonly from?: string;
  readonly to?: string;
  readonly method?: string;
  readonly protocol?: LedgerEntry["protocol"];
  /** Only the how-manieth of them, counted from 1 by the service that sends it. */
  readonly occurrence?: number;
}

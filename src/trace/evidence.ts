/** Why a hop's context did not arrive as it should, or its spans did not. Closed; each has its mend. */
export const CAUSES = [
  "not-injected",
  "not-extracted",
  "wrong-parent",
  "wrong-carrier",
  "bad-carrier",
  "re-rooted",
  "sampled-out",
  "never-exported",
  "late",
  "duplicate-export",
  "wrong-status",
] as const;

export type Cause = (typeof CAUSES)[number];

export type TransportName = "sim" | "stdio" | "http" | "ws";

/**
 * The carrier's text fields as they stood on the wire: `traceparent`, `tracestate`, `baggage`, where present, in whatever
 * spelling; in an environment `TRACEPARENT`, `TRACESTATE`, `BAGGAGE`.
 */
export type CarrierFields = Readonly<Record<string, string>>;

/** One message at one end of one hop. The two ends write apart; comparing them is what proves propagation. */
export interface LedgerEntry {
  /** Which message: `{connection}#{n}`, equal at both ends. */
  readonly message: string;
  readonly end: "sent" | "received";
  readonly from: string;
  readonly to: string;
  /** The agent that the caller acts for, where there is one. */
  readonly agent?: string;
  /**
   * Of `model`, a request to a model's API, no hop is judged: the API continues nobody's trace. Nor of `line`, a message
   * over a program's stdin: such a program gets context once, from its `environment`.
   */
  readonly protocol: "mcp" | "a2a" | "in-process" | "http" | "environment" | "model" | "line";
  readonly transport: TransportName;
  /** The request's or notification's method; replies carry that of their request. */
  readonly method: string;
  readonly role: "request" | "notification" | "reply";
  readonly timeUnixNano: bigint;
  readonly carrier: CarrierFields;
  /**
   * W3C fields that came along where the protocol does not read them: in the HTTP headers of a message of MCP, in the
   * message of A2A. Absent where there are none, and where that place is out of sight.
   */
  readonly beside?: CarrierFields;
  /**
   * Of a reply over HTTP: its status, also where that refuses the request and no message of the protocol came. Absent
   * where nothing of HTTP is in sight.
   */
  readonly status?: number;
  /**
   * Keys of the carrier that stand in the text more than once, as `_meta` or `traceparent`: `carrier` has what a reader of
   * JSON makes of it, in silence. Absent where there are none.
   */
  readonly repeated?: readonly string[];
  /** Whether a program outside of Troupe told it of itself: what it sends is nobody else's to change. Absent where not. */
  readonly isTold?: boolean;
  /** The message as it crossed; of a reply empty where only its status is known. */
  readonly text: string;
}

/** One message that crossed from one service to another, judged. */
export interface Hop {
  readonly from: string;
  readonly to: string;
  readonly agent: string | null;
  readonly method: string;
  readonly transport: TransportName;
  /** Where context rode: `params._meta`, `traceparent`, …; null when nothing was injected. */
  readonly carrier: string | null;
  /** The status of HTTP with which it was answered; null where nothing of HTTP is in sight. */
  readonly status: number | null;
  readonly verdict: "whole" | "broken";
  /** None for a whole hop, one where Troupe owns the callee, else as many as what is known does not rule out. */
  readonly causes: readonly Cause[];
  /** What was found that speaks for the causes, as a part of a sentence; null where they say it all. */
  readonly detail: string | null;
}

/** Everything that can happen to a message on its way; `carrier` for all that can to what it carries of its trace. Closed. */
export type FaultName =
  | "delay"
  | "drop"
  | "duplicate"
  | "reorder"
  | "disconnect"
  | "hang"
  | "slow-stream"
  | "early-close"
  | "truncated"
  | "malformed"
  | "oversized"
  | "wrong-id"
  | "wrong-shape"
  | "rpc-error"
  | "is-error"
  | "http-status"
  | "carrier";

/** A fault that happened to a message: what was done to it, and to which. */
export interface FiredFault {
  /** Which of the scenario's `faults` it was, from 0. */
  readonly index: number;
  readonly fault: FaultName;
  /** Who asked, also where the fault hit the reply. */
  readonly from: string;
  readonly to: string;
  /** The agent that asked, where the message says so; of what is said to an agent, that one. */
  readonly agent: string | null;
  readonly method: string;
  readonly tool: string | null;
  readonly direction: "request" | "reply";
  /** The how-manieth it was of the messages that the fault's rule fits, counted from 1 for each agent that asks. */
  readonly occurrence: number;
  readonly transport: TransportName;
  /** The request, as the ledger calls it, also where the fault hit the reply. */
  readonly message: string;
  /** What was stated or drawn, as `350 ms` or `503`, of a carrier how it went wrong; empty where there is nothing to add. */
  readonly detail: string;
  readonly timeUnixNano: bigint;
}

/** What has come of a run's faults in one process. */
export interface FaultTally {
  readonly fired: readonly FiredFault[];
  /** How many messages the rule of each fault fitted, by its place in the scenario's list. */
  readonly fitting: readonly number[];
  /** How many more each might have fitted, of which nobody knows what agent asked. */
  readonly unknown: readonly number[];
}

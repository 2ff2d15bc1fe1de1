import type { HOP_PROTOCOLS } from "../check/propagation/policy.ts";
import type { FaultName } from "../trace/evidence.ts";

/**
 * Which messages a fault hits: those of which every stated part holds.
 *
 * What is stated is the hop, so that `from` is who asks and `to` who is asked also where the fault hits the reply.
 */
interface FaultRule {
  /** The service that asks: `agents`, a program, or a remote agent. */
  readonly from?: string;
  /** The mock that is asked: a server or a remote agent. */
  readonly to?: string;
  /** The agent that asks; of what is said to an agent, that one. */
  readonly agent?: string;
  /** Where it is left out, all that agents ask for, and nothing of the lifecycle: no handshake, list, notification or card. */
  readonly method?: string;
  readonly tool?: string;
  /** Only the how-manieth of them, counted from 1 for each agent that asks. */
  readonly occurrence?: number;
  /** How likely it hits each of them, from 0 to 1, drawn from the seed and keyed by the message. Default 1. */
  readonly rate?: number;
}

export type Direction = "request" | "reply";

/** Milliseconds: a number, a range with all in it equally likely, or the quantiles of a long tail. */
export type DelayMs =
  number | readonly [min: number, max: number] | { readonly p50: number; readonly p90: number; readonly p99: number };

/** What happens to a message that a rule chose. */
type FaultAct =
  /** It arrives later, and over a pipe all that comes behind it too. */
  | { readonly fault: "delay"; readonly ms: DelayMs }
  /** It never arrives. */
  | { readonly fault: "drop" }
  /** It arrives twice. */
  | { readonly fault: "duplicate" }
  /** The next one of its hop and direction arrives before it, or nobody does for that long. Default 100 ms. */
  | { readonly fault: "reorder"; readonly withinMs?: number }
  /** The connection ends in its place. */
  | { readonly fault: "disconnect" }
  /** Neither it nor anything after it arrives, in its direction of the hop; the connection stays. */
  | { readonly fault: "hang" }
  /** It comes in so many pieces, one after the other. Default 8, every 50 ms. */
  | { readonly fault: "slow-stream"; readonly pieces?: number; readonly everyMs?: number }
  /** The connection ends in the middle of it. */
  | { readonly fault: "early-close" }
  /** Its JSON ends in the middle. */
  | { readonly fault: "truncated" }
  /** It is no JSON. */
  | { readonly fault: "malformed" }
  /** White space makes it as large as that, in bytes. Default 1 MiB. */
  | { readonly fault: "oversized"; readonly bytes?: number }
  /** It answers a request that nobody has made. */
  | { readonly fault: "wrong-id" }
  /** Each member of its result has a type that it must not have. */
  | { readonly fault: "wrong-shape" }
  /** It is a JSON-RPC error. Default -32603. */
  | { readonly fault: "rpc-error"; readonly code?: number; readonly message?: string }
  /** It is a tool's result that says the tool failed. */
  | { readonly fault: "is-error"; readonly text?: string }
  /** HTTP answers in its place: for a request, the callee never hears of it. */
  | { readonly fault: "http-status"; readonly status: number; readonly body?: string };

/** A fault in messages of MCP or A2A. */
export type MessageFault = FaultRule &
  FaultAct & {
    /** Whether the request is hit or its reply. Each fault has its own default; some can hit replies alone. */
    readonly direction?: Direction;
  };

/** How a carrier can go wrong. */
export const CARRIER_MUTATIONS = [
  /** It is not sent at all. */
  "dropped",
  /** Its keys have a prefix. */
  "namespaced",
  /** Its keys and ids are in upper case. */
  "upper-cased",
  /** Its `traceparent` is cut short. */
  "malformed",
  /** It is that of another message. */
  "stale",
  /** Another context stands beside its own, as HTTP joins a header that is there twice. */
  "duplicated",
  /** It says that the trace is not sampled. */
  "flags-cleared",
] as const;

export type CarrierMutation = (typeof CARRIER_MUTATIONS)[number];

/** A fault in what a request or notification carries of its trace; the message itself arrives. */
export interface CarrierFault extends FaultRule {
  readonly carrier: CarrierMutation;
  /** Whether its sender never writes it right, or somebody between the two spoils it. Default: the sender. */
  readonly by?: "sender" | "intermediary";
  /**
   * Whose context a stale one is. Default: that of its sender's last message before which had another; where there is none,
   * as where it says so, that of an earlier run.
   */
  readonly of?: "message" | "run";
  /** Default: `mcp` and `a2a`. What agents and the user tell each other is `in-process`, a program's start `environment`. */
  readonly protocol?: (typeof HOP_PROTOCOLS)[number];
}

/** What a scenario lists under `faults`. Plain data, which crosses to other processes. */
export type WireFault = MessageFault | CarrierFault;

export function isCarrierFault(fault: WireFault): fault is CarrierFault {
  return "carrier" in fault;
}

/** What a fault is called where it stands in a list. */
export function faultLabel(fault: WireFault): string {
  return isCarrierFault(fault) ? `carrier ${fault.carrier}` : fault.fault;
}

/** The directions that each fault can hit, its default first. */
export const DIRECTIONS: Readonly<Record<Exclude<FaultName, "carrier">, readonly [Direction, ...Direction[]]>> = {
  delay: ["request", "reply"],
  drop: ["request", "reply"],
  duplicate: ["request", "reply"],
  reorder: ["request", "reply"],
  disconnect: ["request", "reply"],
  hang: ["reply", "request"],
  "slow-stream": ["reply"],
  "early-close": ["reply"],
  truncated: ["reply", "request"],
  malformed: ["reply", "request"],
  oversized: ["reply", "request"],
  "wrong-id": ["reply"],
  "wrong-shape": ["reply"],
  "rpc-error": ["reply"],
  "is-error": ["reply"],
  "http-status": ["reply", "request"],
};

/** The direction that a fault hits. */
export function directionOf({ fault, direction = DIRECTIONS[fault][0] }: MessageFault): Direction {
  return direction;
}

import type { CarrierFields, Cause, TransportName } from "../../trace/evidence.ts";
import type { Span } from "../../trace/span.ts";
import type { ContextKind } from "./contexts.ts";

/** What is proved, and so which end Troupe stands in for. */
export type PeerKind = "mcp-server" | "mcp-client" | "a2a";

/** Both places where a message may bring context. Over stdio there are no headers. */
export interface Carriers {
  /** `params._meta`. */
  readonly meta: CarrierFields;
  /** HTTP headers. */
  readonly header: CarrierFields;
}

/** How a request was answered: `tool-error` is a result with `isError`, `none` no answer within the limit. */
export interface Reply {
  readonly kind: "result" | "error" | "tool-error" | "none";
  /** The result or error as JSON; of `none`, why there is none. */
  readonly text: string;
}

/** What a message is about. */
export interface Subject {
  readonly method: string;
  /** The tool, prompt or resource, where there is one. */
  readonly target?: string;
  readonly transport: TransportName;
  /** Absent for a notification. */
  readonly requestId?: string;
  /** Absent where the transport has none. */
  readonly sessionId?: string;
}

/** One message that Troupe sent to the peer, one after the other, and what came of it. */
export interface Trial extends Subject {
  readonly context: ContextKind;
  /** Where the message brought its context. */
  readonly place: Place;
  readonly carriers: Carriers;
  /** Absent for a notification. */
  readonly reply?: Reply;
  /** From before it was sent until before the next one was. */
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
}

/** `both` brings one context in `_meta` and another in the headers. */
export type Place = "_meta" | "header" | "both";

/** A message that the peer sent and Troupe received: to our server, or to the downstream hop. */
export interface Heard extends Subject {
  readonly protocol: "mcp" | "http" | "environment";
  readonly carriers: Carriers;
  readonly timeUnixNano: bigint;
  readonly reply?: Reply;
}

/** What is known besides the trials themselves. */
export interface Evidence {
  /** Which carrier the peer has to read. */
  readonly due: "_meta" | "header";
  /** What the peer exported. */
  readonly spans: readonly Span[];
  /** What it sent on. */
  readonly downstream: readonly Heard[];
  /** Whether the peer was given somewhere to send on to. */
  readonly hasDownstream: boolean;
  /** Whether its spans are stamped by this machine's clock, so that one without our trace id can be told by its time. */
  readonly isSameClock: boolean;
}

/** `not-due`: nothing asks for it here. `cannot-tell`: the evidence is missing. */
export type Answer = "yes" | "no" | "not-due" | "cannot-tell";

export interface Finding {
  readonly answer: Answer;
  /** The evidence, or which is missing; half a sentence. */
  readonly why: string;
  /** Of a `no`: what broke. Empty for one that breaks no trace. */
  readonly causes: readonly Cause[];
}

/** What is known of one message, question by question. */
export interface Proved {
  readonly subject: Subject;
  /** What it brought, as it went. */
  readonly carriers: Carriers;
  /** What brought context, as a report calls it: `_meta`, `header`, `environment`. */
  readonly carrier: string;
  /** What context was brought; of a client, what its message was seen to carry. */
  readonly context: string;
  /** Whether the peer's span is a child of ours. */
  readonly read: Finding;
  /** Whether trace id, tracestate and baggage are what they were. */
  readonly kept: Finding;
  /** Whether what the peer sent next brings the context. */
  readonly passedOn: Finding;
  /** Whether its span says what the conventions ask for. */
  readonly recorded: Finding;
}

export const QUESTIONS = ["read", "kept", "passedOn", "recorded"] as const;

export function yes(why: string): Finding {
  return { answer: "yes", why, causes: [] };
}

export function no(why: string, ...causes: readonly Cause[]): Finding {
  return { answer: "no", why, causes };
}

export function cannotTell(why: string): Finding {
  return { answer: "cannot-tell", why, causes: [] };
}

export function notDue(why: string): Finding {
  return { answer: "not-due", why, causes: [] };
}

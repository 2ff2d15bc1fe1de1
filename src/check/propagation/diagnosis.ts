import { CAUSES, type CarrierFields, type Cause, type LedgerEntry } from "../../trace/evidence.ts";
import type { Kind } from "../../trace/kinds.ts";
import { serviceOf } from "../../trace/span.ts";
import type { SpanNode } from "../../trace/tree.ts";
import type { CalleeSpans } from "./callee-spans.ts";
import { contextIn, readCarrier } from "./carrier.ts";
import type { Crossing } from "./crossings.ts";
import { type KnownSpans, idOf } from "./known-spans.ts";
import { hasFailed } from "./reply-status.ts";
import type { Traceparent } from "./trace-context.ts";

/** Why a hop is broken; undefined for a whole one. */
export interface Diagnosis {
  readonly causes: readonly Cause[];
  readonly detail: string | null;
}

/** What messages set out in one context. */
export interface ContextUse {
  readonly requests: number;
  /** The place of the first of them. */
  readonly first: number;
}

/** What is known of a run beside one message. */
export interface Around {
  readonly spans: CalleeSpans;
  readonly known: KnownSpans;
  /** What messages set out in each context, by what {@link idOf} makes of it. */
  readonly uses: () => ReadonlyMap<string, ContextUse>;
  /** Spans that came when nobody waited for them any more, by what {@link idOf} makes of them. */
  readonly late: ReadonlySet<string>;
  /** The message's own place among all. */
  readonly place: number;
  /** Whether no more spans can come. */
  readonly isComplete: boolean;
  readonly isLinking: boolean;
}

/** The first fault on a message's way: where it set out, between the two, where it arrived, in what was exported of it. */
export function diagnose(crossing: Crossing, around: Around): Diagnosis | undefined {
  return faultAtCaller(crossing, around) ?? faultOnTheWay(crossing, around) ?? faultAtCallee(crossing, around);
}

function one(cause: Cause, detail: string | null = null): Diagnosis {
  return { causes: [cause], detail };
}

/** In the order of the closed list. */
function several(causes: readonly Cause[], detail: string | null = null): Diagnosis {
  return { causes: CAUSES.filter((cause) => causes.includes(cause)), detail };
}

function faultAtCaller({ left, sent, received }: Crossing, { known }: Around): Diagnosis | undefined {
  if (left.state === "bad") return one("bad-carrier", `${left.fault}: ${left.detail}`);
  if (left.state === "absent") {
    const elsewhere = besideOf(sent) ?? besideOf(received);
    if (elsewhere !== undefined) return one("wrong-carrier", `it rode in ${elsewhere}`);
    // Of a caller that writes nothing down it is not known what it sent.
    return sent === undefined
      ? several(["not-injected", "re-rooted"], "it came without, and what was sent nobody wrote down")
      : one("not-injected");
  }
  const stale = sent === undefined ? undefined : staleness(sent, left.context, known);
  return stale === undefined ? undefined : one("bad-carrier", `stale: ${stale}`);
}

/** Why a context is not that of the moment at which its caller sent it. */
function staleness(
  { from, method, role, timeUnixNano, isTold = false }: LedgerEntry,
  context: Traceparent,
  known: KnownSpans,
): string | undefined {
  const caller = known.spanOf(context);
  const name = `the span ${context.spanId}`;
  if (caller === undefined) {
    // A program that exports nothing takes part in no trace that is known.
    const isAlien = context.isSampled && !isTold && !known.isInTrace(from, context);
    return isAlien ? `${name} is in no trace that ${from} takes part in` : undefined;
  }
  const { span, meaning } = caller;
  // A notification has no span of its own, and may come of work that nobody waits for.
  const isOver = span.endTimeUnixNano !== undefined && span.endTimeUnixNano < timeUnixNano;
  if (isOver && role !== "notification") return `${name} had ended when the message left`;
  const isOtherCall = CALLS.has(meaning.kind) && meaning.method !== undefined && meaning.method !== method;
  return role === "request" && isOtherCall ? `${name} is that of ${meaning.method}` : undefined;
}

/** Kinds of spans that stand for one request. */
const CALLS: ReadonlySet<Kind> = new Set(["mcp.client", "a2a.client"]);

/** Where the context rode that did not ride where the protocol reads it. */
function besideOf(entry: LedgerEntry | undefined): string | undefined {
  if (entry?.beside === undefined) return undefined;
  const { state } = readCarrier(entry.beside, "http");
  if (state === "absent") return undefined;
  return entry.protocol === "mcp" ? "HTTP's headers" : "the message";
}

function faultOnTheWay({ left, came }: Crossing, around: Around): Diagnosis | undefined {
  if (left.state !== "valid" || came === undefined) return undefined;
  if (came.state === "absent") return one("re-rooted", "it set out with context and came without");
  if (came.state === "bad") return one("bad-carrier", `${came.fault} on the way: ${came.detail}`);
  return faultOfChange(left.context, came.context, around);
}

function faultOfChange(left: Traceparent, came: Traceparent, { known, uses, place }: Around): Diagnosis | undefined {
  if (idOf(left) === idOf(came)) return undefined;
  if ((uses().get(idOf(came))?.first ?? place) < place)
    return one("bad-carrier", "stale on the way: it came with the context of an earlier message");
  // An intermediary that takes part in the trace puts its own span there.
  if (known.isUnder(known.spanOf(came), known.spanOf(left))) return undefined;
  const what = left.traceId === came.traceId ? "under another span" : "in another trace";
  return one("re-rooted", `it set out in one context and came ${what}`);
}

function faultAtCallee(crossing: Crossing, around: Around): Diagnosis | undefined {
  const { arrived, late, strays } = around.spans;
  const node = arrived.get(crossing);
  if (node !== undefined) return faultOfRecord(crossing, node, around);
  const lateSpan = late.get(crossing)?.span;
  if (lateSpan !== undefined) return one("late", `its span ${lateSpan.spanId} continues the carrier`);
  const { isCalleeOwn, received } = crossing;
  if (isCalleeOwn && received === undefined) return one("never-exported", "the message did not reach it");
  const stray = strays.get(crossing);
  return stray === undefined ? faultOfSilence(crossing, around) : faultOfStray(crossing, stray, around);
}

/** Of a foreign callee it is not known what reached it. */
function faultOfStray(crossing: Crossing, { span, parent, meaning }: SpanNode, around: Around): Diagnosis | undefined {
  const { message, received, context, isCalleeOwn } = crossing;
  const { known } = around;
  const detail = `its span ${span.spanId}`;
  if (span.parentSpanId === undefined)
    return several(isCalleeOwn ? ["not-extracted"] : ["not-extracted", "re-rooted"], `${detail} is a root`);
  const parentId = idOf({ traceId: span.traceId, spanId: span.parentSpanId });
  if (received?.beside !== undefined && parentId === idIn(received.beside))
    return one("wrong-carrier", `${detail} continues what rode in ${besideOf(received)}`);
  if (around.isLinking && context !== undefined && parentId === idOf(context))
    return one("wrong-parent", `${detail} continues the trace, where a link is due`);
  if (parent === undefined && meaning.method === undefined && span.traceId === context?.traceId)
    return { ...faultOfSilence(crossing, around), detail: `the parent of ${detail} is missing` };
  if (isCalleeOwn) return one("wrong-parent", `${detail} hangs under ${span.parentSpanId}`);
  // What an intermediary puts between the two belongs to the way.
  if (context !== undefined && known.isUnder(parent, known.spanOf(context))) return undefined;
  const isAmongTheTwo = parent !== undefined && [message.from, message.to].includes(serviceOf(parent.span));
  const causes: readonly Cause[] = isAmongTheTwo ? ["wrong-parent"] : ["wrong-parent", "re-rooted"];
  return several(causes, `${detail} hangs under ${span.parentSpanId}`);
}

function idIn(fields: CarrierFields): string | undefined {
  const context = contextIn(fields, "http");
  return context === undefined ? undefined : idOf(context);
}

function faultOfSilence({ context, isCalleeOwn, status = 0 }: Crossing, { isComplete }: Around): Diagnosis {
  if (context?.isSampled === false) return several(isCalleeOwn ? ["sampled-out"] : ["sampled-out", "never-exported"]);
  const detail = status >= 400 ? `it was refused with status ${status}` : null;
  return several(isCalleeOwn || isComplete ? ["never-exported"] : ["never-exported", "late"], detail);
}

function faultOfRecord(crossing: Crossing, node: SpanNode, around: Around): Diagnosis | undefined {
  const { known } = around;
  if (node.span.endTimeUnixNano === undefined)
    return one("never-exported", `its span ${node.span.spanId} has never ended`);
  const records = known.records(node);
  if (records > 1) return one("duplicate-export", `its span ${node.span.spanId} came ${records} times`);
  return faultOfCallerRecord(crossing, around) ?? faultOfStatus(crossing, node, around);
}

/** A span that hangs under a record which never came is an orphan, however well its context was kept. */
function faultOfCallerRecord(
  { message, sent, context }: Crossing,
  { known, late, isLinking }: Around,
): Diagnosis | undefined {
  if (context === undefined || !context.isSampled || isLinking || known.spanOf(context) !== undefined) return undefined;
  if (late.has(idOf(context))) return one("late", `the span ${context.spanId} that the carrier names is the caller's`);
  const detail = `the span ${context.spanId} that the carrier names never came`;
  const isAlien = sent === undefined && !known.isInTrace(message.from, context);
  return several(isAlien ? ["never-exported", "re-rooted"] : ["never-exported"], detail);
}

function faultOfStatus(crossing: Crossing, callee: SpanNode, { known, uses }: Around): Diagnosis | undefined {
  const { message, reply, context } = crossing;
  const isFailure = reply === undefined ? undefined : hasFailed(reply);
  if (isFailure === undefined || context === undefined) return undefined;
  if (callee.meaning.method === message.method && hasErrorStatus(callee) !== isFailure)
    return wrongStatus("callee", callee, isFailure);
  // A caller may fail by itself after a reply that did not, and may try again after one that did.
  const caller = isFailure && uses().get(idOf(context))?.requests === 1 ? known.spanOf(context) : undefined;
  const isItsCall = caller?.meaning.kind === "tool" || caller?.meaning.method === message.method;
  return caller !== undefined && isItsCall && !hasErrorStatus(caller)
    ? wrongStatus("caller", caller, isFailure)
    : undefined;
}

function wrongStatus(whose: "caller" | "callee", { span }: SpanNode, isFailure: boolean): Diagnosis {
  const said = isFailure ? "the reply is an error" : "the reply is no error";
  return one("wrong-status", `${said}, and the ${whose}'s span ${span.spanId} has the status ${span.status.code}`);
}

function hasErrorStatus({ span }: SpanNode): boolean {
  return span.status.code === "error";
}

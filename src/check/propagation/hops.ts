import type { Hop, LedgerEntry } from "../../trace/evidence.ts";
import type { Span } from "../../trace/span.ts";
import type { SpanNode, Tree } from "../../trace/tree.ts";
import { calleeSpans } from "./callee-spans.ts";
import { carrierLabel } from "./carrier.ts";
import { type Crossing, crossingsOf } from "./crossings.ts";
import { type ContextUse, type Diagnosis, diagnose } from "./diagnosis.ts";
import { type PropagationPolicy, isLinking } from "./policy.ts";
import { idOf, knownSpans, lazy } from "./known-spans.ts";

/** What hops are judged by. */
export interface HopEvidence {
  /** What crossed the wires; empty for a trace file. */
  readonly ledger: readonly LedgerEntry[];
  readonly trees: readonly Tree[];
  /** Whether every span that is known to exist has arrived. */
  readonly isComplete: boolean;
  /** Spans whose records came when nobody waited for them any more; none, where nobody listened. */
  readonly late?: readonly Span[];
  /** Default: each callee continues the context that reaches it. */
  readonly propagation?: PropagationPolicy;
}

/** A hop, and the caller's span, where its record is there. */
export interface JudgedHop {
  readonly hop: Hop;
  readonly caller: SpanNode | undefined;
}

/**
 * Judges each request and notification that crossed between two services, in the order in which they left.
 *
 * A hop is whole when the callee has a span whose parent is the span named in the carrier, and that span came once, has
 * ended, and agrees with the reply. Of a broken one the first fault on its way is named. Each span of the callee speaks for
 * one hop only. O(n log n) for n ledger entries and spans.
 */
export function judgeHops(evidence: HopEvidence): readonly Hop[] {
  return judgedHops(evidence).map(({ hop }) => hop);
}

/** A run's hops are asked for by its report and by `propagation()`. */
const judged = new WeakMap<HopEvidence, readonly JudgedHop[]>();

/** The same, each with its caller. */
export function judgedHops(evidence: HopEvidence): readonly JudgedHop[] {
  const hops = judged.get(evidence) ?? judgeNow(evidence);
  judged.set(evidence, hops);
  return hops;
}

function judgeNow({ ledger, trees, isComplete, late = [], propagation = {} }: HopEvidence): readonly JudgedHop[] {
  const crossings = crossingsOf(ledger);
  const spans = calleeSpans(crossings, trees, { policy: propagation, late });
  const known = knownSpans(trees);
  const uses = lazy(() => usesOf(crossings));
  const lateIds = new Set(late.map(idOf));
  return crossings.map((crossing, place) => {
    const { message, left } = crossing;
    const around = { spans, known, uses, late: lateIds, place, isComplete, isLinking: isLinking(propagation, message) };
    const hop = hopOf(crossing, diagnose(crossing, around));
    const isTraced = hop.verdict === "broken" && left.state === "valid";
    return { hop, caller: isTraced ? known.spanOf(left.context) : undefined };
  });
}

/** How often requests set out in each context, and which message did first. */
function usesOf(crossings: readonly Crossing[]): ReadonlyMap<string, ContextUse> {
  const uses = new Map<string, { requests: number; readonly first: number }>();
  for (const [first, { message, left }] of crossings.entries()) {
    if (left.state !== "valid") continue;
    const use = uses.get(idOf(left.context)) ?? { requests: 0, first };
    uses.set(idOf(left.context), use);
    if (message.role === "request") use.requests++;
  }
  return uses;
}

function hopOf({ message, left, status }: Crossing, diagnosis: Diagnosis | undefined): Hop {
  const { from, to, agent = null, method, transport, protocol } = message;
  return {
    from,
    to,
    agent,
    method,
    transport,
    carrier: left.state === "absent" ? null : carrierLabel(protocol),
    status: status ?? null,
    verdict: diagnosis === undefined ? "whole" : "broken",
    causes: diagnosis?.causes ?? [],
    detail: diagnosis?.detail ?? null,
  };
}

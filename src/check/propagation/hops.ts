import type { Hop, LedgerEntry } from "../../trace/evidence.ts";
import type { Span } from "../../trace/span.ts";
import type { SpanNode, Tree } from "../../trace/tree.ts";
import { calleeSpans } from "./callee-spans.ts";
import { carrierLabel } from "./carrier.ts";
import { type Crossing, crossingsOf } from "./crossings.ts";
import { diagnose, type Diagnosis } from "./diagnosis.ts";
import { type PropagationPolicy, isLinking } from "./policy.ts";
import { idOf, knownSpans } from "./known-spans.ts";

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
  const index = knownSpans(trees);
  const sharers = new Map<string, number>();
  for (const { message, context } of crossings)
    if (context !== undefined && message.role === "request")
      sharers.set(idOf(context), (sharers.get(idOf(context)) ?? 0) + 1);
  const known = new Set<string>();
  return crossings.map((crossing) => {
    const { message, left } = crossing;
    const around = { spans, index, known, sharers, isComplete, isLinking: isLinking(propagation, message) };
    const hop = hopOf(crossing, diagnose(crossing, around));
    if (left.state !== "valid") return { hop, caller: undefined };
    known.add(idOf(left.context));
    return { hop, caller: hop.verdict === "broken" ? index.spanOf(left.context) : undefined };
  });
}

function hopOf({ message, left }: Crossing, diagnosis: Diagnosis | undefined): Hop {
  const { from, to, agent = null, method, transport, protocol } = message;
  return {
    from,
    to,
    agent,
    method,
    transport,
    carrier: left.state === "absent" ? null : carrierLabel(protocol),
    verdict: diagnosis === undefined ? "whole" : "broken",
    causes: diagnosis?.causes ?? [],
    detail: diagnosis?.detail ?? null,
  };
}

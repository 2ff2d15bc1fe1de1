import type { Kind } from "../kinds.ts";
import { serviceOf } from "../span.ts";
import { earlyByNano, lateByNano } from "../tree/timing.ts";
import type { SpanNode } from "../tree.ts";
import { many, milliseconds, percent, type Rule, ruleOf, type Sighting } from "./rule.ts";
import type { TraceView } from "./view.ts";

/** Steps of which one can be the slow one: no models, nothing that holds the work of others, no person who approves. */
const STEPS: ReadonlySet<Kind> = new Set<Kind>([
  "embedding",
  "retrieval",
  "rerank",
  "tool",
  "mcp.client",
  "mcp.server",
  "a2a.client",
  "a2a.server",
  "gateway",
  "guardrail",
  "evaluator",
  "memory",
  "stt",
  "tts",
  "http",
]);

/** Whether the times of a trace can be true, and where they went. */
export const TIMING_RULES: readonly Rule[] = [
  ruleOf({
    name: "clock-skew",
    level: "warning",
    reason: "The clocks of two machines differ: what seems to happen before its cause cannot be put in order or timed.",
    mend: "Synchronise the clocks of both services (NTP), or correct for the difference where traces are stored.",
    thresholds: { toleranceMs: 1 },
    find: ({ nodes }, { toleranceMs }) => {
      const byPair = new Map<string, { readonly node: SpanNode; count: number; skewNano: bigint }>();
      for (const node of nodes) {
        const skewNano = skewOf(node, nanoOf(toleranceMs));
        if (skewNano === undefined || node.parent === undefined) continue;
        const pair = JSON.stringify([serviceOf(node.parent.span), serviceOf(node.span)]);
        const known = byPair.get(pair);
        if (known === undefined) byPair.set(pair, { node, count: 1, skewNano });
        else if (++known.count > 0 && magnitude(skewNano) > magnitude(known.skewNano)) known.skewNano = skewNano;
      }
      return [...byPair.values()].map(({ node, count, skewNano }) => {
        const way = skewNano < 0n ? "behind" : "ahead of";
        const services = `${nameOf(node)} is ${milliseconds(Number(magnitude(skewNano)) / 1e6)} ${way} ${nameOf(node.parent)}`;
        return {
          node,
          seen: `the clock of ${services}, by ${many(count, "call")} that would else lie outside of their callers`,
        };
      });
    },
  }),
  ruleOf({
    name: "early-child",
    level: "warning",
    reason: "A span that starts before its parent was not caused by it, or one of them was timed in the wrong place.",
    mend: "Start the parent's span before the work begins, and give start times only from one clock.",
    thresholds: { toleranceMs: 1 },
    find: (trace, { toleranceMs }) =>
      outside(trace, nanoOf(toleranceMs), (span, parent) => earlyByNano(span, parent), "start", "before"),
  }),
  ruleOf({
    name: "late-child",
    level: "note",
    reason: "A span that outlives its parent is work that nobody waited for, or its parent was ended too soon.",
    mend: "End the parent's span when all of its work is done; where it is meant to go on alone, link it instead.",
    thresholds: { toleranceMs: 1 },
    find: (trace, { toleranceMs }) =>
      outside(trace, nanoOf(toleranceMs), (span, parent) => lateByNano(span, parent), "end", "after"),
  }),
  ruleOf({
    name: "slow-step",
    level: "warning",
    reason: "One step that is no model call takes most of the time that the user waits.",
    mend: "Make this step faster, give it less to do, run it beside others, or cache what it gives.",
    thresholds: { shareMax: 0.5, fromMs: 1000 },
    find: ({ criticalPath: { ownNano, totalNano } }, { shareMax, fromMs }) => {
      const slow: Sighting[] = [];
      for (const [node, own] of ownNano) {
        const share = Number(own) / Number(totalNano);
        if (!STEPS.has(node.meaning.kind) || own < nanoOf(fromMs) || share <= shareMax) continue;
        const [took, whole] = [Number(own) / 1e6, Number(totalNano) / 1e6];
        slow.push({
          node,
          seen: `${milliseconds(took)} of ${milliseconds(whole)} were spent waiting for it (${percent(share)})`,
        });
      }
      return slow;
    },
  }),
];

/**
 * By how much the clock of a span's service is ahead of that of its parent's (behind: below 0), at the least; `undefined`
 * where nothing tells. A call that is shorter than what its caller measured has to lie inside of that.
 */
function skewOf({ span, parent }: SpanNode, tolerance: bigint): bigint | undefined {
  if (parent === undefined || serviceOf(span) === serviceOf(parent.span)) return undefined;
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span;
  const { startTimeUnixNano: parentStart, endTimeUnixNano: parentEnd } = parent.span;
  if (end === undefined || parentEnd === undefined || end - start > parentEnd - parentStart) return undefined;
  const [early, late] = [parentStart - start, end - parentEnd];
  if (early > tolerance) return -early;
  return late > tolerance ? late : undefined;
}

/** One sighting a trace: the span that lies farthest outside of its parent, where no skew of clocks explains it. */
function outside(
  { nodes }: TraceView,
  tolerance: bigint,
  byNano: (span: SpanNode["span"], parent: SpanNode["span"]) => bigint,
  verb: string,
  order: string,
): readonly Sighting[] {
  let count = 0;
  let farthest: { readonly node: SpanNode; readonly parent: SpanNode; readonly by: bigint } | undefined;
  for (const node of nodes) {
    const { span, parent } = node;
    const by = parent === undefined ? 0n : byNano(span, parent.span);
    if (parent === undefined || by <= tolerance || skewOf(node, tolerance) !== undefined) continue;
    count++;
    if (farthest === undefined || by > farthest.by) farthest = { node, parent, by };
  }
  if (farthest === undefined) return [];
  const others =
    count === 1 ? "" : `; ${many(count - 1, "other span")} of the trace ${count === 2 ? "does" : "do"} so too`;
  const by = milliseconds(Number(farthest.by) / 1e6);
  return [
    { node: farthest.node, seen: `it ${verb}s ${by} ${order} its parent ${farthest.parent.span.spanId}${others}` },
  ];
}

function nameOf(node: SpanNode | undefined): string {
  return (node === undefined ? "" : serviceOf(node.span)) || "(no service name)";
}

function magnitude(nano: bigint): bigint {
  return nano < 0n ? -nano : nano;
}

function nanoOf(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}

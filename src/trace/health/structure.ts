import type { Kind } from "../kinds.ts";
import { isParentRemote, type Span } from "../span.ts";
import type { SpanNode } from "../tree.ts";
import { labelOf, many, percent, type Rule, ruleOf } from "./rule.ts";
import type { TraceView } from "./view.ts";

/** Whether the spans of a trace hang together. */
export const STRUCTURE_RULES: readonly Rule[] = [
  ruleOf({
    name: "orphan-rate",
    level: "error",
    reason: "A span whose parent is absent hangs in the air: what caused it, and what it was part of, is lost.",
    mend: "Flush every process before it ends, export all services to one place, and pass the context on at every hop.",
    thresholds: { rateMax: 0 },
    find: (trace, { rateMax }) => {
      const orphans = orphansOf(trace);
      const [first] = orphans;
      const rate = orphans.length / trace.nodes.length;
      if (first === undefined || rate <= rateMax) return [];
      const parents = new Set(orphans.map(({ span }) => span.parentSpanId)).size;
      const seen = `${orphans.length} of ${many(trace.nodes.length, "span")} (${percent(rate)}) name ${many(parents, "parent")} that the trace does not hold`;
      return [{ node: first, seen }];
    },
  }),
  ruleOf({
    name: "missing-root",
    level: "error",
    reason: "Without its root nobody can say what the trace was for, how long it took, or whether it succeeded.",
    mend: "End and export the root span also when the process is stopped; a batch exporter has to be flushed.",
    thresholds: {},
    find: (trace) => {
      const { roots } = trace.tree;
      const [first] = roots;
      // Where the calling side recorded nothing at all, unsampled-parent says so.
      if (first === undefined || roots.some(isRoot) || roots.every(isEntry)) return [];
      return [
        {
          node: first,
          seen: `the trace has no root (${many(trace.nodes.length, "span")}); this span is the first at its top`,
        },
      ];
    },
  }),
  ruleOf({
    name: "split-trace",
    level: "error",
    reason:
      "One piece of work in two trees: no view of either shows the whole, and its time and cost are counted apart.",
    mend: "Inject the context where the call leaves (HTTP header, MCP _meta) and extract it where it arrives.",
    thresholds: { toleranceMs: 1000 },
    find: ({ tree }) => {
      const [first, ...others] = tree.roots.filter(isRoot);
      if (first === undefined) return [];
      const beside = labelOf(first);
      return others.map((node) => ({ node, seen: `a second root in the trace, beside ${beside}` }));
    },
  }),
  ruleOf({
    name: "unsampled-parent",
    level: "warning",
    reason: "The caller of this span recorded nothing: it was not sampled, or its service exports to another place.",
    mend: "Sample by parent (ParentBased) in every service, so that a trace is recorded whole or not at all.",
    thresholds: {},
    find: (trace) =>
      trace.tree.roots.some(isRoot)
        ? []
        : orphansOf(trace)
            .filter(isEntry)
            .map((node) => ({
              node,
              seen: `it was called by span ${node.span.parentSpanId ?? ""}, of which, as of all its side, nothing is recorded`,
            })),
  }),
  ruleOf({
    name: "duplicate-export",
    level: "warning",
    reason: "A span that is exported twice is counted twice by every store that does not look: errors, calls, cost.",
    mend: "Register one span processor for each exporter, and let no retry send again what was accepted.",
    thresholds: {},
    find: ({ tree }) => {
      const [first] = tree.copies;
      if (first === undefined) return [];
      const spans = new Set(tree.copies).size;
      return [
        {
          node: first,
          seen: `${many(spans, "span")} came again ${many(tree.copies.length, "time")}, equal to the last byte`,
        },
      ];
    },
  }),
];

/** Spans at the top that name a parent which is not there. */
export function orphansOf({ tree }: TraceView): readonly SpanNode[] {
  const orphans = new Set(tree.anomalies.filter(({ kind }) => kind === "orphan").map(({ spanId }) => spanId));
  return tree.roots.filter(({ span }) => orphans.has(span.spanId));
}

function isRoot({ span }: SpanNode): boolean {
  return span.parentSpanId === undefined || span.parentSpanId === "";
}

const FAR_ENDS: ReadonlySet<Kind> = new Set<Kind>(["mcp.server", "a2a.server"]);

/** Whether a span is where a call enters its service: its parent is in another process, as its flags or its kind say. */
function isEntry({ span, meaning }: SpanNode): boolean {
  return isParentRemote(span) ?? isFarEnd(span, meaning.kind);
}

function isFarEnd({ spanKind }: Span, kind: Kind): boolean {
  return FAR_ENDS.has(kind) || spanKind === "server" || spanKind === "consumer";
}

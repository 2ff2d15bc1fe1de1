import { anomaliesOf } from "./tree/anomalies.ts";
import { handoffName } from "./dialects.ts";
import type { Meaning } from "./kinds.ts";
import { ownersOf } from "./owners.ts";
import { place } from "./tree/placement.ts";
import { distinctRecords, type Draft, type Records } from "./tree/records.ts";
import type { Span } from "./span.ts";
import { preorder } from "./walk.ts";

/** Something wrong with a trace's structure. Nothing is dropped or renamed in silence: it is named here. */
export interface Anomaly {
  readonly kind:
    | "orphan"
    | "duplicate-id"
    | "parent-cycle"
    | "self-parent"
    | "open"
    | "negative-duration"
    | "early-start"
    | "late-end";
  readonly spanId: string;
  readonly detail: string;
}

/** One span in its place. `children` by start, ties by canonical bytes, never by arrival. */
export interface SpanNode {
  readonly span: Span;
  readonly meaning: Meaning;
  readonly parent: SpanNode | undefined;
  readonly children: readonly SpanNode[];
}

/** The spans of one trace id, as a forest: roots and orphans (and one span of each parent cycle) at the top, by start. */
export interface Tree {
  readonly traceId: string;
  readonly roots: readonly SpanNode[];
  /** For each record that was an exact copy of another: the node that stands for both. */
  readonly copies: readonly SpanNode[];
  readonly anomalies: readonly Anomaly[];
}

/**
 * One tree for each trace id, by first start, then by trace id.
 *
 * Spans hang under `parentSpanId`. A span whose parent is absent, is itself, or is found again above it goes to the top
 * and is named in `anomalies`. A record that equals another to the last byte is one node; spans of different content
 * that share an id are each a node. The order of `spans` means nothing. O(n log n).
 */
export function buildTrees(spans: readonly Span[]): readonly Tree[] {
  const traces = new Map<string, Span[]>();
  for (const span of spans) {
    const trace = traces.get(span.traceId);
    if (trace === undefined) traces.set(span.traceId, [span]);
    else trace.push(span);
  }
  return [...traces.values()].map(distinctRecords).toSorted(byFirstStart).map(buildTree);
}

function buildTree(records: Records): Tree {
  const placement = place(records);
  nameHandoffSources(placement.roots);
  const traceId = records.nodes[0]?.span.traceId ?? "";
  return { traceId, roots: placement.roots, copies: records.copies, anomalies: anomaliesOf(records, placement) };
}

/** Where a handoff does not name its source, that is the agent at work. */
function nameHandoffSources(roots: readonly Draft[]): void {
  const drafts = preorder(roots);
  const owners = ownersOf(drafts);
  for (const draft of drafts) {
    const { handoff } = draft.meaning;
    const from = handoff?.from === "" ? owners.get(draft) : undefined;
    if (handoff === undefined || from === undefined) continue;
    const named = { from, to: handoff.to };
    draft.meaning = { ...draft.meaning, handoff: named, name: handoffName(named) };
  }
}

function byFirstStart(a: Records, b: Records): number {
  const [first, second] = [a.nodes[0]?.span, b.nodes[0]?.span];
  if (first === undefined || second === undefined) return 0;
  if (first.startTimeUnixNano !== second.startTimeUnixNano) {
    return first.startTimeUnixNano < second.startTimeUnixNano ? -1 : 1;
  }
  return first.traceId < second.traceId ? -1 : 1;
}

import { anomaliesOf } from "./tree/anomalies.ts";
import { handoffName } from "./dialects.ts";
import type { Kind, Meaning } from "./kinds.ts";
import { place } from "./tree/placement.ts";
import { distinctRecords, type Draft, type Records } from "./tree/records.ts";
import type { Span } from "./span.ts";

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
  /** The agent at work: the nearest agent above, not beyond the far end of a call; undefined where there is none. */
  readonly owner: string | undefined;
}

/** The spans of one trace id: roots and orphans (and one span of each parent cycle) at the top, by start. */
export interface Forest {
  readonly traceId: string;
  readonly roots: readonly SpanNode[];
}

/** A whole trace. */
export interface Tree extends Forest {
  /** Every node, parents before children. */
  readonly nodes: readonly SpanNode[];
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
  for (const draft of placement.nodes) {
    draft.owner = ownerOf(draft);
    nameHandoffSource(draft);
  }
  const { roots, nodes } = placement;
  const traceId = records.nodes[0]?.span.traceId ?? "";
  return { traceId, roots, nodes, copies: records.copies, anomalies: anomaliesOf(records, placement) };
}

/** Where another party takes over: what happens below is not the calling agent's own doing. */
const FAR_ENDS: ReadonlySet<Kind> = new Set<Kind>(["mcp.server", "a2a.server"]);

function ownerOf({ parent }: Draft): string | undefined {
  if (parent === undefined || FAR_ENDS.has(parent.meaning.kind)) return undefined;
  return parent.meaning.kind === "agent" ? parent.meaning.name : parent.owner;
}

/** Where a handoff does not name its source, that is the agent at work. */
function nameHandoffSource(draft: Draft): void {
  const { meaning, owner: from } = draft;
  if (meaning.handoff?.from !== "" || from === undefined) return;
  const named = { from, to: meaning.handoff.to };
  draft.meaning = { ...meaning, handoff: named, name: handoffName(named) };
}

function byFirstStart(a: Records, b: Records): number {
  const [first, second] = [a.nodes[0]?.span, b.nodes[0]?.span];
  if (first === undefined || second === undefined) return 0;
  if (first.startTimeUnixNano !== second.startTimeUnixNano) {
    return first.startTimeUnixNano < second.startTimeUnixNano ? -1 : 1;
  }
  return first.traceId < second.traceId ? -1 : 1;
}

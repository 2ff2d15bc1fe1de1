import type { SpanNode } from "../tree.ts";
import { findingOf, labelOf, type Finding, type Level } from "./rule.ts";
import type { TraceView } from "./view.ts";

/** One end of a call whose other end its own trace does not hold. */
interface LooseEnd {
  /** What was called; equal at both ends. */
  readonly call: string;
  readonly conversation: string | undefined;
  readonly startNano: bigint;
  readonly endNano: bigint;
  readonly node: SpanNode;
  readonly file: string | null;
}

/** The loose ends of many traces: of each side at most {@link LOOSE_ENDS_MAX}, those that came first. */
export interface LooseEnds {
  readonly calling: LooseEnd[];
  readonly called: LooseEnd[];
}

const LOOSE_ENDS_MAX = 10_000;

/** Notes the calls of a trace that nobody answered in it, and the answers at its top that nobody in it called for. */
export function addLooseEnds(ends: LooseEnds, { nodes, tree }: TraceView, file: string | null): void {
  for (const node of tree.roots) {
    const call = calledAs(node);
    const isRoot = (node.span.parentSpanId ?? "") === "";
    // A link is how work that is meant to have a trace of its own says where it comes from.
    if (call !== undefined && isRoot && node.span.links.length === 0) push(ends.called, looseEnd(call, node, file));
  }
  if (ends.calling.length >= LOOSE_ENDS_MAX) return;
  const answered = new Set<SpanNode>();
  for (const node of nodes.toReversed())
    if (node.parent !== undefined && (calledAs(node) !== undefined || answered.has(node))) answered.add(node.parent);
  for (const node of nodes) {
    const call = callingAs(node);
    if (call !== undefined && !answered.has(node)) push(ends.calling, looseEnd(call, node, file));
  }
}

export function mergeLooseEnds(into: LooseEnds, other: LooseEnds): void {
  for (const end of other.calling) push(into.calling, end);
  for (const end of other.called) push(into.called, end);
}

/** Calls whose two ends are in different traces: the same call, at the same time, of the same conversation. */
export function splitCalls({ calling, called }: LooseEnds, level: Level, toleranceMs: number): readonly Finding[] {
  const tolerance = BigInt(Math.round(toleranceMs * 1e6));
  const byCall = new Map<string, LooseEnd[]>();
  for (const near of calling.toSorted(byStart)) {
    const ends = byCall.get(near.call);
    if (ends === undefined) byCall.set(near.call, [near]);
    else ends.push(near);
  }
  const taken = new Set<LooseEnd>();
  return called.toSorted(byStart).flatMap((far) => {
    const near = byCall.get(far.call)?.find((end) => !taken.has(end) && isAround(end, far, tolerance));
    if (near === undefined) return [];
    taken.add(near);
    const seen = `it answers ${labelOf(near.node)} of trace ${near.node.span.traceId} (span ${near.node.span.spanId}), and begins a trace of its own`;
    return [
      findingOf("split-trace", level, { traceId: far.node.span.traceId, file: far.file }, { node: far.node, seen }),
    ];
  });
}

function isAround(near: LooseEnd, far: LooseEnd, tolerance: bigint): boolean {
  const isInTime = near.startNano - tolerance <= far.startNano && far.startNano <= near.endNano + tolerance;
  const isOther =
    near.conversation !== undefined && far.conversation !== undefined && near.conversation !== far.conversation;
  return isInTime && !isOther && near.node.span.traceId !== far.node.span.traceId;
}

function looseEnd(call: string, node: SpanNode, file: string | null): LooseEnd {
  const { startTimeUnixNano: startNano, endTimeUnixNano: endNano = startNano, attributes } = node.span;
  const conversation = attributes["gen_ai.conversation.id"];
  // Nothing but the node itself is kept: its children would keep the whole trace in memory.
  const alone = { ...node, parent: undefined, children: [] };
  return {
    call,
    conversation: typeof conversation === "string" ? conversation : undefined,
    startNano,
    endNano,
    node: alone,
    file,
  };
}

function callingAs({ meaning: { kind, name, tool, method } }: SpanNode): string | undefined {
  if (kind === "a2a.client") return `a2a ${name}`;
  if (kind === "tool") return `mcp ${method ?? "tools/call"} ${tool ?? name}`;
  return kind === "mcp.client" ? `mcp ${name}` : undefined;
}

function calledAs({ meaning: { kind, name } }: SpanNode): string | undefined {
  if (kind === "a2a.server") return `a2a ${name}`;
  return kind === "mcp.server" ? `mcp ${name}` : undefined;
}

function push(list: LooseEnd[], end: LooseEnd): void {
  if (list.length < LOOSE_ENDS_MAX) list.push(end);
}

function byStart(a: LooseEnd, b: LooseEnd): number {
  return a.startNano < b.startNano ? -1 : a.startNano > b.startNano ? 1 : 0;
}

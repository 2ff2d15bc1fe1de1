import { KINDS } from "./kinds.ts";
import { byStart } from "./semantic.ts";
import { serviceOf } from "./span.ts";
import { earlyByNano, lateByNano } from "./tree/timing.ts";
import { usageOf } from "./tokens.ts";
import { actsOf, type Act } from "./trajectory.ts";
import type { Anomaly, SpanNode, Tree } from "./tree.ts";

/** What `troupe show --json` says of one trace (DESIGN §7). Counts are taken before splicing. */
export interface TraceSummary {
  readonly traceId: string;
  readonly spans: number;
  readonly uniqueSpans: number;
  readonly duplicates: number;
  readonly roots: number;
  readonly orphans: number;
  readonly depth: number;
  readonly services: readonly string[];
  readonly errors: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly tokens: { readonly input: number; readonly output: number; readonly total: number };
  readonly cost: number | null;
  readonly durationMs: number;
  readonly agents: readonly string[];
  readonly handoffs: readonly { readonly from: string; readonly to: string }[];
  readonly tools: readonly { readonly name: string; readonly agent: string | null }[];
  readonly earlyStarts: number;
  readonly lateEnds: number;
  readonly anomalies: readonly Anomaly[];
}

/**
 * Counts of a trace. Where a span was exported twice, the counts of its structure (spans, roots, orphans, errors, early
 * and late) are of records; what the spans mean (kinds, tokens, agents, handoffs, tools) is counted once.
 */
export function summarize(tree: Tree): TraceSummary {
  const { nodes, copies } = tree;
  const spanIds = new Set<string>();
  for (const { span } of nodes) spanIds.add(span.spanId);
  const records = copies.length === 0 ? nodes : [...nodes, ...copies];
  const acts = actsOf(tree);
  const { inputTokens, outputTokens, costUsd } = usageOf(tree);
  const { roots, orphans, errors, earlyStarts, lateEnds } = structureOf(records, spanIds);
  return {
    traceId: tree.traceId,
    spans: records.length,
    uniqueSpans: spanIds.size,
    duplicates: records.length - spanIds.size,
    roots,
    orphans,
    errors,
    earlyStarts,
    lateEnds,
    depth: depthOf(tree),
    services: servicesOf(nodes),
    kinds: kindCounts(nodes),
    tokens: { input: inputTokens, output: outputTokens, total: inputTokens + outputTokens },
    cost: costUsd,
    durationMs: durationMs(nodes),
    agents: agentNames(nodes),
    handoffs: handoffsOf(acts, nodes),
    tools: acts.filter(({ kind }) => kind === "tool").map(({ name, agent }) => ({ name, agent })),
    anomalies: tree.anomalies,
  };
}

function structureOf(
  records: readonly SpanNode[],
  spanIds: ReadonlySet<string>,
): Pick<TraceSummary, "roots" | "orphans" | "errors" | "earlyStarts" | "lateEnds"> {
  const counts = { roots: 0, orphans: 0, errors: 0, earlyStarts: 0, lateEnds: 0 };
  for (const { span, parent } of records) {
    const { parentSpanId = "" } = span;
    if (parentSpanId === "") counts.roots++;
    else if (!spanIds.has(parentSpanId)) counts.orphans++;
    if (span.status.code === "error") counts.errors++;
    if (parent !== undefined && earlyByNano(span, parent.span) > 0n) counts.earlyStarts++;
    if (parent !== undefined && lateByNano(span, parent.span) > 0n) counts.lateEnds++;
  }
  return counts;
}

/** The longest way down, a top span counting 1: how many levels there are. */
function depthOf({ roots }: Tree): number {
  let depth = 0;
  for (let level = roots; level.length > 0; level = level.flatMap(({ children }) => children)) depth++;
  return depth;
}

function servicesOf(nodes: readonly SpanNode[]): readonly string[] {
  const services = new Set<string>();
  for (const { span } of nodes) services.add(serviceOf(span));
  services.delete("");
  return [...services].toSorted();
}

/** How many spans mean what, in the order of the kinds. */
function kindCounts(nodes: readonly SpanNode[]): Readonly<Record<string, number>> {
  const found = new Map<string, number>();
  for (const { meaning } of nodes) found.set(meaning.kind, (found.get(meaning.kind) ?? 0) + 1);
  const counts: Record<string, number> = {};
  for (const kind of KINDS) {
    const count = found.get(kind);
    if (count !== undefined) counts[kind] = count;
  }
  return counts;
}

/** Latest end minus earliest start. */
export function durationMs(nodes: readonly SpanNode[]): number {
  let start: bigint | undefined;
  let end: bigint | undefined;
  for (const { span } of nodes) {
    if (start === undefined || span.startTimeUnixNano < start) start = span.startTimeUnixNano;
    if (span.endTimeUnixNano !== undefined && (end === undefined || span.endTimeUnixNano > end)) {
      end = span.endTimeUnixNano;
    }
  }
  return start === undefined || end === undefined ? 0 : Number(end - start) / 1e6;
}

type Handoff = TraceSummary["handoffs"][number];

/** The handoffs by start; where an agent's own span says who handed over to it, that is one more if no handoff span says so. */
function handoffsOf(acts: readonly Act[], nodes: readonly SpanNode[]): readonly Handoff[] {
  const handoffs: { readonly node: SpanNode; readonly handoff: Handoff }[] = acts.flatMap(({ node }) =>
    node.meaning.handoff === undefined ? [] : [{ node, handoff: node.meaning.handoff }],
  );
  const unclaimed = new Map<string, number>();
  const keyOf = ({ from, to }: Handoff): string => JSON.stringify([from, to]);
  for (const { handoff } of handoffs) unclaimed.set(keyOf(handoff), (unclaimed.get(keyOf(handoff)) ?? 0) + 1);
  const told: typeof handoffs = [];
  for (const node of nodes) {
    const { handedOverBy: from, name: to } = node.meaning;
    if (from === undefined || from === to) continue;
    const left = unclaimed.get(keyOf({ from, to })) ?? 0;
    if (left > 0) unclaimed.set(keyOf({ from, to }), left - 1);
    else told.push({ node, handoff: { from, to } });
  }
  if (told.length === 0) return handoffs.map(({ handoff }) => handoff);
  return [...handoffs, ...told].toSorted((a, b) => byStart(a.node, b.node)).map(({ handoff }) => handoff);
}

function agentNames(nodes: readonly SpanNode[]): readonly string[] {
  const agents = nodes.filter(({ meaning }) => meaning.kind === "agent").toSorted(byStart);
  return [...new Set(agents.map(({ meaning }) => meaning.name))];
}

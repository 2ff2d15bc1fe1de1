import type { Placement } from "./placement.ts";
import type { Draft, Records } from "./records.ts";
import { earlyByNano, lateByNano } from "./timing.ts";
import type { Anomaly } from "../tree.ts";

const CYCLE_IDS_SHOWN = 8;

/** Every anomaly of a placed trace: by span in tree order, then in the order in which the kinds are declared. */
export function anomaliesOf(records: Records, placement: Placement): readonly Anomaly[] {
  const cycleAt = new Map(placement.cycles.map((cycle) => [cycle[0], cycle]));
  const duplicates = duplicateDetails(records);
  const anomalies: Anomaly[] = [];
  // One for all nodes: nearly all of them have nothing to name.
  const name: Naming = ({ span: { spanId } }, kind, detail) => void anomalies.push({ kind, spanId, detail });
  for (const node of records.nodes) {
    if (placement.orphans.has(node))
      name(node, "orphan", `its parent ${node.span.parentSpanId ?? ""} is not in the trace`);
    const duplicate = duplicates.get(node);
    if (duplicate !== undefined) name(node, "duplicate-id", duplicate);
    const cycle = cycleAt.get(node);
    if (cycle !== undefined) name(node, "parent-cycle", cycleDetail(cycle));
    if (placement.selfParents.has(node)) name(node, "self-parent", "it names itself as its parent");
    nameTimes(node, name);
  }
  return anomalies;
}

type Naming = (node: Draft, kind: Anomaly["kind"], detail: string) => void;

function nameTimes(node: Draft, name: Naming): void {
  const { span, parent } = node;
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span;
  if (end === undefined) name(node, "open", "it has no end");
  else if (end < start) name(node, "negative-duration", `it ends ${start - end} ns before it starts`);
  if (parent === undefined) return;
  const early = earlyByNano(span, parent.span);
  if (early > 0n) name(node, "early-start", `it starts ${early} ns before its parent ${parent.span.spanId}`);
  const late = lateByNano(span, parent.span);
  if (late > 0n) name(node, "late-end", `it ends ${late} ns after its parent ${parent.span.spanId}`);
}

/** One sentence for each span id that came more than once, at the first span that bears it. */
function duplicateDetails({ bySpanId, sharers, copies }: Records): ReadonlyMap<Draft, string> {
  const copiesById = new Map<string, number>();
  for (const { span } of copies) copiesById.set(span.spanId, (copiesById.get(span.spanId) ?? 0) + 1);
  const details = new Map<Draft, string>();
  for (const spanId of new Set([...sharers.keys(), ...copiesById.keys()])) {
    const first = bySpanId.get(spanId);
    const detail = duplicateDetail(sharers.get(spanId)?.length ?? 1, copiesById.get(spanId) ?? 0);
    if (first !== undefined) details.set(first, detail);
  }
  return details;
}

function duplicateDetail(contents: number, copies: number): string {
  if (contents === 1) return `exported ${copies + 1} times with equal content; kept once`;
  const exact = copies === 0 ? "" : `, and ${copies} exact ${copies === 1 ? "copy" : "copies"} dropped`;
  return `${contents} spans of different content share this id; each is kept${exact}`;
}

function cycleDetail(cycle: readonly Draft[]): string {
  const ids = cycle.slice(0, CYCLE_IDS_SHOWN).map(({ span }) => span.spanId);
  const rest = cycle.length > CYCLE_IDS_SHOWN ? `… (${cycle.length} spans)` : (ids[0] ?? "");
  return `its parents lead back to it: ${[...ids, rest].join(" < ")}; put at the top`;
}

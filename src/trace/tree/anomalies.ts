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
  for (const node of records.nodes) {
    const { spanId, parentSpanId } = node.span;
    const name = (kind: Anomaly["kind"], detail: string): void => void anomalies.push({ kind, spanId, detail });
    if (placement.orphans.has(node)) name("orphan", `its parent ${parentSpanId ?? ""} is not in the trace`);
    const duplicate = duplicates.get(node);
    if (duplicate !== undefined) name("duplicate-id", duplicate);
    const cycle = cycleAt.get(node);
    if (cycle !== undefined) name("parent-cycle", cycleDetail(cycle));
    if (placement.selfParents.has(node)) name("self-parent", "it names itself as its parent");
    nameTimes(node, name);
  }
  return anomalies;
}

function nameTimes({ span, parent }: Draft, name: (kind: Anomaly["kind"], detail: string) => void): void {
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span;
  if (end === undefined) name("open", "it has no end");
  else if (end < start) name("negative-duration", `it ends ${start - end} ns before it starts`);
  if (parent === undefined) return;
  const early = earlyByNano(span, parent.span);
  if (early > 0n) name("early-start", `it starts ${early} ns before its parent ${parent.span.spanId}`);
  const late = lateByNano(span, parent.span);
  if (late > 0n) name("late-end", `it ends ${late} ns after its parent ${parent.span.spanId}`);
}

/** One sentence for each span id that came more than once, at the first span that bears it. */
function duplicateDetails({ bySpanId, copies }: Records): ReadonlyMap<Draft, string> {
  const copiesById = new Map<string, number>();
  for (const { span } of copies) copiesById.set(span.spanId, (copiesById.get(span.spanId) ?? 0) + 1);
  const details = new Map<Draft, string>();
  for (const [spanId, nodes] of bySpanId) {
    const [first] = nodes;
    const copyCount = copiesById.get(spanId) ?? 0;
    if (first === undefined || (nodes.length === 1 && copyCount === 0)) continue;
    details.set(first, duplicateDetail(nodes.length, copyCount));
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

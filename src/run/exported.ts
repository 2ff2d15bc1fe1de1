import { isForeign } from "../scenario/agent.ts";
import type { Plan } from "../scenario/plan.ts";
import type { Collected, Collector } from "../telemetry/collector.ts";
import { type Span, serviceOf } from "../trace/span.ts";

/** What other processes exported of a run. */
export interface Exported extends Collected {
  /** Spans whose records came when nobody waited for them any more. */
  readonly late: readonly Span[];
}

/**
 * Takes what came for a run once it is whole, and at the latest when nothing has come for `limits.flushMs`. Agents that go on
 * elsewhere are listened to for as long again, to tell what comes late from what never does.
 */
export async function awaitSpans(
  { scenario, runId }: Plan,
  collector: Collector,
  {
    isWhole,
    traceIds,
  }: { readonly isWhole: (spans: readonly Span[]) => boolean; readonly traceIds: readonly string[] },
): Promise<Exported> {
  const { flushMs } = scenario.limits;
  const foreign = scenario.agents.filter(isForeign);
  if (foreign.length > 0) await collector.settled(runId, isWhole, flushMs);
  const hasSaidAll = foreign.every(({ adapter }) => adapter === "command");
  if (hasSaidAll && foreign.length > 0) await collector.stop(flushMs);
  const inTime = collector.take(runId, traceIds);
  if (hasSaidAll || isWhole(inTime.spans)) return { ...inTime, late: [] };
  await collector.settled(runId, (spans) => isWhole([...inTime.spans, ...spans]), flushMs);
  await collector.stop(flushMs);
  const { spans, faults } = collector.take(runId, traceIds);
  return { spans: inTime.spans, faults: [...inTime.faults, ...faults], late: spans };
}

/** What came to the run's collector and is none of its. */
export function strayNotes({ spans, faults }: Collected): readonly string[] {
  const services = [...new Set(spans.map(serviceOf))].map((name) => (name === "" ? "no service" : name)).toSorted();
  const count = `${spans.length} span${spans.length === 1 ? "" : "s"}`;
  const strays = spans.length === 0 ? [] : [`${count} of ${services.join(", ")} arrived that fit no run`];
  return [...strays, ...new Set(faults)];
}

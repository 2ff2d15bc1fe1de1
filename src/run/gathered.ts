import { contextIn } from "../check/propagation/carrier.ts";
import { isForeign } from "../scenario/agent.ts";
import type { Plan } from "../scenario/plan.ts";
import type { Collected as Exported } from "../telemetry/collector.ts";
import type { LedgerEntry } from "../trace/evidence.ts";
import { type Span, serviceOf } from "../trace/span.ts";
import type { Run } from "./outcome.ts";
import type { Collected } from "./processes.ts";
import { type Testimony, together } from "./testimony.ts";

/**
 * What this process knows of a run, with what the others have told and exported. What agents outside of Troupe have
 * started nobody tells; but where a span of theirs has a parent, there is one.
 */
export function gathered(here: Run, elsewhere: Collected, exported: Exported): Run {
  const strangers = new Set(here.plan.scenario.agents.filter(isForeign).map(({ name }) => name));
  const spans = [...here.spans, ...exported.spans];
  const all = together([here, elsewhere]);
  const ledger = all.ledger.toSorted((a, b) => Number(a.timeUnixNano - b.timeUnixNano));
  const parents = spans.flatMap((span) => (strangers.has(serviceOf(span)) ? (span.parentSpanId ?? []) : []));
  const repeated = spans.filter(repeats());
  const ours = repeated.filter((span) => !strangers.has(serviceOf(span))).length;
  const doubled = ours === 0 ? [] : [`${spanCount(ours)} arrived twice`];
  return {
    ...here,
    ...all,
    mode: "wire",
    spans,
    ledger,
    failures: [...new Set([...all.failures, ...exported.faults, ...doubled])],
    notes: [
      ...here.notes,
      ...here.unsettled,
      ...silentAgents(here.plan, spans).map(silence),
      ...doubleAgents(strangers, repeated),
    ],
    missing: missingOf(spans, honest({ ledger, tallies: all.tallies }), [
      ...here.missing,
      ...elsewhere.started,
      ...parents,
    ]),
  };
}

/** Whether a span has come before. */
function repeats(): (span: Span) => boolean {
  const known = new Set<string>();
  return ({ spanId }) => {
    const isKnown = known.has(spanId);
    known.add(spanId);
    return isKnown;
  };
}

/** What agents outside of Troupe do with their own spans is for the run to name, and not for it to fail. */
function doubleAgents(strangers: ReadonlySet<string>, repeated: readonly Span[]): readonly string[] {
  return [...strangers].flatMap((name) => {
    const count = repeated.filter((span) => serviceOf(span) === name).length;
    return count === 0 ? [] : [`agent ${name} exported ${spanCount(count)} twice (duplicate-export)`];
  });
}

function spanCount(count: number): string {
  return `${count} span${count === 1 ? "" : "s"}`;
}

/** Agents that exported nothing, of which a tree can say no more than that they were asked. */
export function silentAgents({ scenario }: Plan, spans: readonly Span[]): readonly string[] {
  const heard = new Set(spans.map(serviceOf));
  return scenario.agents.filter((one) => isForeign(one) && !heard.has(one.name)).map(({ name }) => name);
}

function silence(agent: string): string {
  return `agent ${agent} runs outside of Troupe, and no span of a service "${agent}" has come from it`;
}

/** The ledger without the messages whose carrier a fault has spoilt: what it names instead is no span of the run. */
function honest({ ledger, tallies }: Pick<Testimony, "ledger" | "tallies">): readonly LedgerEntry[] {
  const fired = tallies.flatMap((tally) => tally.fired);
  const spoilt = new Set(fired.flatMap(({ fault, message }) => (fault === "carrier" ? [message] : [])));
  return spoilt.size === 0 ? ledger : ledger.filter(({ message }) => !spoilt.has(message));
}

/** Spans that started somewhere, or that a carrier names as sampled, and that did not arrive. */
function missingOf(
  spans: readonly Span[],
  ledger: readonly LedgerEntry[],
  started: readonly string[],
): readonly string[] {
  const arrived = new Set(spans.map(({ spanId }) => spanId));
  const named = ledger.flatMap(({ carrier, protocol }) => {
    const context = contextIn(carrier, protocol);
    return context?.isSampled === true ? [context.spanId] : [];
  });
  return [...new Set([...started, ...named])].filter((id) => !arrived.has(id)).toSorted();
}

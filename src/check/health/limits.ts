import type { Figures, Percentiles, TimeFigure } from "../../trace/health/figures/figures.ts";
import { isKind } from "../../trace/kinds.ts";

/** What a limit is held against: one value, and what it is the value of. */
interface Measure {
  readonly value: number;
  /** As the subject of a sentence: `the dearest trace cost`. */
  readonly what: string;
  readonly traceId?: string | null;
}

interface Bound {
  readonly unit: "USD" | "tokens" | "ms" | "";
  /** What it bounds, in words. */
  readonly help: string;
}

/** A limit on one figure. A name that ends in `.min` is a least value, any other a most. */
export interface PlainLimit extends Bound {
  readonly measure: (figures: Figures) => Measure | undefined;
}

/** A limit for each of the kinds, or kinds with a route, that a budget names. */
export interface KindLimit extends Bound {
  readonly measureKind: (time: TimeFigure) => number | undefined;
}

export const PLAIN_LIMITS: Readonly<Record<string, PlainLimit>> = {
  "cost.perTrace.max": {
    unit: "USD",
    help: "the cost of the dearest trace",
    measure: ({ costPerTraceUsdMax: { value, traceId } }) => ({ value, traceId, what: "the dearest trace cost" }),
  },
  "cost.perSuccess.max": {
    unit: "USD",
    help: "the cost of all traces over the number of those that succeeded",
    measure: ({ costPerSuccessUsd: value, total, successes }) => {
      if (value !== null) return { value, what: "a successful trace cost" };
      // Money spent without one success is more than any limit.
      const isInVain = successes === 0 && total.costUsd !== null && total.costUsd > 0;
      return isInVain ? { value: Infinity, what: "no trace succeeded, so a successful one cost" } : undefined;
    },
  },
  "cost.total.max": {
    unit: "USD",
    help: "the cost of all traces",
    measure: ({ total }) => (total.costUsd === null ? undefined : { value: total.costUsd, what: "all traces cost" }),
  },
  "tokens.perTrace.max": {
    unit: "tokens",
    help: "input and output of the largest trace",
    measure: ({ tokensPerTraceMax: { value, traceId } }) => ({ value, traceId, what: "the largest trace used" }),
  },
  "tokens.total.max": {
    unit: "tokens",
    help: "input and output of all traces",
    measure: ({ total }) => ({ value: total.inputTokens + total.outputTokens, what: "all traces used" }),
  },
  "trace.duration.p50.max": traceDuration("p50"),
  "trace.duration.p95.max": traceDuration("p95"),
  "trace.duration.p99.max": traceDuration("p99"),
  "orphans.rate.max": {
    unit: "",
    help: "orphans over spans, from 0 to 1",
    measure: ({ orphanRate: value }) => ({ value, what: "the rate of orphans is" }),
  },
  "successes.rate.min": {
    unit: "",
    help: "successful traces over traces, from 0 to 1",
    measure: ({ traces, successes }) =>
      traces === 0 ? undefined : { value: successes / traces, what: "the rate of successful traces is" },
  },
  "coverage.min": {
    unit: "",
    help: "for each required attribute the spans that state it over those that should, from 0 to 1",
    measure: ({ coverage }) => {
      const [worst] = coverage.toSorted((a, b) => a.have / a.of - b.have / b.of);
      if (worst === undefined) return undefined;
      return { value: worst.have / worst.of, what: `the coverage of ${worst.attribute} on ${worst.kind} spans is` };
    },
  },
};

export const KIND_LIMITS: Readonly<Record<string, KindLimit>> = Object.fromEntries(
  (["p50", "p95", "p99"] as const).flatMap((rank) => [
    [
      `duration.${rank}.max`,
      { unit: "ms", help: `${rank} of duration`, measureKind: ({ durationMs }) => durationMs[rank] },
    ] satisfies [string, KindLimit],
    [
      `firstChunk.${rank}.max`,
      { unit: "ms", help: `${rank} of time to first chunk`, measureKind: ({ firstChunkMs }) => firstChunkMs?.[rank] },
    ] satisfies [string, KindLimit],
  ]),
);

/** What a budget allows: by the name of a limit, one number or one for each kind. */
export type Limits = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** A limit that is not held. */
export interface Excess {
  readonly limit: string;
  readonly traceId: string | null;
  readonly seen: string;
}

/** The limits that the figures do not keep. A limit on what did not occur is kept. */
export function excessesOf(limits: Limits, figures: Figures): readonly Excess[] {
  return Object.entries(limits).flatMap(([name, bound]): readonly Excess[] => {
    if (typeof bound === "number") {
      const limit = PLAIN_LIMITS[name];
      const measure = limit?.measure(figures);
      return limit === undefined || measure === undefined ? [] : excess(name, limit, measure, bound);
    }
    const limit = KIND_LIMITS[name];
    return limit === undefined
      ? []
      : Object.entries(bound).flatMap(([of, most]) => {
          const time = timeOf(figures, of);
          const value = time === undefined ? undefined : limit.measureKind(time);
          return value === undefined ? [] : excess(name, limit, { value, what: `the ${limit.help} of ${of} is` }, most);
        });
  });
}

/** Whether a name can stand under a limit for kinds: a kind, alone or before a route. */
export function isKindOrRoute(name: string): boolean {
  return isKind(name.split(" ", 1)[0] ?? "");
}

function timeOf({ kinds, routes }: Figures, name: string): TimeFigure | undefined {
  return kinds.find(({ kind }) => kind === name) ?? routes.find(({ kind, route }) => `${kind} ${route ?? ""}` === name);
}

function excess(
  limit: string,
  { unit }: Bound,
  { value, what, traceId = null }: Measure,
  bound: number,
): readonly Excess[] {
  const isLeast = limit.endsWith(".min");
  if (isLeast ? value >= bound : value <= bound) return [];
  const words = `${what} ${amount(value, unit)}, ${isLeast ? "at least" : "at most"} ${amount(bound, unit)} allowed`;
  return [{ limit, traceId, seen: isLeast ? words.replace(/ allowed$/, " wanted") : words }];
}

function amount(value: number, unit: string): string {
  const digits = Number.isFinite(value) && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  return `${digits === Infinity ? "without bound" : digits} ${unit}`.trim();
}

function traceDuration(rank: "p50" | "p95" | "p99"): PlainLimit {
  const measureOf = (of: Percentiles): Measure => ({
    value: of[rank],
    what: `the ${rank} of how long a trace takes is`,
  });
  return {
    unit: "ms",
    help: `${rank} of how long a trace takes`,
    measure: ({ traceDurationMs }) => (traceDurationMs.count === 0 ? undefined : measureOf(traceDurationMs)),
  };
}

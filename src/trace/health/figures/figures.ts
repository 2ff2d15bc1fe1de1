import { KINDS, type Kind } from "../../kinds.ts";
import { type Distribution, mergeDistribution, newDistribution, percentilesOf } from "./distribution.ts";
import type { Largest, RouteTally, Tally, Use, UseBy } from "./tally.ts";

/** Percentiles by nearest rank: exact up to 1,000 values, beyond that at most 0.8 % off. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface UseFigure {
  readonly name: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null where no call states a cost. */
  readonly costUsd: number | null;
}

export interface TimeFigure {
  readonly kind: Kind;
  /** Null for all routes of the kind together. */
  readonly route: string | null;
  readonly durationMs: Percentiles;
  /** Null where no span says when its first chunk came. */
  readonly firstChunkMs: Percentiles | null;
  /** How much of the critical paths was its own, and which share of them that is. */
  readonly criticalMs: number;
  readonly criticalShare: number;
}

export interface Figures {
  readonly traces: number;
  readonly spans: number;
  readonly orphans: number;
  readonly orphanRate: number;
  readonly successes: number;
  readonly total: Omit<UseFigure, "name">;
  /** The cost of all traces over the number of those that succeeded; null without a cost or a success. */
  readonly costPerSuccessUsd: number | null;
  readonly costPerTraceUsdMax: Largest;
  readonly tokensPerTraceMax: Largest;
  readonly by: Readonly<Record<UseBy, readonly UseFigure[]>>;
  readonly traceDurationMs: Percentiles;
  readonly kinds: readonly TimeFigure[];
  readonly routes: readonly TimeFigure[];
  /** The kind with the highest p95 of duration, of those that do not merely hold the work of others. */
  readonly slowestKind: Kind | null;
  readonly coverage: readonly {
    readonly kind: string;
    readonly attribute: string;
    readonly have: number;
    readonly of: number;
  }[];
}

/** Kinds whose time is that of what they hold. */
const HOLDERS: ReadonlySet<Kind> = new Set<Kind>(["workflow", "turn", "agent", "chain", "handoff", "span"]);

/** What a tally says. Of uses the dearest come first, of times the kinds in their order, of routes those with the most critical time. */
export function figuresOf(tally: Tally): Figures {
  const { traces, spans, orphans, successes, total } = tally;
  const { name: _all, ...all } = useFigure("", total);
  const criticalNano = [...tally.routes.values()].reduce((sum, route) => sum + route.criticalNano, 0n);
  const routes = [...tally.routes.values()];
  const kinds = KINDS.flatMap((kind) => {
    const own = routes.filter((route) => route.kind === kind);
    return own.length === 0 ? [] : [timeFigure(kind, null, together(own), criticalNano)];
  });
  return {
    traces,
    spans,
    orphans,
    orphanRate: spans === 0 ? 0 : orphans / spans,
    successes,
    total: all,
    costPerSuccessUsd: all.costUsd === null || successes === 0 ? null : all.costUsd / successes,
    costPerTraceUsdMax: tally.costPerTraceUsd,
    tokensPerTraceMax: tally.tokensPerTrace,
    by: {
      user: useFigures(tally.by.user),
      tenant: useFigures(tally.by.tenant),
      feature: useFigures(tally.by.feature),
      promptVersion: useFigures(tally.by.promptVersion),
      model: useFigures(tally.by.model),
    },
    traceDurationMs: percentiles(tally.traceDurationMs),
    kinds,
    routes: routes
      .toSorted((a, b) => order(b.criticalNano, a.criticalNano) || order(a.kind, b.kind) || order(a.route, b.route))
      .map((route) => timeFigure(route.kind, route.route, route, criticalNano)),
    slowestKind: slowest(kinds),
    coverage: [...tally.coverage.values()].toSorted((a, b) => order(a.kind, b.kind) || order(a.attribute, b.attribute)),
  };
}

function slowest(kinds: readonly TimeFigure[]): Kind | null {
  const working = kinds.filter(({ kind, durationMs }) => !HOLDERS.has(kind) && durationMs.count > 0);
  return working.toSorted((a, b) => b.durationMs.p95 - a.durationMs.p95)[0]?.kind ?? null;
}

type Times = Pick<RouteTally, "durationMs" | "firstChunkMs" | "criticalNano">;

function together(routes: readonly Times[]): Times {
  const [durationMs, firstChunkMs] = [newDistribution(), newDistribution()];
  for (const route of routes) {
    mergeDistribution(durationMs, route.durationMs);
    mergeDistribution(firstChunkMs, route.firstChunkMs);
  }
  return { durationMs, firstChunkMs, criticalNano: routes.reduce((sum, route) => sum + route.criticalNano, 0n) };
}

function timeFigure(kind: Kind, route: string | null, times: Times, criticalNano: bigint): TimeFigure {
  return {
    kind,
    route,
    durationMs: percentiles(times.durationMs),
    firstChunkMs: times.firstChunkMs.count === 0 ? null : percentiles(times.firstChunkMs),
    criticalMs: Number(times.criticalNano) / 1e6,
    criticalShare: criticalNano === 0n ? 0 : Number(times.criticalNano) / Number(criticalNano),
  };
}

function percentiles(distribution: Distribution): Percentiles {
  const [p50 = 0, p95 = 0, p99 = 0] = percentilesOf(distribution, [0.5, 0.95, 0.99]);
  return { count: distribution.count, p50, p95, p99, max: distribution.max };
}

function useFigures(uses: ReadonlyMap<string, Use>): readonly UseFigure[] {
  return [...uses]
    .toSorted(
      ([name, a], [other, b]) =>
        order(b.costPico, a.costPico) ||
        b.inputTokens + b.outputTokens - a.inputTokens - a.outputTokens ||
        order(name, other),
    )
    .map(([name, use]) => useFigure(name, use));
}

function useFigure(name: string, { calls, inputTokens, outputTokens, costPico, pricedCalls }: Use): UseFigure {
  return { name, calls, inputTokens, outputTokens, costUsd: pricedCalls === 0 ? null : Number(costPico) / 1e12 };
}

function order<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import { sha256 } from "../../../core/json.ts";
import type { Kind } from "../../kinds.ts";
import { ATTR } from "../../conventions.ts";
import { redactText } from "../../redaction.ts";
import type { ModelCall } from "../../tokens.ts";
import type { SpanNode } from "../../tree.ts";
import { type Coverage, coverageOf } from "../attributes.ts";
import { DIMENSIONS } from "../dimensions.ts";
import { failedEvaluation } from "../evaluations.ts";
import type { RequiredAttributes } from "../rule.ts";
import { orphansOf } from "../structure.ts";
import type { TraceView } from "../view.ts";
import { addValue, type Distribution, mergeDistribution, newDistribution } from "./distribution.ts";
import { firstChunkMs } from "../../first-chunk.ts";

/** By what tokens and cost are added up. */
const USE_BY = [...DIMENSIONS, "model"] as const;

export type UseBy = (typeof USE_BY)[number];

/** Model calls added up. Cost is in whole trillionths of a dollar: such sums are the same in every order. */
export interface Use {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  costPico: bigint;
  pricedCalls: number;
}

/** The largest value of a trace, and whose it was. */
export interface Largest {
  value: number;
  traceId: string | null;
}

/** What is known of one kind and route; a route is the canonical name of the span: the model, the tool, `GET /orders`. */
export interface RouteTally {
  readonly kind: Kind;
  readonly route: string;
  readonly durationMs: Distribution;
  readonly firstChunkMs: Distribution;
  /** Time on critical paths that was its own. */
  criticalNano: bigint;
}

/**
 * What many traces add up to, one after the other, in memory that does not grow with their number. Two tallies of parts
 * merge into that of the whole.
 */
export interface Tally {
  traces: number;
  spans: number;
  orphans: number;
  successes: number;
  readonly total: Use;
  readonly by: Readonly<Record<UseBy, Map<string, Use>>>;
  readonly traceDurationMs: Distribution;
  readonly costPerTraceUsd: Largest;
  readonly tokensPerTrace: Largest;
  readonly routes: Map<string, RouteTally>;
  readonly coverage: Map<string, Pick<Coverage, "kind" | "attribute"> & { of: number; have: number }>;
}

/** Of each sort so many names are told apart; what comes later is added up under {@link OTHERS}. */
export const NAMES_MAX = 1000;

export const OTHERS = "(others)";

/** What a model call is added up under that states nothing. */
const NOT_STATED = "(not stated)";

export function newTally(): Tally {
  return {
    traces: 0,
    spans: 0,
    orphans: 0,
    successes: 0,
    total: newUse(),
    by: { user: new Map(), tenant: new Map(), feature: new Map(), promptVersion: new Map(), model: new Map() },
    traceDurationMs: newDistribution(),
    costPerTraceUsd: { value: 0, traceId: null },
    tokensPerTrace: { value: 0, traceId: null },
    routes: new Map(),
    coverage: new Map(),
  };
}

/** Adds one trace. */
export function tallyTrace(tally: Tally, view: TraceView, required: RequiredAttributes): void {
  const { nodes, tree, modelCalls, criticalPath } = view;
  tally.traces++;
  tally.spans += nodes.length;
  tally.orphans += orphansOf(view).length;
  if (isSuccess(view)) tally.successes++;
  addValue(tally.traceDurationMs, Number(criticalPath.totalNano) / 1e6);
  tallyUse(tally, view);
  const ofTrace = newUse();
  for (const call of modelCalls) addUse(ofTrace, useOf(call));
  keepLargest(tally.costPerTraceUsd, { value: Number(ofTrace.costPico) / 1e12, traceId: tree.traceId });
  keepLargest(tally.tokensPerTrace, { value: ofTrace.inputTokens + ofTrace.outputTokens, traceId: tree.traceId });
  for (const node of nodes) tallyTimes(tally, node, criticalPath.ownNano.get(node) ?? 0n);
  for (const [key, { kind, attribute, of, have }] of coverageOf(view, required))
    addCoverage(tally, key, { kind, attribute, of, have });
}

export function mergeTally(into: Tally, other: Tally): void {
  into.traces += other.traces;
  into.spans += other.spans;
  into.orphans += other.orphans;
  into.successes += other.successes;
  addUse(into.total, other.total);
  for (const by of USE_BY) for (const [name, use] of other.by[by]) addUse(entryOf(into.by[by], name, newUse), use);
  mergeDistribution(into.traceDurationMs, other.traceDurationMs);
  keepLargest(into.costPerTraceUsd, other.costPerTraceUsd);
  keepLargest(into.tokensPerTrace, other.tokensPerTrace);
  for (const { kind, route, ...times } of other.routes.values()) {
    const own = routeOf(into, kind, route);
    mergeDistribution(own.durationMs, times.durationMs);
    mergeDistribution(own.firstChunkMs, times.firstChunkMs);
    own.criticalNano += times.criticalNano;
  }
  for (const [key, coverage] of other.coverage) addCoverage(into, key, coverage);
}

/** How a simulated user may leave where nothing speaks against the trace: satisfied, or when there was no more to say. */
const GOOD_OUTCOMES: ReadonlySet<unknown> = new Set(["satisfied", "script over"]);

/**
 * Whether a trace did what it was for: nothing at its top ended with an error, no evaluation failed by its label, and
 * no simulated user left out of patience. An error on the way that was dealt with does not count.
 */
function isSuccess({ tree, nodes }: TraceView): boolean {
  if (tree.roots.some(({ span }) => span.status.code === "error")) return false;
  return nodes.every((node) => {
    const outcome = node.span.attributes[ATTR.outcome];
    return (outcome === undefined || GOOD_OUTCOMES.has(outcome)) && failedEvaluation(node) === undefined;
  });
}

function tallyUse(tally: Tally, { modelCalls, dimensions }: TraceView): void {
  for (const call of modelCalls) {
    const use = useOf(call);
    const stated = dimensions.get(call.node) ?? {};
    addUse(tally.total, use);
    for (const dimension of DIMENSIONS)
      addUse(entryOf(tally.by[dimension], shownName(stated[dimension] ?? NOT_STATED), newUse), use);
    addUse(entryOf(tally.by.model, shownName(call.node.meaning.model ?? NOT_STATED), newUse), use);
  }
}

function tallyTimes(tally: Tally, { span, meaning }: SpanNode, criticalNano: bigint): void {
  const own = routeOf(tally, meaning.kind, shownName(meaning.name));
  own.criticalNano += criticalNano;
  if (span.endTimeUnixNano !== undefined)
    addValue(own.durationMs, Number(span.endTimeUnixNano - span.startTimeUnixNano) / 1e6);
  const first = firstChunkMs(span);
  if (first !== undefined) addValue(own.firstChunkMs, first);
}

function routeOf(tally: Tally, kind: Kind, route: string): RouteTally {
  const make = (name: string) => (): RouteTally => ({
    kind,
    route: name,
    durationMs: newDistribution(),
    firstChunkMs: newDistribution(),
    criticalNano: 0n,
  });
  const key = `${kind} ${route}`;
  const known = tally.routes.get(key);
  if (known !== undefined || tally.routes.size < NAMES_MAX) return entryOf(tally.routes, key, make(route));
  const others = tally.routes.get(`${kind} ${OTHERS}`) ?? make(OTHERS)();
  tally.routes.set(`${kind} ${OTHERS}`, others);
  return others;
}

function addCoverage(tally: Tally, key: string, { kind, attribute, of, have }: Omit<Coverage, "firstWithout">): void {
  const known = tally.coverage.get(key);
  if (known === undefined) tally.coverage.set(key, { kind, attribute, of, have });
  else [known.of, known.have] = [known.of + of, known.have + have];
}

function entryOf<T>(entries: Map<string, T>, name: string, make: () => T): T {
  const key = entries.has(name) || entries.size < NAMES_MAX ? name : OTHERS;
  const entry = entries.get(key) ?? make();
  entries.set(key, entry);
  return entry;
}

function newUse(): Use {
  return { calls: 0, inputTokens: 0, outputTokens: 0, costPico: 0n, pricedCalls: 0 };
}

function useOf({ inputTokens, outputTokens, costUsd }: ModelCall): Use {
  // A cost that nobody could pay is no reason to crash.
  const pico = Math.min(Math.max((costUsd ?? 0) * 1e12, -Number.MAX_VALUE), Number.MAX_VALUE);
  const costPico = BigInt(Math.round(pico));
  return { calls: 1, inputTokens, outputTokens, costPico, pricedCalls: costUsd === null ? 0 : 1 };
}

function addUse(into: Use, use: Use): void {
  into.calls += use.calls;
  into.inputTokens += use.inputTokens;
  into.outputTokens += use.outputTokens;
  into.costPico += use.costPico;
  into.pricedCalls += use.pricedCalls;
}

/** Of equal values the smallest trace id, so that the order of traces does not count. */
function keepLargest(largest: Largest, { value, traceId }: Largest): void {
  if (traceId === null || value < largest.value) return;
  const isFirst = largest.traceId === null || value > largest.value || traceId < largest.traceId;
  if (isFirst) [largest.value, largest.traceId] = [value, traceId];
}

const shownNames = new Map<string, string>();

/** A name as reports may show it: one that is an e-mail address becomes `[email 1f3a…]`, the same for the same address. */
function shownName(name: string): string {
  const known = shownNames.get(name);
  if (known !== undefined) return known;
  const redacted = redactText(name);
  const shown = redacted === name ? name : `${redacted} ${sha256(name).slice(0, 8)}`;
  if (shownNames.size < NAMES_MAX * 10) shownNames.set(name, shown);
  return shown;
}

import { bucketOf } from "../../trace/buckets.ts";
import { durationMs } from "../../trace/summary.ts";
import { usageOf } from "../../trace/tokens.ts";
import type { Tree } from "../../trace/tree.ts";
import { addDurations, noDurations, type Durations } from "./durations.ts";

/** What is counted of traces. All of it is sums, extremes and counts: in whatever order they are added, they are equal. */
export interface Tally {
  traces: number;
  /** Traces with a span whose status is an error. */
  failed: number;
  spans: number;
  inputTokens: number;
  outputTokens: number;
  /** Traces that state a cost. */
  priced: number;
  /** Whole billionths of a US dollar, each trace rounded: fractions would not add up to the same in every order. */
  costNanoUsd: number;
  readonly durations: Durations;
  /** Of the traces the one that started last, which is still in its store the longest. */
  example: Example | undefined;
}

interface Example {
  readonly traceId: string;
  /** The file that it came from. */
  readonly source: string;
  readonly startTimeUnixNano: bigint;
}

export function emptyTally(): Tally {
  return {
    traces: 0,
    failed: 0,
    spans: 0,
    inputTokens: 0,
    outputTokens: 0,
    priced: 0,
    costNanoUsd: 0,
    durations: noDurations(),
    example: undefined,
  };
}

/** One trace. */
export function tallyOf(tree: Tree, source: string): Tally {
  const { nodes } = tree;
  const { inputTokens, outputTokens, costUsd } = usageOf(tree);
  const nano = Math.max(0, Math.round(durationMs(nodes) * 1e6));
  const startTimeUnixNano = tree.roots[0]?.span.startTimeUnixNano ?? 0n;
  return {
    traces: 1,
    failed: nodes.some(({ span }) => span.status.code === "error") ? 1 : 0,
    spans: nodes.length + tree.copies.length,
    inputTokens: amountOf(inputTokens),
    outputTokens: amountOf(outputTokens),
    priced: costUsd === null ? 0 : 1,
    costNanoUsd: amountOf((costUsd ?? 0) * 1e9),
    durations: { minNano: nano, maxNano: nano, buckets: new Map([[bucketOf(nano), 1]]) },
    example: { traceId: tree.traceId, source, startTimeUnixNano },
  };
}

/** More is no amount; sums stay exact. */
const AMOUNT_MAX = 1e12;

function amountOf(stated: number): number {
  return Math.min(Math.max(Math.round(stated), 0), AMOUNT_MAX);
}

export function addTally(into: Tally, other: Tally): void {
  into.traces += other.traces;
  into.failed += other.failed;
  into.spans += other.spans;
  into.inputTokens += other.inputTokens;
  into.outputTokens += other.outputTokens;
  into.priced += other.priced;
  into.costNanoUsd += other.costNanoUsd;
  addDurations(into.durations, other.durations);
  if (into.example === undefined || (other.example !== undefined && isLater(other.example, into.example)))
    into.example = other.example;
}

function isLater(a: Example, b: Example): boolean {
  if (a.startTimeUnixNano !== b.startTimeUnixNano) return a.startTimeUnixNano > b.startTimeUnixNano;
  return a.traceId === b.traceId ? a.source < b.source : a.traceId < b.traceId;
}

import type { TreeDiff } from "../../shape/diff/diff.ts";
import { durationMs } from "../../trace/summary.ts";
import { usageOf } from "../../trace/tokens.ts";
import type { SpanNode, Tree } from "../../trace/tree.ts";
import { preorder } from "../../trace/walk.ts";

/** What a step took; null where its span does not say. */
interface StepCost {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** US dollars. */
  readonly costUsd: number | null;
  readonly durationMs: number | null;
}

/** A step of either run: absent on the side that has it not. */
export interface StepUsage {
  /** Kind and name. */
  readonly label: string;
  readonly before?: StepCost;
  readonly after?: StepCost;
}

export interface UsageSum {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
  /** Of all traces, each from its first start to its last end. Of a run in `sim` it is virtual. */
  readonly durationMs: number;
}

/** What both runs took in all. */
export function sumOf(trees: readonly Tree[]): UsageSum {
  const usages = trees.map(usageOf);
  const costs = usages.flatMap(({ costUsd }) => costUsd ?? []);
  return {
    inputTokens: sum(usages.map(({ inputTokens }) => inputTokens)),
    outputTokens: sum(usages.map(({ outputTokens }) => outputTokens)),
    costUsd: costs.length === 0 ? null : Number(sum(costs).toFixed(12)),
    durationMs: sum(trees.map(({ nodes }) => durationMs(nodes))),
  };
}

/** What each step took before and after, steps of both first, in the order of before. */
export function stepsOf(diff: TreeDiff, before: readonly Tree[], after: readonly Tree[]): readonly StepUsage[] {
  const [old, current] = [nodesById(before), nodesById(after)];
  const pairs = diff.pairs.map(({ before: a, after: b }): StepUsage => {
    const [first, second] = [old.get(keyOf(a)), current.get(keyOf(b))];
    return { label: labelOf(b), ...(first && { before: costOf(first) }), ...(second && { after: costOf(second) }) };
  });
  const paired = new Set(diff.pairs.flatMap(({ before: a, after: b }) => [`- ${keyOf(a)}`, `+ ${keyOf(b)}`]));
  const lone = diff.operations.flatMap((operation): readonly StepUsage[] => {
    if (operation.kind !== "removed" && operation.kind !== "added") return [];
    const [nodes, place, side] =
      operation.kind === "removed"
        ? ([old, operation.before, "before"] as const)
        : ([current, operation.after, "after"] as const);
    const top = nodes.get(`${place.traceId}/${place.spanId}`);
    const sign = side === "before" ? "-" : "+";
    return (top === undefined ? [] : preorder([top]))
      .filter((node) => !paired.has(`${sign} ${keyOf(node)}`) && isCostly(node))
      .map((node) => ({ label: labelOf(node), [side]: costOf(node) }));
  });
  return [...pairs, ...lone];
}

function isCostly({ meaning: { kind } }: SpanNode): boolean {
  return kind !== "http" && kind !== "span" && kind !== "mcp.lifecycle";
}

function costOf({ meaning, span }: SpanNode): StepCost {
  const end = span.endTimeUnixNano;
  return {
    inputTokens: meaning.inputTokens ?? null,
    outputTokens: meaning.outputTokens ?? null,
    costUsd: meaning.costUsd ?? null,
    durationMs: end === undefined ? null : Number(end - span.startTimeUnixNano) / 1e6,
  };
}

function labelOf({ meaning: { kind, name } }: SpanNode): string {
  return `${kind} ${name}`.trimEnd();
}

function nodesById(trees: readonly Tree[]): ReadonlyMap<string, SpanNode> {
  return new Map(trees.flatMap(({ nodes }) => nodes.map((node) => [keyOf(node), node] as const)));
}

function keyOf({ span }: SpanNode): string {
  return `${span.traceId}/${span.spanId}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

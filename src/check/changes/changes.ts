import type { TreeDiff } from "../../shape/diff/diff.ts";
import { type DiffOperation, isSaidAbove } from "../../shape/diff/operations.ts";
import { matchShape } from "../../shape/match/match.ts";
import type { SpanPlace } from "../../trace/mismatch.ts";
import type { SpanNode, Tree } from "../../trace/tree.ts";
import { preorder } from "../../trace/walk.ts";
import type { ChangeWord, WantedChange } from "./wanted.ts";

/** One difference between a recorded run and a new one, and whether it was declared. */
export interface Change {
  readonly word: ChangeWord;
  readonly operation: DiffOperation;
  /** Whether it repeats the step before it of the same agent: same name, same arguments. */
  readonly isRetry: boolean;
  /** The line that declares it. */
  readonly wantedBy?: WantedChange;
}

/** A declared change that happened too seldom or too often. */
export interface UnmetChange {
  readonly wanted: WantedChange;
  readonly happened: number;
}

export interface JudgedChanges {
  /** Passed where every difference was declared, and all that was declared happened. */
  readonly verdict: "passed" | "failed";
  readonly changes: readonly Change[];
  readonly unmet: readonly UnmetChange[];
}

/**
 * Holds the differences between two runs against those that were declared. What is a mere echo of a difference above is
 * none of its own. `before` and `after` are the whole trees, which lines may ask for more than was compared.
 */
export function judgeChanges(
  diff: TreeDiff,
  { before, after }: { readonly before: readonly Tree[]; readonly after: readonly Tree[] },
  wanted: readonly WantedChange[],
): JudgedChanges {
  const [old, current] = [nodesByPlace(before), nodesByPlace(after)];
  const happened = new Map<WantedChange, number>();
  const changes = diff.operations.flatMap((operation): readonly Change[] => {
    if (isSaidAbove(operation)) return [];
    const word = WORD_OF[operation.kind];
    const node = operation.kind === "removed" ? old.get(keyOf(operation.before)) : current.get(keyOf(operation.after));
    const lines = node === undefined ? [] : wanted.filter((one) => one.word === word && isNamedBy(one, node));
    for (const line of lines) happened.set(line, (happened.get(line) ?? 0) + 1);
    const [wantedBy] = lines;
    const isRetry = operation.kind === "added" && node !== undefined && repeatsStepBefore(node);
    return [{ word, operation, isRetry, ...(wantedBy !== undefined && { wantedBy }) }];
  });
  const unmet = wanted.flatMap((line): readonly UnmetChange[] => {
    const times = happened.get(line) ?? 0;
    return times >= line.count.min && times <= line.count.max ? [] : [{ wanted: line, happened: times }];
  });
  const isPassed = unmet.length === 0 && changes.every(({ wantedBy }) => wantedBy !== undefined);
  return { verdict: isPassed ? "passed" : "failed", changes, unmet };
}

const WORD_OF: Readonly<Record<DiffOperation["kind"], ChangeWord>> = {
  added: "added",
  removed: "removed",
  moved: "moved",
  reordered: "moved",
  renamed: "changed",
  changed: "changed",
};

function isNamedBy({ shape }: WantedChange, node: SpanNode): boolean {
  const alone = { traceId: node.span.traceId, roots: [node], nodes: preorder([node]), copies: [], anomalies: [] };
  return matchShape(shape, [alone]).verdict === "matched";
}

function repeatsStepBefore({ parent, meaning, span }: SpanNode): boolean {
  if (meaning.arguments === undefined && meaning.kind !== "llm") return false;
  const before = (parent?.children ?? []).findLast(
    (one) => one.meaning.kind === meaning.kind && one.span.startTimeUnixNano < span.startTimeUnixNano,
  );
  return before?.meaning.name === meaning.name && before.meaning.arguments === meaning.arguments;
}

function nodesByPlace(trees: readonly Tree[]): ReadonlyMap<string, SpanNode> {
  return new Map(trees.flatMap(({ nodes }) => nodes.map((node) => [keyOf(node.span), node] as const)));
}

function keyOf({ traceId, spanId }: Pick<SpanPlace, "traceId" | "spanId">): string {
  return `${traceId}/${spanId}`;
}

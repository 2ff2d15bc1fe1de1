import type { SpanPlace } from "../trace/mismatch.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";

/** Every node of every tree, parents before children. */
export function nodesOf(trees: readonly Tree[]): readonly SpanNode[] {
  return trees.flatMap(({ nodes }) => nodes);
}

/** `kind name`, as a shape would write it. */
export function labelOf({ meaning }: SpanNode): string {
  return meaning.name === "" ? meaning.kind : `${meaning.kind} ${meaning.name}`;
}

export function placeOf(node: SpanNode): SpanPlace {
  return { traceId: node.span.traceId, spanId: node.span.spanId, label: labelOf(node) };
}

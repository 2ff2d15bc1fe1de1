import { type ModelCall, modelCallsOf } from "../tokens.ts";
import type { SpanNode, Tree } from "../tree.ts";
import { type CriticalPath, criticalPathOf } from "./critical-path.ts";
import { type Dimensions, dimensionsOf } from "./dimensions.ts";

/** One trace with what several rules and figures ask of it, worked out once. */
export interface TraceView {
  readonly tree: Tree;
  /** Parents before children. */
  readonly nodes: readonly SpanNode[];
  /** Each model call once. */
  readonly modelCalls: readonly ModelCall[];
  readonly dimensions: ReadonlyMap<SpanNode, Dimensions>;
  readonly criticalPath: CriticalPath;
}

export function viewOf(tree: Tree): TraceView {
  const { nodes } = tree;
  return {
    tree,
    nodes,
    modelCalls: modelCallsOf(tree),
    dimensions: dimensionsOf(nodes),
    criticalPath: criticalPathOf(tree.roots),
  };
}

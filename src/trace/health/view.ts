import { type ModelCall, modelCallsOf } from "../tokens.ts";
import type { SpanNode, Tree } from "../tree.ts";
import { type CriticalPath, criticalPathOf } from "./critical-path.ts";
import { type Dimensions, dimensionsOf } from "./dimensions.ts";

/** One trace with what several rules and figures ask of it, worked out once, when the first of them asks. */
export class TraceView {
  readonly tree: Tree;
  #modelCalls: readonly ModelCall[] | undefined;
  #dimensions: ReadonlyMap<SpanNode, Dimensions> | undefined;
  #criticalPath: CriticalPath | undefined;

  constructor(tree: Tree) {
    this.tree = tree;
  }

  /** Parents before children. */
  get nodes(): readonly SpanNode[] {
    return this.tree.nodes;
  }

  /** Each model call once. */
  get modelCalls(): readonly ModelCall[] {
    return (this.#modelCalls ??= modelCallsOf(this.tree));
  }

  get dimensions(): ReadonlyMap<SpanNode, Dimensions> {
    return (this.#dimensions ??= dimensionsOf(this.nodes));
  }

  get criticalPath(): CriticalPath {
    return (this.#criticalPath ??= criticalPathOf(this.tree.roots));
  }
}

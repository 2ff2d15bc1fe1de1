import type { Kind } from "./kinds.ts";
import type { SpanNode, Tree } from "./tree.ts";
import { preorder } from "./walk.ts";

/** What the model calls of a trace used up. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** In US dollars; null where no model call states a cost. */
  readonly costUsd: number | null;
}

type Amount = "inputTokens" | "outputTokens" | "costUsd";

const MODEL_CALLS: ReadonlySet<Kind> = new Set<Kind>(["llm", "embedding", "rerank", "stt", "tts"]);

/** Inside these a model call is another call, and no layer of the one around them: ADK hangs tools under model calls. */
const EDGES: ReadonlySet<Kind> = new Set<Kind>([
  "agent",
  "workflow",
  "turn",
  "tool",
  "handoff",
  "mcp.client",
  "mcp.server",
  "a2a.client",
  "a2a.server",
]);

/**
 * Tokens and cost of a trace, each model call once however many layers repeat it: of nested layers the innermost that
 * states the amount counts. What agents and workflows state are sums, and are not added.
 */
export function usageOf(tree: Tree): Usage {
  const nodes = preorder(tree.roots);
  const cost = amounts(nodes, "costUsd");
  return {
    inputTokens: sum(amounts(nodes, "inputTokens")),
    outputTokens: sum(amounts(nodes, "outputTokens")),
    costUsd: cost.length === 0 ? null : withoutFloatNoise(sum(cost)),
  };
}

/** The amount of each model call, in tree order. */
function amounts(nodes: readonly SpanNode[], amount: Amount): readonly number[] {
  const repeated = new Set<SpanNode>();
  const counted: number[] = [];
  for (const node of nodes.toReversed()) {
    const { kind } = node.meaning;
    const own = MODEL_CALLS.has(kind) ? node.meaning[amount] : undefined;
    if (own !== undefined && !repeated.has(node)) counted.push(own);
    const isStated = own !== undefined || repeated.has(node);
    if (isStated && node.parent !== undefined && !EDGES.has(kind)) repeated.add(node.parent);
  }
  return counted.toReversed();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function withoutFloatNoise(usd: number): number {
  return Number(usd.toFixed(12));
}

import type { Kind } from "./kinds.ts";
import type { SpanNode, Tree } from "./tree.ts";

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
 * states the amount counts. One that states other tokens than all that is inside of it, both in and out, is a call of its
 * own. What agents and workflows state are sums, and are not added.
 */
export function usageOf(tree: Tree): Usage {
  const calls = modelCallsOf(tree);
  const costs = calls.flatMap(({ costUsd }) => costUsd ?? []);
  return {
    inputTokens: sum(calls.map(({ inputTokens }) => inputTokens)),
    outputTokens: sum(calls.map(({ outputTokens }) => outputTokens)),
    costUsd: costs.length === 0 ? null : withoutFloatNoise(sum(costs)),
  };
}

/** What one span of a model call adds to what its trace used up. */
export interface ModelCall extends Usage {
  readonly node: SpanNode;
}

/** The spans whose amounts {@link usageOf} adds up, in tree order; of two layers one may state the tokens and one the cost. */
export function modelCallsOf({ nodes }: Tree): readonly ModelCall[] {
  const own = ownCalls(nodes);
  const [input, output, cost] = [
    counted(nodes, "inputTokens", own),
    counted(nodes, "outputTokens", own),
    counted(nodes, "costUsd", own),
  ];
  return nodes
    .filter((node) => input.has(node) || output.has(node) || cost.has(node))
    .map((node) => ({
      node,
      inputTokens: input.get(node) ?? 0,
      outputTokens: output.get(node) ?? 0,
      costUsd: cost.get(node) ?? null,
    }));
}

/** What model calls inside a span used up: in all, and the most that one of them did. */
interface Inside {
  input: number;
  output: number;
  mostInput: number;
  mostOutput: number;
}

/** The model calls around others that do not repeat them. */
function ownCalls(nodes: readonly SpanNode[]): ReadonlySet<SpanNode> {
  const own = new Set<SpanNode>();
  const insides = new Map<SpanNode, Inside>();
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index];
    if (node === undefined) continue;
    const { kind, inputTokens: input, outputTokens: output } = node.meaning;
    let inside = insides.get(node);
    if (MODEL_CALLS.has(kind) && input !== undefined && output !== undefined) {
      const call = { input, output, mostInput: input, mostOutput: output };
      const isOwn = inside !== undefined && differs(call, inside);
      if (isOwn) own.add(node);
      inside = inside === undefined ? call : isOwn ? together(call, inside) : inside;
    }
    insides.delete(node);
    if (inside === undefined || node.parent === undefined || isEdge(node) || isEdge(node.parent)) continue;
    const beside = insides.get(node.parent);
    insides.set(node.parent, beside === undefined ? { ...inside } : together(inside, beside));
  }
  return own;
}

/** What is inside of one is nothing to what is around it. */
function isEdge({ meaning }: SpanNode): boolean {
  return EDGES.has(meaning.kind);
}

function differs({ input, output }: Inside, inside: Inside): boolean {
  const isInput = input === inside.input || input === inside.mostInput;
  return !isInput && output !== inside.output && output !== inside.mostOutput;
}

function together(a: Inside, b: Inside): Inside {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    mostInput: Math.max(a.mostInput, b.mostInput),
    mostOutput: Math.max(a.mostOutput, b.mostOutput),
  };
}

/** The amount of each model call, at the span that states it. */
function counted(
  nodes: readonly SpanNode[],
  amount: Amount,
  calls: ReadonlySet<SpanNode>,
): ReadonlyMap<SpanNode, number> {
  const repeated = new Set<SpanNode>();
  const amounts = new Map<SpanNode, number>();
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index];
    if (node === undefined) continue;
    const own = MODEL_CALLS.has(node.meaning.kind) ? node.meaning[amount] : undefined;
    if (own !== undefined && (!repeated.has(node) || calls.has(node))) amounts.set(node, own);
    const isStated = own !== undefined || repeated.has(node);
    if (isStated && node.parent !== undefined && !isEdge(node) && !isEdge(node.parent)) repeated.add(node.parent);
  }
  return amounts;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function withoutFloatNoise(usd: number): number {
  return Number(usd.toFixed(12));
}

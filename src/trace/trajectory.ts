import type { Kind } from "./kinds.ts";
import type { SpanNode, Tree } from "./tree.ts";

type StepKind = "llm" | "tool" | "handoff" | "ask" | "resource" | "prompt" | "retrieval";

/** One thing that an agent did. */
export interface Act {
  readonly kind: StepKind;
  /** The model, the tool, `source -> target`, the agent asked, the resource or prompt, the data source. */
  readonly name: string;
  /** The nearest agent above, failing that the one the span names itself; null where neither is known. */
  readonly agent: string | null;
  readonly node: SpanNode;
}

interface Step extends Act {
  /** `agent.trajectory.step` where recorded, else the place among the agent's steps, from 1. */
  readonly number: number;
}

export interface Trajectory {
  readonly agent: string | null;
  /** By start; ties by recorded number, then in tree order. */
  readonly steps: readonly Step[];
}

/** The steps of each agent over all traces of a run, the agent that acts first coming first. O(n log n). */
export function trajectoriesOf(trees: readonly Tree[]): readonly Trajectory[] {
  const byAgent = new Map<string | null, Step[]>();
  for (const act of trees.flatMap((tree) => actsOf(tree)).toSorted(byActStart)) {
    const steps = byAgent.get(act.agent) ?? [];
    byAgent.set(act.agent, steps);
    steps.push({ ...act, number: act.node.meaning.trajectoryStep ?? steps.length + 1 });
  }
  return [...byAgent].map(([agent, steps]) => ({ agent, steps }));
}

/** What was done in one trace, by start. A call that several layers record is one act: its outermost layer. */
export function actsOf(tree: Tree): readonly Act[] {
  const known = actsByTree.get(tree) ?? findActs(tree);
  actsByTree.set(tree, known);
  return known;
}

/** A tree is never changed, and its summary and several checks all ask what was done in it. */
const actsByTree = new WeakMap<Tree, readonly Act[]>();

function findActs(tree: Tree): readonly Act[] {
  const callOf = new Map<SpanNode, Act>();
  const acts: Act[] = [];
  for (const node of tree.nodes) {
    const around = enclosingAct(node, callOf);
    const step = stepOf(node);
    const act = step === undefined || (around !== undefined && isLayer(step, around)) ? around : step;
    if (act === undefined) continue;
    if (act === step) acts.push(act);
    // Nothing is inside of a leaf.
    if (node.children.length > 0) callOf.set(node, act);
  }
  return acts.toSorted(byActStart);
}

/** Where a call inside another is a call of its own, and no layer of the one around it. */
const EDGES: ReadonlySet<Kind> = new Set<Kind>(["agent", "workflow", "turn", "mcp.server", "a2a.server"]);

function enclosingAct({ parent }: SpanNode, callOf: ReadonlyMap<SpanNode, Act>): Act | undefined {
  return parent === undefined || EDGES.has(parent.meaning.kind) ? undefined : callOf.get(parent);
}

/** Frameworks and their instrumentations record one model call, or one tool call and its MCP client, twice. */
function isLayer(step: Act, around: Act): boolean {
  return step.kind === around.kind && (step.kind === "llm" || step.name === around.name);
}

const STEPS: ReadonlyMap<Kind, StepKind> = new Map<Kind, StepKind>([
  ["llm", "llm"],
  ["tool", "tool"],
  ["handoff", "handoff"],
  ["a2a.client", "ask"],
  ["retrieval", "retrieval"],
]);

const MCP_STEPS: ReadonlyMap<string, StepKind> = new Map<string, StepKind>([
  ["tools/call", "tool"],
  ["resources/read", "resource"],
  ["prompts/get", "prompt"],
]);

function stepOf(node: SpanNode): Act | undefined {
  const { kind, name, method = "", agent } = node.meaning;
  const step = STEPS.get(kind) ?? (kind === "mcp.client" ? MCP_STEPS.get(method) : undefined);
  if (step === undefined) return undefined;
  const isBare = kind === "mcp.client" && name.startsWith(`${method} `);
  return { kind: step, name: isBare ? name.slice(method.length + 1) : name, agent: node.owner ?? agent ?? null, node };
}

function byActStart(a: Act, b: Act): number {
  const [first, second] = [a.node.span.startTimeUnixNano, b.node.span.startTimeUnixNano];
  if (first !== second) return first < second ? -1 : 1;
  return (a.node.meaning.trajectoryStep ?? 0) - (b.node.meaning.trajectoryStep ?? 0);
}

import { canonicalJson } from "../core/json.ts";
import { serviceOf } from "./span.ts";
import { actsOf } from "./trajectory.ts";
import type { SpanNode, Tree } from "./tree.ts";

/** One tool call, however many layers record it. */
export interface ToolCall {
  readonly node: SpanNode;
  readonly tool: string;
  readonly agent: string | undefined;
  readonly server: string | undefined;
}

/** Every tool call with the agent that made it, by start within each tree. */
export function toolCallsOf(trees: readonly Tree[]): readonly ToolCall[] {
  return trees
    .flatMap((tree) => actsOf(tree))
    .filter(({ kind }) => kind === "tool")
    .map(({ name, agent, node }) => ({ node, tool: name, agent: agent ?? undefined, server: serverOf(node) }));
}

/** The calls that one agent made of one tool with the same input, in order; each group in the order of its first. */
export function sameCalls(calls: readonly ToolCall[]): readonly (readonly ToolCall[])[] {
  const groups = new Map<string, ToolCall[]>();
  for (const call of calls) {
    const { agent, server, tool, node } = call;
    const key = canonicalJson([agent ?? null, server ?? null, tool, canonicalArguments(node)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [call]);
    else group.push(call);
  }
  return [...groups.values()];
}

function serverOf({ meaning, children }: SpanNode): string | undefined {
  if (meaning.server !== undefined) return meaning.server;
  const answered = children.find((child) => child.meaning.kind === "mcp.server");
  return answered === undefined ? undefined : serviceOf(answered.span);
}

function canonicalArguments({ meaning }: SpanNode): string | null {
  if (meaning.arguments === undefined) return null;
  try {
    return canonicalJson(JSON.parse(meaning.arguments));
  } catch {
    return meaning.arguments; // Not JSON: the text itself is what can be compared.
  }
}

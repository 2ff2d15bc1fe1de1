import { type Span, serviceOf } from "../trace/span.ts";
import { semanticNodes } from "../trace/semantic.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";

/** Traces of one session, which its spans name; a trace that names none, or several, is a conversation of its own. */
export function conversationsIn(trees: readonly Tree[]): readonly (readonly Tree[])[] {
  const conversations = new Map<string, Tree[]>();
  for (const tree of trees) {
    const sessions = new Set(tree.nodes.flatMap(({ meaning }) => meaning.session ?? []));
    const [session] = sessions;
    const key = session === undefined || sessions.size > 1 ? `trace ${tree.traceId}` : `session ${session}`;
    const known = conversations.get(key);
    if (known === undefined) conversations.set(key, [tree]);
    else known.push(tree);
  }
  return [...conversations.values()];
}

/** What a conversation is about, in a word or two: its workflow, its first agent, or what else stands at the top. */
export function conversationName(trees: readonly Tree[]): string {
  const [first] = trees;
  const roots = first?.roots ?? [];
  const workflow = roots.find(({ meaning }) => meaning.kind === "workflow");
  const [top] = semanticNodes(roots);
  const named: SpanNode | undefined = workflow ?? top ?? roots[0];
  return named === undefined ? "" : named.meaning.name || nameOf(named.span);
}

function nameOf(span: Span): string {
  return span.name || serviceOf(span);
}

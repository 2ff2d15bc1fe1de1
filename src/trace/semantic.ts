import type { Kind, Meaning } from "./kinds.ts";
import type { SpanNode } from "./tree.ts";

const TRANSPARENT_KINDS: ReadonlySet<Kind> = new Set<Kind>(["http", "span", "mcp.lifecycle"]);

/** Whether a span is spliced out of the semantic tree, its children taking its place, unless a shape names it. */
export function isTransparent(meaning: Meaning): boolean {
  return meaning.isHarness || TRANSPARENT_KINDS.has(meaning.kind);
}

/** Why a span is transparent, or why it is not. */
export function transparencyReason({ isHarness, kind }: Meaning): string {
  if (isHarness) return "Troupe put it around the system under test";
  return TRANSPARENT_KINDS.has(kind)
    ? `spans of the kind ${kind} say nothing of what the agents do`
    : `${kind} is work of the agents`;
}

/**
 * What stands in the place of `nodes` once transparent spans are spliced out: the opaque ones among them and the nearest
 * opaque descendants of the others, by start, ties in tree order. `semanticNodes(node.children)` are the semantic
 * children of `node`; `semanticNodes(tree.roots)` is the semantic forest.
 */
export function semanticNodes(nodes: readonly SpanNode[]): readonly SpanNode[] {
  const opaque: SpanNode[] = [];
  const stack = nodes.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (!isTransparent(node.meaning)) opaque.push(node);
    else for (const child of node.children.toReversed()) stack.push(child);
  }
  return opaque.toSorted(byStart);
}

/** Orders nodes by start; ties are left as they stand. */
export function byStart(a: SpanNode, b: SpanNode): number {
  const [first, second] = [a.span.startTimeUnixNano, b.span.startTimeUnixNano];
  return first < second ? -1 : first > second ? 1 : 0;
}

import type { Kind } from "./kinds.ts";
import type { SpanNode } from "./tree.ts";

/** Where another party takes over: what happens below is not the calling agent's own doing. */
const FAR_ENDS: ReadonlySet<Kind> = new Set<Kind>(["mcp.server", "a2a.server"]);

/**
 * The agent at work in each node: the nearest agent above it, not beyond the far end of a call.
 *
 * @param nodes in preorder.
 */
export function ownersOf(nodes: readonly SpanNode[]): ReadonlyMap<SpanNode, string> {
  const owners = new Map<SpanNode, string>();
  for (const node of nodes) {
    const { parent } = node;
    if (parent === undefined || FAR_ENDS.has(parent.meaning.kind)) continue;
    const owner = parent.meaning.kind === "agent" ? parent.meaning.name : owners.get(parent);
    if (owner !== undefined) owners.set(node, owner);
  }
  return owners;
}

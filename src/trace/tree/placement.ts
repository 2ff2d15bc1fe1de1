import { serviceOf } from "../span.ts";
import { preorder } from "../walk.ts";
import type { Draft, Records } from "./records.ts";

/** What the parent ids of a trace could not say truly. */
export interface Placement {
  readonly roots: readonly Draft[];
  /** Every node, parents before children. */
  readonly nodes: readonly Draft[];
  readonly orphans: ReadonlySet<Draft>;
  readonly selfParents: ReadonlySet<Draft>;
  /** Each parent cycle, beginning with the span that was put at the top. */
  readonly cycles: readonly (readonly Draft[])[];
}

/** Gives every node its parent and its children, siblings in the order of the nodes. Nothing is left out. */
export function place(records: Records): Placement {
  const { nodes } = records;
  const orphans = new Set<Draft>();
  const selfParents = new Set<Draft>();
  const parentOf = parentFinder(records);
  for (const node of nodes) {
    const { parentSpanId, spanId } = node.span;
    if (parentSpanId === undefined || parentSpanId === "") continue;
    if (parentSpanId === spanId) {
      selfParents.add(node);
      continue;
    }
    node.parent = parentOf(parentSpanId, node);
    if (node.parent === undefined) orphans.add(node);
  }
  const roots: Draft[] = [];
  for (const node of nodes) (node.parent?.children ?? roots).push(node);
  const reached = preorder(roots);
  // Whatever hangs under no root hangs in a cycle, or under one.
  if (reached.length === nodes.length) return { roots, nodes: reached, orphans, selfParents, cycles: [] };
  const cycles = cutCycles(nodes, new Set(reached));
  const top = nodes.filter((node) => node.parent === undefined);
  return { roots: top, nodes: preorder(top), orphans, selfParents, cycles };
}

/**
 * Finds the span that a parent id means: where several share it the one in the child's own service, failing that the first.
 */
function parentFinder({ bySpanId, sharers }: Records): (spanId: string, child: Draft) => Draft | undefined {
  const firstOfService = new Map<string, Map<string, Draft>>();
  for (const [spanId, nodes] of sharers)
    firstOfService.set(spanId, new Map(nodes.toReversed().map((sharer) => [serviceOf(sharer.span), sharer])));
  return (spanId, child) => firstOfService.get(spanId)?.get(serviceOf(child.span)) ?? bySpanId.get(spanId);
}

/** Cuts each cycle of parents above its first span, and returns the cycles, in the order of the nodes that lead to them. */
function cutCycles(nodes: readonly Draft[], reached: ReadonlySet<Draft>): readonly (readonly Draft[])[] {
  const cycles: (readonly Draft[])[] = [];
  const walkOf = new Map<Draft, Draft>();
  const rank = new Map(nodes.map((node, index) => [node, index]));
  for (const start of nodes) {
    if (reached.has(start)) continue;
    let node: Draft | undefined = start;
    while (node !== undefined && !walkOf.has(node)) {
      walkOf.set(node, start);
      node = node.parent;
    }
    if (node === undefined || walkOf.get(node) !== start) continue;
    cycles.push(cutCycle(node, rank));
  }
  return cycles;
}

function cutCycle(member: Draft, rank: ReadonlyMap<Draft, number>): readonly Draft[] {
  const members: Draft[] = [];
  let first = member;
  let node: Draft | undefined = member;
  do {
    members.push(node);
    if ((rank.get(node) ?? 0) < (rank.get(first) ?? 0)) first = node;
    node = node.parent;
  } while (node !== undefined && node !== member);
  first.parent?.children.splice(first.parent.children.indexOf(first), 1);
  first.parent = undefined;
  const at = members.indexOf(first);
  return [...members.slice(at), ...members.slice(0, at)];
}

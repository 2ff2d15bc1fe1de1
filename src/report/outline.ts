import { serviceOf } from "../trace/span.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";
import { preorder } from "../trace/walk.ts";
import type { Marks, Note } from "./marks.ts";
import { keyOf } from "./marks.ts";
import { counted } from "./wording.ts";

/** One line of a drawn tree: the box lines before it, and what stands there. */
export interface Row {
  readonly prefix: string;
  readonly item: Item;
}

type Item =
  | { readonly kind: "span"; readonly node: SpanNode; readonly folded: string | undefined }
  | { readonly kind: "mark"; readonly text: string }
  | { readonly kind: "omitted"; readonly text: string };

export interface Outline {
  readonly rows: readonly Row[];
  readonly spans: number;
  readonly services: number;
  /** How many spans are in no row and in no fold. */
  readonly omitted: number;
}

export interface OutlineLimits {
  /** Spans drawn in tree order; spans with a mark come on top of these, as many again at most. */
  readonly spansMax: number;
  readonly depthMax: number;
  /** Whether quiet MCP lifecycle spans become a count on their parent's line. */
  readonly isFolded: boolean;
}

/** Lays a tree out as lines. Nothing is left out in silence: each gap has a row that counts what is missing. */
export function outlineOf(tree: Tree, marks: Marks, limits: OutlineLimits): Outline {
  const { nodes } = tree;
  const folded = limits.isFolded ? foldedNodes(nodes, marks) : new Set<SpanNode>();
  const sizes = new Map<SpanNode, number>();
  for (const node of nodes.toReversed())
    sizes.set(
      node,
      node.children.reduce((sum, child) => sum + (sizes.get(child) ?? 0), 1),
    );
  const drawn = drawnNodes(nodes, folded, marks, limits);
  const rows: Row[] = [];
  const stack: (Row & { readonly below: string })[] = [];
  const push = (items: readonly Item[], lead: string, isTop: boolean): void => {
    for (const [index, item] of [...items.entries()].toReversed()) {
      const isLast = index === items.length - 1;
      const prefix = isTop ? "" : `${lead}${isLast ? "└─ " : "├─ "}`;
      stack.push({ prefix, item, below: isTop ? "" : `${lead}${isLast ? "   " : "│  "}` });
    }
  };
  const itemsOf = (children: readonly SpanNode[], notes: readonly Note[]): readonly Item[] => {
    return withNotes(drawnItems(children, folded, drawn, sizes), notes);
  };
  push(itemsOf(tree.roots, []), "", true);
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    rows.push({ prefix: row.prefix, item: row.item });
    if (row.item.kind !== "span") continue;
    const { node } = row.item;
    push(itemsOf(node.children, marks.under.get(keyOf(node.span)) ?? []), row.below, false);
  }
  const services = new Set(nodes.map(({ span }) => serviceOf(span))).size;
  return { rows, spans: nodes.length, services, omitted: nodes.length - drawn.size - folded.size };
}

/** Each note after the child that it names, or at the end where that is not drawn. */
function withNotes(items: readonly Item[], notes: readonly Note[]): readonly Item[] {
  const keys = new Set(items.flatMap((item) => (item.kind === "span" ? keyOf(item.node.span) : [])));
  const marksAfter = (key: string | undefined): readonly Item[] => {
    const own = notes.filter(({ after }) => (after !== undefined && keys.has(after) ? after : undefined) === key);
    return own.map(({ text }): Item => ({ kind: "mark", text }));
  };
  if (notes.length === 0) return items;
  const placed = items.flatMap((item) => [item, ...(item.kind === "span" ? marksAfter(keyOf(item.node.span)) : [])]);
  return [...placed, ...marksAfter(undefined)];
}

/** Lifecycle spans below a parent, with all that is below them, where nothing in there failed or has a mark. */
function foldedNodes(nodes: readonly SpanNode[], marks: Marks): ReadonlySet<SpanNode> {
  const quiet = new Set<SpanNode>();
  for (const node of nodes.toReversed()) {
    const { kind } = node.meaning;
    const isQuiet = (kind === "mcp.lifecycle" || kind === "http") && node.span.status.code !== "error";
    if (isQuiet && !hasMark(node, marks) && node.children.every((child) => quiet.has(child))) quiet.add(node);
  }
  const folded = new Set<SpanNode>();
  for (const node of nodes) {
    const { parent } = node;
    if (!quiet.has(node) || parent === undefined) continue;
    if (folded.has(parent) || node.meaning.kind === "mcp.lifecycle") folded.add(node);
  }
  return folded;
}

/** The first spans in tree order, and those with a mark together with what leads to them. */
function drawnNodes(
  nodes: readonly SpanNode[],
  folded: ReadonlySet<SpanNode>,
  marks: Marks,
  { spansMax, depthMax }: OutlineLimits,
): ReadonlySet<SpanNode> {
  const depths = new Map<SpanNode, number>();
  const drawn = new Set<SpanNode>();
  for (const node of nodes) {
    const depth = (node.parent === undefined ? 0 : (depths.get(node.parent) ?? 0)) + 1;
    depths.set(node, depth);
    if (drawn.size < spansMax && depth <= depthMax && !folded.has(node)) drawn.add(node);
  }
  for (const node of nodes) {
    if (drawn.size >= 2 * spansMax) break;
    if (!hasMark(node, marks) || (depths.get(node) ?? 0) > depthMax) continue;
    for (let at: SpanNode | undefined = node; at !== undefined && !drawn.has(at); at = at.parent) drawn.add(at);
  }
  return drawn;
}

function hasMark({ span }: SpanNode, marks: Marks): boolean {
  return marks.beside.has(keyOf(span)) || marks.under.has(keyOf(span));
}

function drawnItems(
  children: readonly SpanNode[],
  folded: ReadonlySet<SpanNode>,
  drawn: ReadonlySet<SpanNode>,
  sizes: ReadonlyMap<SpanNode, number>,
): readonly Item[] {
  const items: Item[] = [];
  let gap = 0;
  const closeGap = (): void => {
    if (gap > 0) items.push({ kind: "omitted", text: `… ${counted(gap, "more span")}` });
    gap = 0;
  };
  for (const node of children) {
    if (drawn.has(node)) {
      closeGap();
      items.push({ kind: "span", node, folded: foldText(node, folded) });
    } else if (!folded.has(node)) gap += sizes.get(node) ?? 1;
  }
  closeGap();
  return items;
}

function foldText(node: SpanNode, folded: ReadonlySet<SpanNode>): string | undefined {
  const counts = new Map<string, number>();
  for (const { meaning } of preorder(node.children.filter((child) => folded.has(child))))
    counts.set(meaning.kind, (counts.get(meaning.kind) ?? 0) + 1);
  return counts.size === 0 ? undefined : `(${[...counts].map(([kind, count]) => `${count} ${kind}`).join(", ")})`;
}

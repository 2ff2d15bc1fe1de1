import type { Meaning } from "../../trace/kinds.ts";
import { isTransparent } from "../../trace/semantic.ts";
import type { Span } from "../../trace/span.ts";
import { serviceOf } from "../../trace/span.ts";
import type { SpanNode, Tree } from "../../trace/tree.ts";

/** What pattern heads look at, interned: a glob runs once for each distinct label, not for each span. */
export interface Label {
  readonly id: number;
  readonly kind: Meaning["kind"];
  readonly name: string;
  readonly service: string;
  readonly isTransparent: boolean;
}

/**
 * The spans of all trees at hand as columns in preorder. Row 0 is the virtual span above all roots; the descendants of
 * row v are the rows in (v, last[v]].
 */
export interface Columns {
  readonly size: number;
  readonly parent: Int32Array;
  readonly last: Int32Array;
  /** Nanoseconds since the earliest start. */
  readonly start: Float64Array;
  readonly label: Int32Array;
  readonly labels: readonly Label[];
  readonly isTransparent: Uint8Array;
  readonly nodes: readonly (SpanNode | undefined)[];
}

export function columnsOf(trees: readonly Tree[]): Columns {
  const nodes: (SpanNode | undefined)[] = [undefined];
  const parents = [-1];
  const stack: { readonly node: SpanNode; readonly parent: number }[] = [];
  for (const tree of trees.toReversed()) {
    for (const node of tree.roots.toReversed()) stack.push({ node, parent: 0 });
  }
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const row = nodes.length;
    nodes.push(next.node);
    parents.push(next.parent);
    for (const child of next.node.children.toReversed()) stack.push({ node: child, parent: row });
  }
  const parent = Int32Array.from(parents);
  return { size: nodes.length, nodes, parent, last: lastRows(parent), start: starts(nodes), ...labelColumns(nodes) };
}

/** The rows under `row` with transparent spans spliced out; `each` is told of the transparent ones passed through too. */
export function eachChild(columns: Columns, row: number, each: (child: number, isTransparent: boolean) => void): void {
  const { last, isTransparent: transparent } = columns;
  const end = last[row] ?? row;
  for (let child = row + 1; child <= end;) {
    const passes = transparent[child] === 1;
    each(child, passes);
    // In preorder the children of a transparent span come next; those of another are jumped over.
    child = passes ? child + 1 : (last[child] ?? child) + 1;
  }
}

function lastRows(parent: Int32Array): Int32Array {
  const last = Int32Array.from(parent.keys());
  for (let row = parent.length - 1; row > 0; row--) {
    const above = parent[row] ?? 0;
    last[above] = Math.max(last[above] ?? 0, last[row] ?? 0);
  }
  return last;
}

function starts(nodes: readonly (SpanNode | undefined)[]): Float64Array {
  let first: bigint | undefined;
  for (const node of nodes) {
    const start = node?.span.startTimeUnixNano;
    if (start !== undefined && (first === undefined || start < first)) first = start;
  }
  const origin = first ?? 0n;
  return Float64Array.from(nodes, (node) => (node === undefined ? 0 : Number(node.span.startTimeUnixNano - origin)));
}

function labelColumns(nodes: readonly (SpanNode | undefined)[]): Pick<Columns, "label" | "labels" | "isTransparent"> {
  const labels: Label[] = [];
  // Three maps deep rather than one joined key: names may hold any character.
  const known = new Map<string, Map<string, Map<string, Label>>>();
  const label = new Int32Array(nodes.length);
  const transparent = new Uint8Array(nodes.length);
  for (const [row, node] of nodes.entries()) {
    if (node === undefined) continue;
    const { meaning } = node;
    const passes = isTransparent(meaning);
    const names = entryOf(known, `${meaning.kind} ${passes}`, () => new Map<string, Map<string, Label>>());
    const services = entryOf(names, meaning.name, () => new Map<string, Label>());
    const service = serviceOf(node.span);
    const found = entryOf(services, service, () => {
      const made = { id: labels.length, kind: meaning.kind, name: meaning.name, service, isTransparent: passes };
      labels.push(made);
      return made;
    });
    label[row] = found.id;
    transparent[row] = passes ? 1 : 0;
  }
  return { label, labels, isTransparent: transparent };
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Nanoseconds from start to end; `undefined` for an open span, 0 where the end lies before the start. */
export function durationOf({ startTimeUnixNano, endTimeUnixNano }: Span): number | undefined {
  if (endTimeUnixNano === undefined) return undefined;
  return Math.max(0, Number(endTimeUnixNano - startTimeUnixNano));
}

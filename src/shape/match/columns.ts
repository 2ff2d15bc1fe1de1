import type { Meaning } from "../../trace/kinds.ts";
import { isTransparent } from "../../trace/semantic.ts";
import type { Span } from "../../trace/span.ts";
import { serviceOf } from "../../trace/span.ts";
import type { Forest, SpanNode } from "../../trace/tree.ts";

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
 * row v are the rows in (v, last[v]]. Where traces are told apart, each has a virtual span of its own below row 0. A
 * virtual span has no node and matches nothing.
 */
export interface Columns {
  readonly size: number;
  readonly parent: Int32Array;
  readonly last: Int32Array;
  /** Nanoseconds since the earliest start. */
  readonly start: Float64Array;
  /** Likewise; never before the start, and Infinity for an open span. */
  readonly end: Float64Array;
  readonly label: Int32Array;
  readonly labels: readonly Label[];
  readonly isTransparent: Uint8Array;
  readonly nodes: readonly (SpanNode | undefined)[];
  /** The virtual span of each trace, in the order of the trees, where they are told apart; otherwise empty. */
  readonly traceRows: readonly number[];
}

export function columnsOf(forests: readonly Forest[], isTraceApart = false): Columns {
  const nodes: (SpanNode | undefined)[] = [undefined];
  const parents = [-1];
  const traceRows: number[] = [];
  // A node waits beside the row of its parent.
  const waiting: SpanNode[] = [];
  const above: number[] = [];
  for (const { roots } of forests) {
    const top = isTraceApart ? nodes.push(undefined) - 1 : 0;
    if (isTraceApart) {
      parents.push(0);
      traceRows.push(top);
    }
    wait(roots, top);
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      const row = nodes.push(node) - 1;
      parents.push(above.pop() ?? 0);
      wait(node.children, row);
    }
  }
  const parent = Int32Array.from(parents);
  return {
    size: nodes.length,
    nodes,
    traceRows,
    parent,
    last: lastRows(parent),
    ...times(nodes),
    ...labelColumns(nodes),
  };

  function wait(children: readonly SpanNode[], row: number): void {
    for (let index = children.length - 1; index >= 0; index--) {
      const child = children[index];
      if (child === undefined) continue;
      waiting.push(child);
      above.push(row);
    }
  }
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

function times(nodes: readonly (SpanNode | undefined)[]): Pick<Columns, "start" | "end"> {
  let first: bigint | undefined;
  for (const node of nodes) {
    const start = node?.span.startTimeUnixNano;
    if (start !== undefined && (first === undefined || start < first)) first = start;
  }
  const since = clockFrom(first ?? 0n);
  const start = new Float64Array(nodes.length);
  const end = new Float64Array(nodes.length).fill(Infinity);
  for (const [row, node] of nodes.entries()) {
    if (node === undefined) continue;
    const { startTimeUnixNano, endTimeUnixNano } = node.span;
    const started = since(startTimeUnixNano);
    start[row] = started;
    if (endTimeUnixNano !== undefined) end[row] = Math.max(started, since(endTimeUnixNano));
  }
  return { start, end };
}

/** Nanoseconds since `origin`. By halves of 32 bits, since a subtraction of two bigints makes a third. */
function clockFrom(origin: bigint): (time: bigint) => number {
  const whole = new BigInt64Array([origin]);
  const halves = new Int32Array(whole.buffer);
  const [low, high] = IS_LITTLE_ENDIAN ? [0, 1] : [1, 0];
  const [originLow, originHigh] = [(halves[low] ?? 0) >>> 0, halves[high] ?? 0];
  return (time) => {
    whole[0] = time;
    return ((halves[high] ?? 0) - originHigh) * 2 ** 32 + (((halves[low] ?? 0) >>> 0) - originLow);
  };
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

function labelColumns(nodes: readonly (SpanNode | undefined)[]): Pick<Columns, "label" | "labels" | "isTransparent"> {
  const labels: Label[] = [];
  // Three maps deep rather than one joined key: names may hold any character.
  const known = new Map<string, Map<string, Map<string, Label>>>();
  const label = new Int32Array(nodes.length);
  const transparent = new Uint8Array(nodes.length);
  for (const [row, node] of nodes.entries()) {
    if (node === undefined) {
      label[row] = -1;
      transparent[row] = 1;
      continue;
    }
    const { meaning } = node;
    const passes = isTransparent(meaning);
    const names = entryOf(known, passes ? `~${meaning.kind}` : meaning.kind, newNames);
    const services = entryOf(names, meaning.name, newServices);
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

const newNames = (): Map<string, Map<string, Label>> => new Map();
const newServices = (): Map<string, Label> => new Map();

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

import type { SpanNode } from "../tree.ts";
import { preorder } from "../walk.ts";

/** Where the time of a trace went. */
export interface CriticalPath {
  /** How long each span on the path was waited for itself, in nanoseconds: 0 where what is under it fills its time. */
  readonly ownNano: ReadonlyMap<SpanNode, bigint>;
  /** From the trace's first start to its last end. */
  readonly totalNano: bigint;
}

interface Window {
  readonly start: bigint;
  readonly end: bigint;
}

/** A span on the path while its children are looked at, those that ended last first. */
interface Frame {
  readonly node: SpanNode | undefined;
  readonly start: bigint;
  /** Up to here, from the end backwards, the time is not given out yet. */
  cursor: bigint;
  readonly children: readonly { readonly node: SpanNode; readonly window: Window }[];
  next: number;
}

/**
 * The critical path: from the end of the trace backwards, the span that ended last, then of its siblings the one that
 * ended last before that one started, and so on, and the same inside each of them; the time between them is their
 * parent's own. A span counts only while its parent lasts, and an open one up to the last end under it.
 *
 * This is the definition of Jaeger's and of CRISP's critical path. Linear in the spans but for sorting siblings.
 *
 * @see Zhang et al., CRISP: Critical Path Analysis of Large-Scale Microservice Architectures, USENIX ATC 2022
 */
export function criticalPathOf(roots: readonly SpanNode[]): CriticalPath {
  const ends = endsOf(roots);
  const whole = windowAround(roots, ends);
  const ownNano = new Map<SpanNode, bigint>();
  const stack: Frame[] = [frameOf(undefined, whole, roots, ends)];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = lastBeforeCursor(frame);
    const from = child === undefined ? frame.start : child.window.end;
    if (frame.node !== undefined && frame.cursor > from)
      ownNano.set(frame.node, (ownNano.get(frame.node) ?? 0n) + frame.cursor - from);
    if (child === undefined) stack.pop();
    else {
      ownNano.set(child.node, 0n);
      frame.cursor = child.window.start;
      stack.push(frameOf(child.node, child.window, child.node.children, ends));
    }
  }
  return { ownNano, totalNano: whole.end - whole.start };
}

function lastBeforeCursor(frame: Frame): Frame["children"][number] | undefined {
  for (let child = frame.children[frame.next++]; child !== undefined; child = frame.children[frame.next++])
    if (child.window.end <= frame.cursor) return child;
  return undefined;
}

function frameOf(
  node: SpanNode | undefined,
  { start, end }: Window,
  nodes: readonly SpanNode[],
  ends: ReadonlyMap<SpanNode, bigint>,
): Frame {
  const children = nodes
    .map((child) => ({
      node: child,
      window: {
        start: later(child.span.startTimeUnixNano, start),
        end: earlier(ends.get(child) ?? child.span.startTimeUnixNano, end),
      },
    }))
    .filter(({ window }) => window.start < window.end)
    .toReversed()
    .toSorted((a, b) => (a.window.end === b.window.end ? 0 : a.window.end > b.window.end ? -1 : 1));
  return { node, start, cursor: end, children, next: 0 };
}

/** When each span ended, an open one with the last under it. */
function endsOf(roots: readonly SpanNode[]): ReadonlyMap<SpanNode, bigint> {
  const ends = new Map<SpanNode, bigint>();
  for (const node of preorder(roots).toReversed()) {
    const { startTimeUnixNano: start, endTimeUnixNano: end } = node.span;
    ends.set(node, end ?? node.children.reduce((last, child) => later(last, ends.get(child) ?? last), start));
  }
  return ends;
}

function windowAround(roots: readonly SpanNode[], ends: ReadonlyMap<SpanNode, bigint>): Window {
  const [first] = roots;
  if (first === undefined) return { start: 0n, end: 0n };
  let { startTimeUnixNano: start } = first.span;
  let end = start;
  for (const root of roots) {
    start = earlier(start, root.span.startTimeUnixNano);
    end = later(end, ends.get(root) ?? end);
  }
  return { start, end };
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

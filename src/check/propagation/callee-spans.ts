import { type Span, type SpanKind, serviceOf } from "../../trace/span.ts";
import { type SpanNode, type Tree, buildTrees } from "../../trace/tree.ts";
import { nodesOf } from "../place.ts";
import type { Crossing } from "./crossings.ts";
import { type PropagationPolicy, isLinking } from "./policy.ts";
import { pairStrays } from "./strays.ts";

/** The spans of a callee that belong to one message. */
export interface CalleeSpans {
  /** Where it continues the message's context, or links to it where that is the policy. */
  readonly arrived: ReadonlyMap<Crossing, SpanNode>;
  /** Of messages that nothing continues: a span of the callee that began elsewhere, and is most likely theirs. */
  readonly strays: ReadonlyMap<Crossing, SpanNode>;
  /** Of messages that nothing continues: a span that would, and whose record came when nobody waited any more. */
  readonly late: ReadonlyMap<Crossing, SpanNode>;
}

/**
 * Finds for each message the span at which its callee began to work on it. Each span belongs to one message; a message that
 * came twice has two. O(n log n).
 */
export function calleeSpans(
  crossings: readonly Crossing[],
  trees: readonly Tree[],
  { policy, late }: { readonly policy: PropagationPolicy; readonly late: readonly Span[] },
): CalleeSpans {
  const selfAsking = new Set(crossings.flatMap(({ message: { from, to } }) => (from === to ? [to] : [])));
  const entries = entriesOf(trees, selfAsking);
  const { arrived, used } = claim(crossings, entries, policy);
  const unmet = crossings.filter((crossing) => !arrived.has(crossing));
  return {
    arrived,
    strays: pairStrays(
      unmet,
      entries.filter((node) => !used.has(node)),
    ),
    late: claim(unmet, late.length === 0 ? [] : entriesOf(buildTrees(late), selfAsking), policy).arrived,
  };
}

/** Spans at which a service is entered: no parent, or one that is not of the same service unless that asks itself. */
function entriesOf(trees: readonly Tree[], selfAsking: ReadonlySet<string>): readonly SpanNode[] {
  return nodesOf(trees).filter(({ span, parent }) => {
    const service = serviceOf(span);
    if (parent === undefined || serviceOf(parent.span) !== service) return true;
    return ENTERING.has(span.spanKind) && selfAsking.has(service);
  });
}

const ENTERING: ReadonlySet<SpanKind> = new Set(["server", "consumer"]);

/** Gives each message the spans that continue its context: of its own method, before such as name none. */
function claim(
  crossings: readonly Crossing[],
  entries: readonly SpanNode[],
  policy: PropagationPolicy,
): { readonly arrived: ReadonlyMap<Crossing, SpanNode>; readonly used: ReadonlySet<SpanNode> } {
  const [children, linked] = [new Queues(), new Queues()];
  let hasUnnamed = false;
  for (const node of entries) {
    const { traceId, parentSpanId, links } = node.span;
    const service = serviceOf(node.span);
    const { method = "" } = node.meaning;
    if (parentSpanId !== undefined) children.add(placeKey(service, traceId, parentSpanId) + method, node);
    for (const link of links) linked.add(placeKey(service, link.traceId, link.spanId) + method, node);
    hasUnnamed ||= method === "";
  }
  const arrived = new Map<Crossing, SpanNode>();
  const used = new Set<SpanNode>();
  for (const crossing of crossings) {
    const { message, context, deliveries } = crossing;
    if (context === undefined) continue;
    const queues = isLinking(policy, message) ? linked : children;
    const place = placeKey(message.to, context.traceId, context.spanId);
    for (let count = 0; count < Math.max(1, deliveries); count++) {
      const own = queues.take(place + message.method);
      const node = own ?? (count === 0 && hasUnnamed ? queues.take(place) : undefined);
      if (node === undefined) break;
      used.add(node);
      if (count === 0) arrived.set(crossing, node);
    }
  }
  // What names no method and hangs where it should is a layer below, as HTTP is under MCP.
  for (const { message, context } of hasUnnamed ? crossings : [])
    if (context !== undefined)
      for (const node of children.rest(placeKey(message.to, context.traceId, context.spanId))) used.add(node);
  return { arrived, used };
}

/** Where a service's spans begin that continue a context; a method may follow. */
function placeKey(service: string, traceId: string, spanId: string): string {
  return `${service}\n${traceId}\n${spanId}\n`;
}

/** Nodes by key, each taken once, in the order in which they were added. */
class Queues {
  readonly #queues = new Map<string, { readonly nodes: SpanNode[]; next: number }>();

  add(key: string, node: SpanNode): void {
    const queue = this.#queues.get(key);
    if (queue === undefined) this.#queues.set(key, { nodes: [node], next: 0 });
    else queue.nodes.push(node);
  }

  take(key: string): SpanNode | undefined {
    const queue = this.#queues.get(key);
    return queue?.nodes[queue.next++];
  }

  /** Those that nobody has taken; it takes them. */
  rest(key: string): readonly SpanNode[] {
    const queue = this.#queues.get(key);
    if (queue === undefined) return [];
    const nodes = queue.nodes.slice(queue.next);
    queue.next = queue.nodes.length;
    return nodes;
  }
}

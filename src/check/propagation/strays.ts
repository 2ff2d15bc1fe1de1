import { ATTR } from "../../trace/conventions.ts";
import { type SpanKind, serviceOf } from "../../trace/span.ts";
import type { SpanNode } from "../../trace/tree.ts";
import type { Crossing } from "./crossings.ts";

/** By what a span may be told to be a message's; undefined where they do not say. */
interface Telling {
  readonly ofMessage: (crossing: Crossing) => string | undefined;
  readonly ofSpan: (node: SpanNode) => string | undefined;
}

/** The surest first: the request's id, the method, and for spans that say neither the callee alone. */
const TELLINGS: readonly Telling[] = [
  {
    ofMessage: ({ message: { message, protocol, to, method } }) =>
      protocol === "mcp" ? `${to}\n${method}\n${message.slice(message.indexOf("#") + 1)}` : undefined,
    ofSpan: ({ span, meaning }) => {
      const id = requestIdOf({ span });
      return id === undefined ? undefined : `${serviceOf(span)}\n${meaning.method}\n${id}`;
    },
  },
  {
    ofMessage: ({ message: { to, method } }) => `${to}\n${method}`,
    ofSpan: ({ span, meaning }) =>
      requestIdOf({ span }) === undefined && meaning.method !== undefined
        ? `${serviceOf(span)}\n${meaning.method}`
        : undefined,
  },
  {
    ofMessage: ({ message }) => message.to,
    ofSpan: ({ span, meaning }) =>
      meaning.method === undefined && !SENDING.has(span.spanKind) ? serviceOf(span) : undefined,
  },
];

/** A span of its own doing answers nobody. */
const SENDING: ReadonlySet<SpanKind> = new Set(["client", "producer"]);

/** Of a request of MCP. The ledger counts those of other protocols itself. */
function requestIdOf({ span: { attributes } }: Pick<SpanNode, "span">): string | undefined {
  const id = attributes[ATTR.jsonrpcRequestId];
  const isId = typeof id === "string" || typeof id === "number";
  return isId && attributes[ATTR.mcpMethod] !== undefined ? String(id) : undefined;
}

/** Pairs messages that no span continues with spans of their callees that continue no message. O(n log n). */
export function pairStrays(
  crossings: readonly Crossing[],
  strays: readonly SpanNode[],
): ReadonlyMap<Crossing, SpanNode> {
  const pairs = new Map<Crossing, SpanNode>();
  const taken = new Set<SpanNode>();
  for (const { ofMessage, ofSpan } of TELLINGS) {
    const groups = new Map<string, { readonly crossings: Crossing[]; readonly strays: SpanNode[] }>();
    for (const crossing of crossings) {
      const key = pairs.has(crossing) ? undefined : ofMessage(crossing);
      if (key === undefined) continue;
      const group = groups.get(key) ?? { crossings: [], strays: [] };
      groups.set(key, group);
      group.crossings.push(crossing);
    }
    for (const node of strays) if (!taken.has(node)) groups.get(ofSpan(node) ?? "")?.strays.push(node);
    for (const group of groups.values())
      for (const [crossing, node] of pairInTime(group.crossings, group.strays)) {
        pairs.set(crossing, node);
        taken.add(node);
      }
  }
  return pairs;
}

/**
 * A span begins after its message came: it is given to the last message before it, of those that came at once to the first.
 * A foreign callee's clock may be another: what is left over there is paired in order.
 */
function* pairInTime(
  crossings: readonly Crossing[],
  strays: readonly SpanNode[],
): Generator<readonly [Crossing, SpanNode]> {
  const coming = crossings.toReversed().toSorted((a, b) => inOrder(arrivalOf(a), arrivalOf(b)));
  const waiting: Crossing[] = [];
  const early: SpanNode[] = [];
  let next = 0;
  for (const node of strays.toSorted((a, b) => inOrder(a.span.startTimeUnixNano, b.span.startTimeUnixNano))) {
    for (
      let one = coming[next];
      one !== undefined && arrivalOf(one) <= node.span.startTimeUnixNano;
      one = coming[next]
    ) {
      waiting.push(one);
      next++;
    }
    const crossing = waiting.pop();
    if (crossing === undefined) early.push(node);
    else yield [crossing, node];
  }
  const left = [...waiting, ...coming.slice(next)].filter(({ isCalleeOwn }) => !isCalleeOwn);
  for (const [index, node] of early.entries()) {
    const crossing = left[index];
    if (crossing !== undefined) yield [crossing, node];
  }
}

function arrivalOf({ message, received }: Crossing): bigint {
  return (received ?? message).timeUnixNano;
}

function inOrder(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

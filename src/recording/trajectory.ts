import { canonicalJson } from "../core/json.ts";
import { ATTR } from "../trace/conventions.ts";
import type { Kind, Meaning } from "../trace/kinds.ts";
import { semanticNodes } from "../trace/semantic.ts";
import { attributeFaults } from "../scenario/attribute-form.ts";
import { isStable } from "../shape/diff/facts.ts";
import { type Attributes, type AttributeValue, type Span, serviceOf } from "../trace/span.ts";
import type { SpanNode } from "../trace/tree.ts";
import { writtenMeaning } from "../trace/written.ts";
import type { RecordedTurn } from "./turns.ts";

/** The semantic trees of a conversation, written down. */
export interface Trajectory {
  /** Under each turn, marked as Troupe marks them, its semantic trees in Troupe's own words. */
  readonly spans: readonly Span[];
  /** The id of what was written for a node. */
  readonly idOf: (node: SpanNode) => string | undefined;
  /** Ids of the turns, in their order. */
  readonly turnIds: readonly string[];
}

/**
 * Writes semantic trees down: ids are the recorded ones where they are a tracer's, else numbers; a call and its far end say
 * who answered, wherever one of them does; content is what calls were given and gave.
 */
export function trajectoryOf(traces: readonly (readonly RecordedTurn[])[]): Trajectory {
  const writer = new Writer();
  for (const [index, turns] of traces.entries()) for (const turn of turns) writer.writeTurn(turn, index);
  return { spans: writer.spans, idOf: (node) => writer.ids.get(node), turnIds: writer.turnIds };
}

class Writer {
  readonly spans: Span[] = [];
  readonly ids = new Map<SpanNode, string>();
  readonly turnIds: string[] = [];
  readonly #taken = new Set<string>();
  readonly #traceIds = new Map<number, string>();

  writeTurn({ nodes, mark }: RecordedTurn, traceIndex: number): void {
    const given = (nodes[0]?.span ?? mark)?.traceId;
    if (given === undefined) return;
    const isFree = isHex(given, 32) && !this.#taken.has(given);
    const traceId = this.#traceIds.get(traceIndex) ?? (isFree ? given : hex(traceIndex + 1, 32));
    this.#traceIds.set(traceIndex, traceId);
    this.#taken.add(traceId);
    const marked = mark?.attributes[ATTR.turn];
    const number = typeof marked === "number" ? marked : this.turnIds.length + 1;
    const turnId = this.#freeId(`turn ${number}`);
    this.turnIds.push(turnId);
    const spans = [...(mark === undefined ? [] : [mark]), ...nodes.map(({ span }) => span)];
    const times = spans.map((span) => [span.startTimeUnixNano, endOf(span)] as const);
    this.spans.push({
      ...PLAIN,
      traceId,
      spanId: turnId,
      name: `turn ${number}`,
      startTimeUnixNano: times.reduce((least, [start]) => (start < least ? start : least), times[0]?.[0] ?? 0n),
      endTimeUnixNano: times.reduce((most, [, end]) => (end > most ? end : most), 0n),
      attributes: { [ATTR.harness]: true, [ATTR.turn]: number },
      resource: TROUPE,
    });
    this.#writeTrees(nodes, traceId, turnId);
  }

  #writeTrees(tops: readonly SpanNode[], traceId: string, turnId: string): void {
    const stack = inPlace(tops, turnId).toReversed();
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { node, parentSpanId } = next;
      const spanId = this.#freeId(node.span.spanId);
      this.ids.set(node, spanId);
      const children = semanticNodes(node.children);
      this.spans.push({ ...writtenSpan(next, children), traceId, spanId, parentSpanId });
      for (const child of inPlace(children, spanId, next).toReversed()) stack.push(child);
    }
  }

  #freeId(wanted: string): string {
    let id = wanted;
    for (let number = this.#taken.size + 1; !isHex(id, 16) || this.#taken.has(id); number++) id = hex(number, 16);
    this.#taken.add(id);
    return id;
  }
}

interface Placed {
  readonly node: SpanNode;
  readonly parentSpanId: string;
  /** Where the node above is, nothing transparent between. */
  readonly above: Placed | undefined;
  readonly start: bigint;
}

/** Siblings, each with a start of its own: those that began at one time have no order, and a run gives them one. */
function inPlace(siblings: readonly SpanNode[], parentSpanId: string, above?: Placed): readonly Placed[] {
  let last = -1n;
  return siblings.map((node) => {
    const given = node.span.startTimeUnixNano;
    last = given > last ? given : last + 1n;
    return { node, parentSpanId, above, start: last };
  });
}

function writtenSpan(
  { node, above, start }: Placed,
  children: readonly SpanNode[],
): Omit<Span, "traceId" | "spanId" | "parentSpanId"> {
  const { span } = node;
  const isAnswer = FAR_ENDS.has(node.meaning.kind) && above !== undefined && isCall(above);
  const { name, attributes } = writtenMeaning(completed(node, children, isAnswer));
  const task = span.attributes[ATTR.a2aTaskId];
  const own = { ...lastingAttributes(span.attributes), ...attributes };
  return {
    ...PLAIN,
    name,
    spanKind: span.spanKind,
    startTimeUnixNano: start,
    endTimeUnixNano: endOf(span) < start ? start : endOf(span),
    status: isAnswer && span.status.code === "ok" ? PLAIN.status : span.status,
    attributes: typeof task === "string" ? { ...own, [ATTR.a2aTaskId]: task } : own,
    resource: resourceOf(serviceOf(span)),
  };
}

/** By which users filter though their names are like those of what every run has its own of. */
const DIMENSIONS: ReadonlySet<string> = new Set(["tenant.id", "feature.id", "experiment.id"]);

/** What a span says in words of its writer's own, and would say in another run too. */
function lastingAttributes(attributes: Attributes): Attributes {
  const lasting = Object.entries(attributes).filter(([key]) => isStable(key) || DIMENSIONS.has(key));
  return Object.fromEntries(lasting.map(([key, value]) => [key, isPlain(value) ? value : canonicalJson(value)]));
}

/** OpenTelemetry's API takes these, and lists of them, and no other. */
function isPlain(value: AttributeValue): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** The texts that all of these spans say alike, as one does that is stamped on every span of a run. */
export function commonAttributes([first, ...others]: readonly Span[]): Readonly<Record<string, string>> {
  let common: Readonly<Record<string, string>> = {};
  for (const [key, value] of Object.entries(lastingAttributes(first?.attributes ?? {}))) {
    if (typeof value !== "string" || others.some((span) => span.attributes[key] !== value)) continue;
    // What baggage cannot carry, or not all of it, stays an attribute of each span.
    const more = { ...common, [key]: value };
    if (attributeFaults(more, "").length === 0) common = more;
  }
  return common;
}

/** What the two ends of a call say of it, said at the end where Troupe says it. */
function completed({ span, meaning }: SpanNode, children: readonly SpanNode[], isAnswer: boolean): Meaning {
  if (meaning.kind === "mcp.server") {
    const { arguments: args, result, ...rest } = meaning;
    const content = { ...(args !== undefined && { arguments: args }), ...(result !== undefined && { result }) };
    const server = meaning.server ?? serviceOf(span);
    return { ...rest, ...(!isAnswer && content), ...(server !== "" && { server }) };
  }
  const answered = children.find((child) => child.meaning.kind === "mcp.server");
  if (!CALLS.has(meaning.kind) || meaning.server !== undefined || answered === undefined) return meaning;
  const server = answered.meaning.server ?? serviceOf(answered.span);
  return server === "" ? meaning : { ...meaning, server };
}

/** Of these, below the call that they answer, Troupe says no more than that they failed. */
const FAR_ENDS: ReadonlySet<Kind> = new Set<Kind>(["mcp.server", "a2a.server"]);
const CALLS: ReadonlySet<Kind> = new Set<Kind>(["tool", "mcp.client", "a2a.client"]);

/** Where a tool's span has its MCP client's inside of it, no mock answers: both spans and all that they say are made again. */
function isCall({ node, above }: Placed): boolean {
  const isInner = node.meaning.kind === "mcp.client" && above?.node.meaning.kind === "tool";
  return CALLS.has(node.meaning.kind) && !isInner;
}

const PLAIN = {
  spanKind: "internal",
  status: { code: "unset" },
  events: [],
  links: [],
  scope: { name: "troupe" },
} as const;

const TROUPE: Attributes = { "service.name": "troupe" };

function resourceOf(service: string): Attributes {
  return service === "" ? {} : { "service.name": service };
}

/** One that never ended is taken to have ended as it began. */
function endOf({ startTimeUnixNano, endTimeUnixNano = startTimeUnixNano }: Span): bigint {
  return endTimeUnixNano < startTimeUnixNano ? startTimeUnixNano : endTimeUnixNano;
}

function isHex(id: string, length: number): boolean {
  return id.length === length && /^[0-9a-f]+$/.test(id) && /[^0]/.test(id);
}

function hex(number: number, length: number): string {
  return number.toString(16).padStart(length, "0");
}

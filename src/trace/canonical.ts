import { canonicalJson, sha256 } from "../core/json.ts";
import { semanticNodes } from "./semantic.ts";
import { serviceOf } from "./span.ts";
import type { SpanNode, Tree } from "./tree.ts";

/**
 * The canonical tree of a run as JSON: what the traces say once ids, times, transports and addresses are gone.
 *
 * Each node keeps what DESIGN §3 lists, its keys sorted; `under` holds its children, one list for each actor. Inside a
 * list the order is the program's: an agent's numbered steps by number, all else by start, ties by canonical bytes. The lists, and the traces of the run, are
 * multisets: sorted by canonical bytes. Traces with nothing semantic in them are left out.
 */
export function canonicalText(trees: readonly Tree[]): string {
  const forests = trees.map((tree) => forestText(tree)).filter((text) => text !== "[]");
  return `[${forests.toSorted(byBytes).join(",")}]`;
}

/** SHA-256 of {@link canonicalText}: equal for the same scenario and seed in every mode. */
export function canonicalDigest(trees: readonly Tree[]): string {
  return sha256(canonicalText(trees));
}

/** SHA-256 of spans as exported. `otlpText` is what `writeOtlpJson` gives: its order is stated, so equal spans give equal bytes. */
export function spansDigest(otlpText: string): string {
  return sha256(otlpText);
}

function forestText(tree: Tree): string {
  const top = semanticNodes(tree.roots);
  const order: { readonly node: SpanNode; readonly children: readonly SpanNode[] }[] = [];
  const stack = [...top];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const children = semanticNodes(node.children);
    order.push({ node, children });
    for (const child of children) stack.push(child);
  }
  const texts = new Map<SpanNode, string>();
  for (const { node, children } of order.toReversed()) {
    const own = ownText(node);
    texts.set(node, children.length === 0 ? own : `${own.slice(0, -1)},"under":${listsText(children, texts)}}`);
  }
  return listsText(top, texts);
}

/** `under` sorts after every other key, so that the children can be put behind a node's own text. */
function ownText({ span, meaning }: SpanNode): string {
  return canonicalJson({
    agent: meaning.agent,
    arguments: canonicalValue(meaning.arguments),
    finishReason: meaning.finishReason,
    handoff: meaning.handoff,
    inputTokens: meaning.inputTokens,
    kind: meaning.kind,
    method: meaning.method,
    model: meaning.model,
    name: meaning.name,
    outputTokens: meaning.outputTokens,
    result: canonicalValue(meaning.result),
    server: meaning.server,
    service: serviceOf(span),
    status: span.status.code,
    step: meaning.trajectoryStep,
    taskState: meaning.taskState,
    tool: meaning.tool,
  });
}

/** Recorded JSON as canonical JSON, so that the order of keys does not count; any other text as it is. */
function canonicalValue(recorded: string | undefined): string | undefined {
  if (recorded === undefined) return undefined;
  try {
    return canonicalJson(JSON.parse(recorded));
  } catch {
    return recorded;
  }
}

function listsText(children: readonly SpanNode[], texts: ReadonlyMap<SpanNode, string>): string {
  const byActor = new Map<string, SpanNode[]>();
  for (const child of children) {
    const actor = actorOf(child);
    const list = byActor.get(actor);
    if (list === undefined) byActor.set(actor, [child]);
    else list.push(child);
  }
  const lists = [...byActor.values()].map((list) => `[${programOrder(list, texts).join(",")}]`);
  return `[${lists.toSorted(byBytes).join(",")}]`;
}

/**
 * Who acts in a span: its service and, for an agent's own span, that agent. Siblings that are no agents all act for the
 * agent above them, so the service alone tells them apart; a handoff is an act of its source.
 */
function actorOf({ span, meaning }: SpanNode): string {
  return canonicalJson([serviceOf(span), meaning.kind === "agent" ? meaning.name : null]);
}

/** By start; but numbered steps, in the places that they take together, by number. */
function programOrder(list: readonly SpanNode[], texts: ReadonlyMap<SpanNode, string>): readonly string[] {
  const byTime = list.toSorted((a, b) => byStartThenBytes(a, b, texts));
  const numbered = byTime.filter((node) => isNumbered(node)).toSorted((a, b) => stepNumber(a) - stepNumber(b));
  const inOrder = byTime.map((node) => (isNumbered(node) ? (numbered.shift() ?? node) : node));
  return inOrder.map((node) => texts.get(node) ?? "");
}

function isNumbered({ meaning }: SpanNode): boolean {
  return meaning.trajectoryStep !== undefined;
}

function stepNumber({ meaning }: SpanNode): number {
  return meaning.trajectoryStep ?? 0;
}

function byStartThenBytes(a: SpanNode, b: SpanNode, texts: ReadonlyMap<SpanNode, string>): number {
  if (a.span.startTimeUnixNano !== b.span.startTimeUnixNano) {
    return a.span.startTimeUnixNano < b.span.startTimeUnixNano ? -1 : 1;
  }
  return byBytes(texts.get(a) ?? "", texts.get(b) ?? "");
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import { type Json, canonicalJson } from "../core/json.ts";
import { TASK_STATES, type TaskState } from "../scenario/a2a.ts";
import type { ModelAnswer, ToolCall } from "../scenario/model.ts";
import { ATTR } from "../trace/conventions.ts";
import type { Kind, Meaning } from "../trace/kinds.ts";
import type { Attributes } from "../trace/span.ts";
import { type Act, actsOf } from "../trace/trajectory.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";
import { unflattened } from "../trace/dialects/message-source.ts";
import { type Exchange, type Missing, type UserExchange, exactResult, resultValue } from "./exchange.ts";
import { answerIn, messagesIn, objectIn } from "./trace-messages.ts";
import type { Trajectory } from "./trajectory.ts";
import { type RecordedTurn, lastText } from "./turns.ts";

/** What was exchanged in the traces of a conversation, by start: the user's turns, and what agents asked others. */
export function exchangesOf(
  trees: readonly Tree[],
  turns: readonly RecordedTurn[],
  trajectory: Trajectory,
): readonly Exchange[] {
  const acts = trees.flatMap((tree) => actsOf(tree));
  const said = turns.map((turn, index) => userExchange(turn, trajectory.turnIds[index]));
  const asked = acts.flatMap((act) => {
    const exchange = exchangeOf(act);
    return exchange === undefined ? [] : [{ node: act.node, exchange: { ...exchange, ...idOf(act.node, trajectory) } }];
  });
  const all = [
    ...said.map(({ exchange, start, end }) => ({ exchange, start, end })),
    ...asked.map(({ node: { span }, exchange }) => ({
      exchange,
      start: span.startTimeUnixNano,
      end: span.endTimeUnixNano ?? span.startTimeUnixNano,
    })),
  ].toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const origin = all[0]?.start ?? 0n;
  return all.map(({ exchange, start, end }) => ({
    ...exchange,
    startMs: milliseconds(start - origin),
    durationMs: end > start ? milliseconds(end - start) : 0,
  }));
}

type Untimed<E> = E extends Exchange ? Omit<E, "startMs" | "durationMs"> : never;

function milliseconds(nano: bigint): number {
  return Number(nano / 1000n) / 1000;
}

function idOf(node: SpanNode, { idOf: find }: Trajectory): { readonly spanId?: string } {
  const spanId = find(node);
  return spanId === undefined ? {} : { spanId };
}

function missing(...parts: readonly (Missing | false)[]): { readonly missing?: readonly Missing[] } {
  const list = parts.filter((part) => part !== false);
  return list.length === 0 ? {} : { missing: list };
}

function userExchange(
  { nodes, text, reply }: RecordedTurn,
  spanId: string | undefined,
): { readonly exchange: Untimed<UserExchange>; readonly start: bigint; readonly end: bigint } {
  const [first, ...rest] = nodes.map(({ span }) => span);
  const start = first?.startTimeUnixNano ?? 0n;
  const ends = [first, ...rest].map((span) => span?.endTimeUnixNano ?? span?.startTimeUnixNano ?? 0n);
  const exchange = {
    kind: "user",
    agent: null,
    ...(spanId !== undefined && { spanId }),
    text: text ?? "",
    reply: reply ?? null,
    ...missing(text === undefined && "question", reply === undefined && "answer"),
  } as const;
  return { exchange, start, end: ends.reduce((most, end) => (end > most ? end : most), start) };
}

function exchangeOf(act: Act): Untimed<Exchange> | undefined {
  const { kind, name, agent, node } = act;
  if (kind === "llm") return modelExchange(act);
  if (kind === "tool") return toolExchange(act);
  if (kind === "retrieval") return retrievalExchange(act);
  if (kind === "ask") {
    const text = lastText(node, "input", "user");
    const reply = lastText(node, "output", "assistant");
    const lacks = missing(text === undefined && "question", reply === undefined && "answer");
    return { kind, agent, to: name, text: text ?? "", reply: reply ?? "", state: stateOf(node), ...lacks };
  }
  // A handoff stays among the agents.
  if (kind === "handoff") return undefined;
  const { result: given } = node.meaning;
  const result = given === undefined ? "" : exactResult(given);
  const lacks = missing(kind === "prompt" && "arguments", given === undefined && "result");
  const served = { agent, server: serverOf(node), result, ...lacks };
  return kind === "resource" ? { kind, uri: name, ...served } : { kind, name, arguments: {}, ...served };
}

/** Frameworks and their instrumentations record one call on several layers, and its content on any of them. */
function layersOf(node: SpanNode): readonly SpanNode[] {
  const layers = [node];
  const stack = node.children.toReversed();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const isLayer = isLayerOf(next.meaning, node.meaning);
    if (isLayer) layers.push(next);
    if (isLayer || !WORK.has(next.meaning.kind)) for (const child of next.children.toReversed()) stack.push(child);
  }
  return layers;
}

function isLayerOf({ kind, name, tool }: Meaning, call: Meaning): boolean {
  if (call.kind === "llm") return kind === "llm";
  return (kind === "tool" && name === call.name) || (kind === "mcp.client" && tool !== undefined && tool === call.tool);
}

/** What is an act of its own, or another's. */
const WORK: ReadonlySet<Kind> = new Set<Kind>([
  "workflow",
  "turn",
  "agent",
  "llm",
  "tool",
  "handoff",
  "retrieval",
  "mcp.client",
  "mcp.server",
  "a2a.client",
  "a2a.server",
]);

function modelExchange({ agent, node }: Act): Untimed<Exchange> {
  const { meaning, span } = node;
  const layers = layersOf(node);
  const conversation = messagesIn(layers, "input");
  const answer = answerIn(messagesIn(layers, "output"));
  const hasFailed = span.status.code === "error";
  const { message } = span.status;
  const whole: ModelAnswer = {
    ...answer,
    ...(FINISHES.has(meaning.finishReason ?? "") && { finish: "length" as const }),
    ...(meaning.finishReason === "content_filter" && { finish: meaning.finishReason }),
    ...(hasFailed && { fail: { status: 500, ...(message !== undefined && { message }) } }),
    ...(meaning.inputTokens !== undefined && { inputTokens: meaning.inputTokens }),
    ...(meaning.outputTokens !== undefined && { outputTokens: meaning.outputTokens }),
  };
  return {
    kind: "model",
    agent,
    model: meaning.model ?? null,
    conversation: conversation ?? [],
    answer: whole,
    ...missing(conversation === undefined && "question", answer === undefined && !hasFailed && "answer"),
  };
}

/** As the APIs of several providers call it. */
const FINISHES: ReadonlySet<string> = new Set(["length", "max_tokens", "MAX_TOKENS"]);

function toolExchange({ name, agent, node }: Act): Untimed<Exchange> {
  const layers = layersOf(node);
  const args = layers.find(({ meaning }) => meaning.arguments !== undefined)?.meaning.arguments;
  const result = layers.find(({ meaning }) => meaning.result !== undefined)?.meaning.result;
  return {
    kind: "tool",
    agent,
    server: serverOf(node),
    tool: name,
    arguments: args === undefined ? {} : argumentsIn(args),
    result: result === undefined ? "" : exactResult(result),
    isError: node.span.status.code === "error",
    ...missing(args === undefined && "arguments", result === undefined && "result"),
  };
}

/** Tools of some frameworks take one value and no object. */
function argumentsIn(text: string): ToolCall["arguments"] {
  return objectIn(text) ?? { input: resultValue(text) };
}

/** Who answered a call, by its own end or by the far one. */
function serverOf({ meaning, children }: SpanNode): string | null {
  if (meaning.server !== undefined) return meaning.server;
  const answered = children.find((child) => child.meaning.kind === "mcp.server");
  if (answered === undefined) return null;
  const service = answered.span.resource["service.name"];
  return answered.meaning.server ?? (typeof service === "string" && service !== "" ? service : null);
}

function stateOf({ meaning: { taskState } }: SpanNode): TaskState | null {
  const state = taskState
    ?.replace(/^TASK_STATE_/, "")
    .replaceAll("_", "-")
    .toLowerCase();
  return TASK_STATES.find((known) => known === state) ?? null;
}

function retrievalExchange({ name, agent, node }: Act): Untimed<Exchange> {
  const { attributes } = node.span;
  const query = QUERIES.map((key) => attributes[key]).find((value) => typeof value === "string");
  const documents = documentsIn(attributes);
  return {
    kind: "retrieval",
    agent,
    source: name === "" ? null : name,
    query: typeof query === "string" ? query : "",
    documents: documents ?? [],
    ...missing(query === undefined && "question", documents === undefined && "answer"),
  };
}

const QUERIES = ["gen_ai.retrieval.query.text", "retrieval.query", "input.value", ATTR.toolArguments];
const LISTS = ["gen_ai.retrieval.documents", "retrieval.documents"];

function documentsIn(attributes: Attributes): readonly Json[] | undefined {
  for (const key of LISTS) {
    const value = attributes[key];
    const list: unknown = typeof value === "string" ? resultValue(value) : value;
    if (Array.isArray(list)) return jsonOf(list);
  }
  const list = LISTS.map((key) => unflattened(attributes, key)).find((found) => found !== undefined);
  return list === undefined ? undefined : jsonOf(list);
}

/** Attributes hold what JSON has no word for. */
function jsonOf(list: readonly unknown[]): readonly Json[] {
  return JSON.parse(canonicalJson(list)) as readonly Json[];
}

import type { RecordedAsk } from "../scenario/recorded-agent.ts";
import type { Message } from "../scenario/model.ts";
import { ATTR } from "../trace/conventions.ts";
import type { Meaning } from "../trace/kinds.ts";
import { semanticNodes } from "../trace/semantic.ts";
import { serviceOf } from "../trace/span.ts";
import type { SpanNode } from "../trace/tree.ts";
import type {
  AskExchange,
  Exchange,
  PromptExchange,
  RecordedModelExchange,
  ResourceExchange,
  ToolExchange,
} from "./exchange.ts";

/** A recorded call that is made again for real. */
export interface LiveAsk {
  readonly asks: RecordedAsk;
  /** The attributes that come from the answer. */
  readonly answered: readonly string[];
  /** What the far end does of its own. */
  readonly farSteps: readonly SpanNode[];
}

/** Who can be asked. */
export interface Askable {
  readonly servers: ReadonlySet<string>;
  readonly remotes: ReadonlySet<string>;
  /** On which attempt the model gives an exchange's answer. */
  readonly attempts: ReadonlyMap<Exchange, number>;
}

/** The words of a question that a recording does not hold; one for each question, so that answers find theirs. */
export function placeholder(spanId: string | undefined): string {
  return spanId === undefined ? "(not recorded)" : `(not recorded: ${spanId})`;
}

export function isMissing({ missing = [] }: Exchange, part: NonNullable<Exchange["missing"]>[number]): boolean {
  return missing.includes(part);
}

/** What a model was asked, or a placeholder for it. */
export function askedConversation(exchange: RecordedModelExchange): readonly Message[] {
  const { conversation, spanId } = exchange;
  return isMissing(exchange, "question") ? [{ role: "user", text: placeholder(spanId) }] : conversation;
}

/**
 * The call that a node with these semantic children is; undefined where a run that makes it would not make the recorded
 * spans of it, since the far end is not in the trace, or does or says more than a mock's.
 */
export function liveAskOf(
  node: SpanNode,
  children: readonly SpanNode[],
  exchange: Exchange | undefined,
  known: Askable,
): LiveAsk | undefined {
  if (exchange?.kind === "model") return modelAsk(node, children, exchange, known);
  if (exchange?.kind === "ask") return remoteAsk(node, children, exchange, known);
  const isServers = exchange?.kind === "tool" || exchange?.kind === "resource" || exchange?.kind === "prompt";
  return isServers ? serverAsk(node, children, exchange, known) : undefined;
}

function modelAsk(
  { span, meaning }: SpanNode,
  children: readonly SpanNode[],
  exchange: RecordedModelExchange,
  { attempts }: Askable,
): LiveAsk | undefined {
  const { agent, model, answer } = exchange;
  const hasFailed = span.status.code === "error";
  if (children.length > 0 || hasFailed !== (answer.fail !== undefined)) return undefined;
  const answered = [ATTR.inputTokens, ATTR.outputTokens].filter((key) => key in span.attributes);
  const conversation = askedConversation(exchange);
  const attempt = attempts.get(exchange) ?? 1;
  const asks = { to: "model", agent: agent ?? "", model: model ?? meaning.name, conversation, attempt } as const;
  return { asks, answered, farSteps: [] };
}

function serverAsk(
  { span, meaning }: SpanNode,
  children: readonly SpanNode[],
  exchange: ToolExchange | ResourceExchange | PromptExchange,
  { servers }: Askable,
): LiveAsk | undefined {
  const { server } = exchange;
  const [far, ...others] = children;
  if (server === null || !servers.has(server) || far === undefined || others.length > 0) return undefined;
  const { method, target, asks } = requestOf(exchange, server);
  const isMocks =
    far.meaning.kind === "mcp.server" &&
    far.meaning.name === `${method} ${target}` &&
    serviceOf(far.span) === server &&
    far.meaning.server === server &&
    saysOnly(far.meaning, MCP_SAYS) &&
    semanticNodes(far.children).length === 0;
  const hasFailed = span.status.code === "error";
  // A resource or a prompt that cannot be had fails a run.
  const mayFail = exchange.kind === "tool" || !hasFailed;
  if (!isMocks || !mayFail || hasFailed !== (far.span.status.code === "error")) return undefined;
  const answered = meaning.result === undefined ? [] : [ATTR.toolResult];
  return { asks, answered, farSteps: [] };
}

interface Request {
  readonly method: string;
  readonly target: string;
  readonly asks: RecordedAsk;
}

function requestOf(exchange: ToolExchange | ResourceExchange | PromptExchange, server: string): Request {
  if (exchange.kind === "tool") {
    const { tool, arguments: args } = exchange;
    return { method: "tools/call", target: tool, asks: { to: "tool", server, tool, arguments: args } };
  }
  if (exchange.kind === "resource") {
    const { uri } = exchange;
    return { method: "resources/read", target: uri, asks: { to: "resource", server, uri } };
  }
  const { name } = exchange;
  return { method: "prompts/get", target: name, asks: { to: "prompt", server, name } };
}

function remoteAsk(
  { span, meaning }: SpanNode,
  children: readonly SpanNode[],
  exchange: AskExchange,
  { remotes }: Askable,
): LiveAsk | undefined {
  const { to, state, spanId } = exchange;
  const [far, ...others] = children;
  const method = meaning.method ?? "";
  if (!remotes.has(to) || far === undefined || others.length > 0 || !ASKING.has(method)) return undefined;
  const farSteps = semanticNodes(far.children);
  const [work, ...more] = farSteps;
  const hasFailed = state === "failed" || state === "rejected";
  const isMocks =
    far.meaning.kind === "a2a.server" &&
    far.meaning.name === to &&
    serviceOf(far.span) === to &&
    far.meaning.method === method &&
    far.meaning.taskState === meaning.taskState &&
    saysOnly(far.meaning, A2A_SAYS) &&
    more.length === 0 &&
    (work === undefined || (work.meaning.kind === "agent" && work.meaning.name === to));
  const isAnswer = state === null || ANSWERED.has(state);
  const haveStatus =
    (span.status.code === "error") === hasFailed && (far.span.status.code === "error") === (state === "failed");
  if (!isMocks || !isAnswer || !haveStatus) return undefined;
  const text = isMissing(exchange, "question") ? placeholder(spanId) : exchange.text;
  const options = {
    ...(method === STREAMING && { stream: true }),
    ...((state === "submitted" || state === "working") && { wait: false }),
  };
  return { asks: { to: "remote", agent: to, text, options }, answered: [ATTR.a2aTaskId, ATTR.a2aTaskState], farSteps };
}

const STREAMING = "SendStreamingMessage";
const ASKING: ReadonlySet<string> = new Set(["SendMessage", STREAMING]);
const ANSWERED: ReadonlySet<string> = new Set([
  "completed",
  "input-required",
  "failed",
  "rejected",
  "submitted",
  "working",
]);

/** What the far ends of Troupe's mocks say. */
const MCP_SAYS: ReadonlySet<string> = new Set(["kind", "name", "dialect", "isHarness", "method", "tool", "server"]);
const A2A_SAYS: ReadonlySet<string> = new Set(["kind", "name", "dialect", "isHarness", "method", "agent", "taskState"]);

function saysOnly(meaning: Meaning, fields: ReadonlySet<string>): boolean {
  return Object.keys(meaning).every((field) => fields.has(field));
}

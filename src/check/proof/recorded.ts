import { ATTR } from "../../trace/conventions.ts";
import type { Span } from "../../trace/span.ts";
import { type Finding, type PeerKind, type Reply, type Subject, no, yes } from "./evidence.ts";

/** Whose span it is, and of which message. */
export interface Recording extends Subject {
  readonly peer: PeerKind;
  readonly reply?: Reply;
}

/**
 * Whether a span says of its message what the OTel MCP conventions ask for; of A2A, for which none is merged, what any RPC
 * span says. Only a status that contradicts the answer breaks anything.
 *
 * @see open-telemetry/semantic-conventions-genai, MCP spans
 */
export function judgeRecording(span: Span, of: Recording): Finding {
  const called = `\`${span.name}\` (${span.spanKind})`;
  if (!isOfProtocol(span, of)) return no(`no span tells of the message; all there is is ${called}`);
  const { missing, advised } = of.peer === "a2a" ? a2aGaps(span, of) : mcpGaps(span, of);
  // An error inside of an answer 200 is none of HTTP's.
  const status = isHttp(span) ? undefined : statusFault(span, of.reply);
  const also = advised.length === 0 ? "" : `; recommended, and absent: ${advised.join(", ")}`;
  if (status !== undefined) return no(`${called}: ${[status, ...missing].join("; ")}${also}`, "wrong-status");
  return missing.length === 0 ? yes(`${called}${also}`) : no(`${called}: ${missing.join("; ")}${also}`);
}

/** Whether a span is the transport's own: it tells of HTTP and of nothing that HTTP carried. */
export function isHttp({ attributes }: Span): boolean {
  const isRpc = attributes[ATTR.mcpMethod] !== undefined || attributes[ATTR.a2aMethod] !== undefined;
  return !isRpc && (attributes[ATTR.httpMethod] !== undefined || attributes["http.method"] !== undefined);
}

/** An application's own span, which happens to be the nearest, says nothing of a message. */
function isOfProtocol({ spanKind, attributes }: Span, { peer }: Recording): boolean {
  const isSaid = [ATTR.mcpMethod, ATTR.a2aMethod].some((key) => attributes[key] !== undefined);
  return isSaid || attributes[ATTR.operation] === "execute_tool" || spanKind === kindOf(peer);
}

function kindOf(peer: PeerKind): Span["spanKind"] {
  return peer === "mcp-client" ? "client" : "server";
}

interface Gaps {
  readonly missing: readonly string[];
  readonly advised: readonly string[];
}

function mcpGaps(span: Span, { peer, method, target, requestId, sessionId, transport }: Recording): Gaps {
  const missing: string[] = [];
  const isTool = peer === "mcp-client" && method === "tools/call" && isToolSpan(span);
  const kind = kindOf(peer);
  if (span.spanKind !== kind && !isTool) missing.push(`its kind is ${span.spanKind}, not ${kind}`);
  const isNamed = target !== undefined && (method === "tools/call" || method === "prompts/get");
  const name = isNamed ? `${method} ${target}` : method;
  const isResource = span.name === `${method} ${target}`;
  if (span.name !== name && !isTool && !isResource) missing.push(`its name is \`${span.name}\`, not \`${name}\``);
  const wanted: [string, string][] = [[ATTR.mcpMethod, method]];
  if (method === "tools/call" && target !== undefined) wanted.push([ATTR.toolName, target]);
  if (method === "prompts/get" && target !== undefined) wanted.push([ATTR.promptName, target]);
  if (method.startsWith("resources/") && target !== undefined) wanted.push([ATTR.mcpResourceUri, target]);
  if (requestId !== undefined) wanted.push([ATTR.jsonrpcRequestId, requestId]);
  missing.push(...wanted.flatMap(([key, value]) => attributeFault(span, key, value)));
  const advised: string[] = [];
  if (sessionId !== undefined && method !== "initialize") advised.push(...gap(span, ATTR.mcpSessionId, sessionId));
  advised.push(...gap(span, ATTR.networkTransport, transport === "stdio" ? "pipe" : "tcp"));
  return { missing, advised };
}

function gap(span: Span, key: string, value: string): readonly string[] {
  return attributeFault(span, key, value).length === 0 ? [] : [key];
}

/** An `execute_tool` span *is* the client's side of a call: no second one is due. */
function isToolSpan({ attributes }: Span): boolean {
  return attributes[ATTR.operation] === "execute_tool";
}

function a2aGaps(span: Span, { method }: Recording): Gaps {
  const missing = span.spanKind === "server" ? [] : [`its kind is ${span.spanKind}, not server`];
  const isSaid = method.startsWith("GET ") || span.attributes[ATTR.a2aMethod] === method;
  return { missing, advised: isSaid ? [] : [`${ATTR.a2aMethod} (a convention not merged yet)`] };
}

function attributeFault({ attributes }: Span, key: string, value: string): readonly string[] {
  const found = attributes[key];
  if (found === undefined) return [`${key} is absent`];
  const text = typeof found === "object" ? JSON.stringify(found) : String(found);
  return text === value ? [] : [`${key} is ${JSON.stringify(text)}, not ${JSON.stringify(value)}`];
}

/** What is written as a success must be one; whoever was not answered knows of neither. */
function statusFault({ status, attributes }: Span, reply: Reply | undefined): string | undefined {
  if (reply === undefined || reply.kind === "none") return undefined;
  const isError = status.code === "error";
  if (reply.kind === "result") return isError ? "its status is error, and the answer was none" : undefined;
  if (isError) return undefined;
  const type = attributes[ATTR.errorType] === undefined ? "" : `, though ${ATTR.errorType} is there`;
  const answer = reply.kind === "tool-error" ? "a result with isError" : "an error";
  return `the answer was ${answer}, and its status is ${status.code}${type}`;
}

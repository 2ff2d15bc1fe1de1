import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type {
  JSONRPCMessage,
  JSONRPCRequest,
  JSONRPCNotification,
  RequestId,
} from "@modelcontextprotocol/sdk/types.js";
import {
  type Attributes,
  type Context,
  type Link,
  type Span,
  SpanKind,
  SpanStatusCode,
  context,
  trace,
} from "@opentelemetry/api";
import { ATTR, isMcpLifecycle } from "../trace/conventions.ts";
import { decorated } from "../wire/decorated-transport.ts";
import { carrierFields } from "../wire/ledger.ts";
import { CLIENT_INFO_META } from "../wire/mcp-ledger.ts";
import { currentAgent } from "./actor.ts";
import { extract, inject } from "./carrier.ts";
import type { Service } from "./service.ts";

/** What an MCP span says of its connection. */
export interface McpPeer {
  readonly server: string;
  readonly networkTransport: string;
  /** What is spoken below MCP, where something is: `http`, `websocket`. */
  readonly networkProtocol?: string;
  /** The session at the moment, where the transport knows sessions. */
  readonly session?: () => string | undefined;
}

/** The attributes that both ends of an MCP message share. */
export function mcpAttributes(
  peer: McpPeer,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
): Attributes {
  const { name, uri } = params;
  const session = peer.session?.();
  const attributes: Attributes = {
    [ATTR.mcpMethod]: method,
    [ATTR.serverName]: peer.server,
    [ATTR.networkTransport]: peer.networkTransport,
  };
  if (peer.networkProtocol !== undefined) attributes[ATTR.networkProtocol] = peer.networkProtocol;
  if (session !== undefined) attributes[ATTR.mcpSessionId] = session;
  if (method === "tools/call" && typeof name === "string") {
    attributes[ATTR.toolName] = name;
    attributes[ATTR.toolNameShort] = name;
  }
  if (method === "prompts/get" && typeof name === "string") attributes[ATTR.promptName] = name;
  if (typeof uri === "string") attributes[ATTR.mcpResourceUri] = uri;
  return attributes;
}

/**
 * The client's end: every request and notification takes the active context along in `params._meta`, under the keys of
 * SEP-414, and says for which agent it is made: agents of one process share its connection. Requests of the lifecycle,
 * which nobody makes a span for, get a CLIENT span of their own.
 */
export function calling(transport: Transport, service: Service, peer: McpPeer): Transport {
  const open = new Map<RequestId, Span[]>();
  return decorated(transport, {
    send: (message, options) => {
      if (!("method" in message)) return transport.send(message, options);
      if (message.method === "notifications/cancelled") giveUp(open, message.params?.["requestId"], "cancelled");
      const active = context.active();
      if (!("id" in message) || !isMcpLifecycle(message.method))
        return transport.send(carrying(message, active), options);
      const attributes = mcpAttributes(peer, message.method, message.params);
      const span = service.tracer.startSpan(message.method, { kind: SpanKind.CLIENT, attributes }, active);
      begin(open, message.id, span);
      return transport.send(carrying(message, trace.setSpan(active, span)), options);
    },
    receive: (message, extra, next) => {
      if (!("method" in message) && message.id !== undefined) endWithReply(open, message.id, message);
      next?.(message, extra);
    },
    closed: () => giveUpAll(open),
  });
}

function carrying<M extends JSONRPCRequest | JSONRPCNotification>(message: M, from: Context): M {
  const agent = currentAgent();
  const sender = agent === undefined ? undefined : { [CLIENT_INFO_META]: { name: agent, version: "1.0.0" } };
  // Not by spreads, which cost V8 ten times as much where more stands behind them.
  const _meta = Object.assign({}, message.params?._meta, sender, inject(from));
  return Object.assign({}, message, { params: Object.assign({}, message.params, { _meta }) });
}

/**
 * The server's end: each request and notification is handled inside a SERVER span whose parent is what `_meta` says, and
 * nothing else; what HTTP headers say beside it becomes a link. A request's span ends with its reply, and says when that is
 * an error.
 */
export function serving(transport: Transport, service: Service, peer: McpPeer): Transport {
  const open = new Map<RequestId, Span[]>();
  return decorated(transport, {
    send: (message, options) => {
      if (!("method" in message) && message.id !== undefined) endWithReply(open, message.id, message);
      return transport.send(message, options);
    },
    receive: (message, extra, next) => {
      if (!("method" in message)) return next?.(message, extra);
      const parent = extract(carrierFields(message.params?.["_meta"]));
      const target = message.params?.["name"] ?? message.params?.["uri"];
      const isCall = "id" in message;
      const span = service.tracer.startSpan(
        typeof target === "string" ? `${message.method} ${target}` : message.method,
        {
          kind: SpanKind.SERVER,
          attributes: Object.assign(
            mcpAttributes(peer, message.method, message.params),
            isCall ? { [ATTR.jsonrpcRequestId]: String(message.id) } : undefined,
          ),
          links: ambientLinks(extra?.requestInfo?.headers, parent),
        },
        parent,
      );
      if (isCall) begin(open, message.id, span);
      if (message.method === "notifications/cancelled") giveUp(open, message.params?.["requestId"], "cancelled");
      context.with(trace.setSpan(parent, span), () => next?.(message, extra));
      if (!isCall) span.end();
    },
    closed: () => giveUpAll(open),
  });
}

/** The context of the transport is not the caller's: a proxy may have made it. */
function ambientLinks(headers: unknown, parent: Context): Link[] {
  if (headers === undefined) return [];
  const ambient = trace.getSpanContext(extract(carrierFields(headers)));
  const isParent = ambient?.spanId === trace.getSpanContext(parent)?.spanId;
  return ambient === undefined || isParent ? [] : [{ context: ambient }];
}

/** The spans of requests without a reply, in the order in which they came: a faulty network brings one twice. */
type OpenSpans = Map<RequestId, Span[]>;

function begin(open: OpenSpans, id: RequestId, span: Span): void {
  const known = open.get(id);
  if (known === undefined) open.set(id, [span]);
  else known.push(span);
}

function giveUpAll(open: OpenSpans): void {
  for (const id of open.keys()) giveUp(open, id, "connection_closed");
}

/** A request that was cancelled, or whose connection closed, gets no reply to end its span. */
function giveUp(open: OpenSpans, id: unknown, why: string): void {
  if (typeof id !== "string" && typeof id !== "number") return;
  for (const span of open.get(id) ?? [])
    span.setAttribute(ATTR.errorType, why).setStatus({ code: SpanStatusCode.ERROR }).end();
  open.delete(id);
}

function endWithReply(open: OpenSpans, id: RequestId, reply: JSONRPCMessage): void {
  const [span, ...others] = open.get(id) ?? [];
  if (span === undefined) return;
  if (others.length > 0) open.set(id, others);
  else open.delete(id);
  if ("error" in reply) {
    span.setAttributes({ [ATTR.errorType]: String(reply.error.code), [ATTR.rpcStatusCode]: String(reply.error.code) });
    span.setStatus({ code: SpanStatusCode.ERROR, message: reply.error.message });
  } else if ("result" in reply) {
    if (reply.result["isError"] === true) {
      span.setAttribute(ATTR.errorType, "tool_error");
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    const version = reply.result["protocolVersion"];
    if (typeof version === "string") span.setAttribute(ATTR.mcpProtocolVersion, version);
  }
  span.end();
}

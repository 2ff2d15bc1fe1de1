import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type JSONRPCMessage, isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import {
  type HttpEndpoint,
  type HttpProtocol,
  type HttpReply,
  type HttpRequest,
  type ReadRequest,
  isEventStream,
  replyEntry,
  requestEntry,
} from "./http-exchange.ts";
import { callerIn } from "./asker.ts";
import { freshId } from "./fresh-id.ts";
import { type Ledger, carrierFields } from "./ledger.ts";
import { clientNameIn, withCarrier } from "./mcp-ledger.ts";
import { repeatedInCarrier } from "./repeated.ts";

const SESSION_HEADER = "mcp-session-id";

/**
 * MCP over Streamable HTTP, whatever carries the requests: a session for each client, which `onConnection` connects a
 * server to.
 */
export function mcpEndpoint(onConnection: (transport: Transport) => void): HttpEndpoint {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  return async (request) => {
    const id = request.headers.get(SESSION_HEADER);
    const known = id === null ? undefined : sessions.get(id);
    if (known !== undefined) return await handled(known, request);
    if (id !== null) return refused(404, -32001, "Session not found");
    if (!isInitializeRequest(jsonOf(request.text)))
      return refused(400, -32000, "Bad Request: Mcp-Session-Id header is required");
    const opened = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      // As over sockets: our mocks send nothing during a call.
      enableJsonResponse: true,
      onsessioninitialized: (session) => void sessions.set(session, opened),
      onsessionclosed: (session) => void sessions.delete(session),
    });
    onConnection(opened);
    return await handled(opened, request);
  };
}

/** MCP over Streamable HTTP, as the ledger sees it: messages, each with its context in `params._meta`. */
export const MCP_OVER_HTTP: HttpProtocol = {
  name(request) {
    const message = messageIn(request);
    if (message === undefined || !("method" in message)) return undefined;
    const agent = clientNameIn(message.params?.["_meta"]);
    const beside = Object.fromEntries(request.headers);
    const subject = { method: message.method, ...(agent === undefined ? {} : { agent }) };
    const repeated = repeatedInCarrier(request.text);
    const named = { protocol: "mcp", places: [beside], repeated, ...subject } as const;
    return "id" in message ? { ...named, id: String(message.id) } : { ...named, id: "", role: "notification" };
  },
  carrier: {
    read(request) {
      const message = messageIn(request);
      return carrierFields(message !== undefined && "params" in message ? message.params?.["_meta"] : undefined);
    },
    write(request, fields) {
      const message = messageIn(request);
      return message === undefined ? request : { ...request, text: JSON.stringify(withCarrier(message, fields)) };
    },
  },
};

/** Writes down a message that HTTP refused before any server heard of it, and with which status; no text of MCP came back. */
export function writeRefusal(
  ledger: Ledger,
  server: string,
  { request, status }: { readonly request: ReadRequest; readonly status: number },
): void {
  const named = MCP_OVER_HTTP.name(request);
  if (named === undefined) return;
  // It belongs to no session that would count it.
  const { from, number = freshId() } = callerIn(request.headers);
  const entry = requestEntry({ from, to: server, number }, "http", request, () => named, MCP_OVER_HTTP.carrier);
  ledger.received(entry);
  if (entry.role === "request") ledger.sent(replyEntry(entry, "", status));
}

function messageIn({ method, text }: ReadRequest): JSONRPCMessage | undefined {
  const body = method === "POST" ? jsonOf(text) : undefined;
  return isMessage(body) ? body : undefined;
}

/** As far as the ledger has to know; the server itself looks closer. */
function isMessage(body: unknown): body is JSONRPCMessage {
  return Reflect.get(Object(body), "jsonrpc") === "2.0";
}

/** A request as web standards have it. */
export function webRequest({ url, method, headers, text, signal }: HttpRequest): Request {
  return new Request(url, { method, headers, signal, ...(text === "" ? {} : { body: text }) });
}

/** Up to this length a text is below the transport's own limit of 4 MiB, whatever its characters. */
const SURELY_TAKEN = 1_000_000;

/**
 * What the transport answers. It is handed the parsed message, and no signal, which it does not ask for: a `Request` with a
 * body and a signal would cost more than all that the transport does. A text that it may refuse it reads itself.
 */
async function handled(
  transport: WebStandardStreamableHTTPServerTransport,
  { url, method, headers, text }: HttpRequest,
): Promise<HttpReply> {
  const parsedBody = text.length <= SURELY_TAKEN ? jsonOf(text) : undefined;
  const isUnread = parsedBody === undefined && text !== "";
  const request = new Request(url, { method, headers, ...(isUnread ? { body: text } : {}) });
  const reply = await transport.handleRequest(request, { parsedBody });
  if (reply.body === null || isEventStream(reply.headers.get("content-type"))) return reply;
  return { status: reply.status, headers: reply.headers, body: await reply.text() };
}

function refused(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

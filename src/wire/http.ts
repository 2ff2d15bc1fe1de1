import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { Agent, type IncomingMessage, type ServerResponse, request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import { type Listening, type McpListenOptions, bodyOf, headersOf, listenOnLoopback, refusalOf } from "./loopback.ts";

const PATH = "/mcp";
const SESSION_HEADER = "mcp-session-id";
const FAREWELL_LIMIT_MS = 1000;

/**
 * Serves MCP over Streamable HTTP on 127.0.0.1, a session for each client.
 *
 * @throws TroupeError `USAGE` when the port is taken.
 */
export async function listenHttp(options: McpListenOptions): Promise<Listening> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const loopback = await listenOnLoopback(options.port, (request, response) => {
    const refusal = refusalOf(request, loopback.port);
    if (refusal !== undefined) return answerError(response, 403, -32000, refusal);
    const path = new URL(request.url ?? "/", "http://127.0.0.1").pathname;
    if (path !== PATH) return void response.writeHead(404).end();
    serve(request, response, sessions, options).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) answerError(response, 500, -32603, message);
    });
  });
  return {
    url: `http://127.0.0.1:${loopback.port}${PATH}`,
    async close() {
      await Promise.all([...sessions.values()].map((transport) => transport.close()));
      await loopback.close();
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  sessions: Map<string, StreamableHTTPServerTransport>,
  options: McpListenOptions,
): Promise<void> {
  const id = request.headers[SESSION_HEADER];
  const known = typeof id === "string" ? sessions.get(id) : undefined;
  if (id !== undefined && known === undefined) return answerError(response, 404, -32001, "Session not found");
  if (request.method !== "POST") {
    if (known !== undefined) return await known.handleRequest(request, response);
    return answerError(response, 400, -32000, "Bad Request: Mcp-Session-Id header is required");
  }
  // Read here, and not by the SDK through a web stream: only an `initialize` may open a session, and it is faster.
  const body = await bodyOf(request);
  if (body === undefined) return answerError(response, 413, -32000, "Payload Too Large");
  const message = parsed(body.toString());
  if (message === undefined) return answerError(response, 400, -32700, "Parse error: Invalid JSON");
  if (known !== undefined) return await known.handleRequest(request, response, message);
  if (!isInitializeRequest(message))
    return answerError(response, 400, -32000, "Bad Request: Mcp-Session-Id header is required");
  const transport = openSession(sessions);
  await options.onConnection(transport);
  await transport.handleRequest(request, response, message);
}

function openSession(sessions: Map<string, StreamableHTTPServerTransport>): StreamableHTTPServerTransport {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    // Faster than a stream for each reply, and our mocks send nothing during a call, which would get lost.
    enableJsonResponse: true,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  transport.onclose = () => {
    if (transport.sessionId !== undefined) sessions.delete(transport.sessionId);
  };
  return transport;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function answerError(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null }));
}

/**
 * The client's end of MCP over Streamable HTTP. `headers` is asked at each request, for the W3C context of the moment.
 *
 * Closing it ends the session at the server too.
 */
export function httpConnection(url: string, headers: () => Readonly<Record<string, string>>): Transport {
  return new HttpConnection(new URL(url), headers);
}

class HttpConnection extends StreamableHTTPClientTransport {
  readonly #agent: Agent;
  #isClosed = false;

  constructor(url: URL, headers: () => Readonly<Record<string, string>>) {
    const agent = new Agent({ keepAlive: true });
    super(url, { fetch: fetchBy(agent, headers) });
    this.#agent = agent;
  }

  override async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What breaks because it is closed is no fault: the SDK would report its own aborted streams.
    this.onerror = () => {};
    await this.#farewell();
    await super.close();
    this.#agent.destroy();
  }

  /** The server may have gone, or hang. */
  async #farewell(): Promise<void> {
    let limit: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (limit = setTimeout(resolve, FAREWELL_LIMIT_MS)));
    await Promise.race([this.terminateSession().catch(() => {}), patience]);
    clearTimeout(limit);
  }
}

/**
 * A `fetch` on Node's own HTTP client. The global one lets every request listen to the transport's one `AbortSignal`
 * until it is collected as garbage, which after some 1,500 calls prints a warning; it is slower, and may be another's.
 */
function fetchBy(
  agent: Agent,
  headers: () => Readonly<Record<string, string>>,
): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return (url, init = {}) =>
    new Promise((resolve, reject) => {
      const { method = "GET", body, signal } = init;
      // Each request in flight listens to it, and stops when it is done.
      if (signal) setMaxListeners(0, signal);
      const text = typeof body === "string" ? body : undefined;
      const options = {
        method,
        agent,
        headers: {
          ...Object.fromEntries(new Headers(init.headers)),
          ...headers(),
          ...(text === undefined ? {} : { "content-length": Buffer.byteLength(text) }),
        },
        ...(signal ? { signal } : {}),
      };
      const request = httpRequest(url, options, (answer) => {
        responseOf(answer).then(resolve, reject);
      });
      request.on("error", reject).end(text);
    });
}

const STATUSES_WITHOUT_BODY: readonly number[] = [101, 204, 205, 304];

/** Streams stay streams; all else is read to its end, so that the socket is free again. */
async function responseOf(answer: IncomingMessage): Promise<Response> {
  const { statusCode: status = 0, statusMessage: statusText = "" } = answer;
  const init = { status, statusText, headers: headersOf(answer) };
  if (answer.headers["content-type"]?.startsWith("text/event-stream"))
    return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>, init);
  const body = await buffer(answer);
  return new Response(STATUSES_WITHOUT_BODY.includes(status) ? null : body, init);
}

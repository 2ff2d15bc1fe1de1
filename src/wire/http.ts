import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { type RequestId, isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import { type McpListenOptions, openDoor } from "./door.ts";
import { type Listening, bodyOf } from "./loopback.ts";
import type { TextTransport } from "./decorated-transport.ts";
import { type RequestOver, fetchThrough } from "./node-fetch.ts";

const PATH = "/mcp";
const SESSION_HEADER = "mcp-session-id";
const FAREWELL_LIMIT_MS = 1000;

/**
 * Serves MCP over Streamable HTTP, a session for each client.
 *
 * @throws TroupeError as {@link openDoor}.
 */
export async function listenHttp(options: McpListenOptions): Promise<Listening> {
  const sessions = new Map<string, HttpSession>();
  const door = await openDoor(options, (request, response) => {
    const refusal = door.refusalOf(request);
    if (refusal !== undefined) return answerError(response, refusal.status, -32000, refusal.message, refusal.headers);
    const path = new URL(request.url ?? "/", "http://127.0.0.1").pathname;
    if (path !== PATH) return void response.writeHead(404).end();
    serve(request, response, sessions, options).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) answerError(response, 500, -32603, message);
    });
  });
  return {
    url: `${door.urlOf("http")}${PATH}`,
    async close() {
      await Promise.all([...sessions.values()].map((transport) => transport.close()));
      await door.close();
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  sessions: Map<string, HttpSession>,
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
  const text = body.toString();
  const message = parsed(text);
  if (message === undefined) return answerError(response, 400, -32700, "Parse error: Invalid JSON");
  if (known !== undefined) return await known.answer(request, response, text, message);
  if (!isInitializeRequest(message))
    return answerError(response, 400, -32000, "Bad Request: Mcp-Session-Id header is required");
  const transport = openSession(sessions, options);
  await options.onConnection(transport);
  await transport.answer(request, response, text, message);
}

/** A session whose messages come with their text, which the SDK does not pass on. */
class HttpSession extends StreamableHTTPServerTransport {
  readonly #texts = new AsyncLocalStorage<string>();

  override set onmessage(hear: TextTransport["onmessage"]) {
    super.onmessage = hear && ((message, extra) => hear(message, extra, this.#texts.getStore()));
  }

  override get onmessage(): TextTransport["onmessage"] {
    return super.onmessage;
  }

  /** Handles a request with that body, which says that message. */
  answer(request: IncomingMessage, response: ServerResponse, text: string, message: unknown): Promise<void> {
    return this.#texts.run(text, () => this.handleRequest(request, response, message));
  }
}

function openSession(sessions: Map<string, HttpSession>, { isStreaming = false }: McpListenOptions): HttpSession {
  const transport = new HttpSession({
    sessionIdGenerator: () => randomUUID(),
    // Faster than a stream for each reply, and our mocks send nothing during a call, which would get lost.
    enableJsonResponse: !isStreaming,
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

function answerError(
  response: ServerResponse,
  status: number,
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null }));
}

/**
 * The client's end of MCP over Streamable HTTP. `headers` is asked at each request, for the W3C context of the moment;
 * requests go `through` what is given, where faults may sit.
 *
 * Closing it ends the session at the server too.
 */
export function httpConnection(
  url: string,
  headers: () => Readonly<Record<string, string>>,
  through: (request: RequestOver) => RequestOver = (request) => request,
): TextTransport {
  return new HttpConnection(new URL(url), headers, through);
}

class HttpConnection extends StreamableHTTPClientTransport implements TextTransport {
  readonly #agent: Agent;
  readonly #statuses: Map<RequestId, number>;
  #isClosed = false;

  constructor(
    url: URL,
    headers: () => Readonly<Record<string, string>>,
    through: (request: RequestOver) => RequestOver,
  ) {
    const agent = new Agent({ keepAlive: true });
    const request = through(fetchThrough(agent));
    const statuses = new Map<RequestId, number>();
    super(url, {
      fetch: async (to, init = {}) => {
        const response = await request(to, { ...init, headers: joined(init.headers, headers()) });
        const id = idIn(init.body);
        if (id !== undefined) statuses.set(id, response.status);
        return response;
      },
    });
    this.#agent = agent;
    this.#statuses = statuses;
  }

  statusOf(id: RequestId): number | undefined {
    const status = this.#statuses.get(id);
    this.#statuses.delete(id);
    return status;
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

/** The id of a request as the SDK writes it. */
function idIn(body: RequestInit["body"]): RequestId | undefined {
  const { id, method }: Readonly<Record<string, unknown>> = typeof body === "string" ? Object(parsed(body)) : {};
  if (method === undefined) return undefined;
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}

function joined(given: RequestInit["headers"], more: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(given);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return headers;
}

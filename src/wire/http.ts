import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  WebStandardStreamableHTTPServerTransport,
  type WebStandardStreamableHTTPServerTransportOptions,
} from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { TransportSendOptions } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type JSONRPCMessage, type RequestId, isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import { type McpListenOptions, openDoor } from "./door.ts";
import { serveOver } from "./http-endpoint.ts";
import { type HttpReply, type HttpRequest, isEventStream } from "./http-exchange.ts";
import type { Listening } from "./loopback.ts";
import type { Passing, TextTransport } from "./decorated-transport.ts";
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
    const path = new URL(request.url ?? "/", "http://127.0.0.1").pathname;
    if (refusal !== undefined) {
      const { status, headers, body } = refused(refusal.status, -32000, refusal.message, refusal.headers);
      response.writeHead(status, Object.fromEntries(headers)).end(body);
    } else if (path !== PATH) response.writeHead(404).end();
    else void serveOver(request, response, (read) => answered(read, sessions, options));
  });
  return {
    url: `${door.urlOf("http")}${PATH}`,
    async close() {
      await Promise.all([...sessions.values()].map((transport) => transport.close()));
      await door.close();
    },
  };
}

/** Read before the SDK does it through a web stream: only an `initialize` may open a session, and it is faster. */
async function answered(
  request: HttpRequest,
  sessions: Map<string, HttpSession>,
  options: McpListenOptions,
): Promise<HttpReply> {
  const id = request.headers.get(SESSION_HEADER);
  const known = id === null ? undefined : sessions.get(id);
  if (known !== undefined) return await known.answer(request);
  const refusal = id === null ? whyNotOpened(request) : refused(404, -32001, "Session not found");
  if (refusal !== undefined) return unheard(request, refusal, options);
  const opened = openSession(sessions, options);
  try {
    await options.onConnection(opened);
  } catch (error) {
    return refused(500, -32603, error instanceof Error ? error.message : String(error));
  }
  return await opened.answer(request);
}

function whyNotOpened({ method, text }: HttpRequest): HttpReply | undefined {
  const message = method === "POST" ? parsed(text) : null;
  if (message === undefined) return notJson();
  if (isInitializeRequest(message)) return undefined;
  return refused(400, -32000, "Bad Request: Mcp-Session-Id header is required");
}

type Refusals = Pick<McpListenOptions, "onRefused">;

/** A refusal by HTTP alone, of which no server hears. */
function unheard(request: HttpRequest, refusal: HttpReply, { onRefused }: Refusals): HttpReply {
  if (request.method === "POST") onRefused?.(request, refusal.status);
  return refusal;
}

/** A request that the SDK has in hand. */
interface Asked {
  readonly text: string;
  /** Whether a server has heard of it: the SDK refuses some itself. */
  isHeard: boolean;
  reply?: Promise<Response>;
}

/** A session whose messages come with their text, and leave with a status: the SDK tells neither. */
class HttpSession implements TextTransport {
  through?: Passing;
  readonly #inner: WebStandardStreamableHTTPServerTransport;
  readonly #refusals: Refusals;
  readonly #asked = new AsyncLocalStorage<Asked>();
  /** Requests without a reply yet. */
  readonly #open = new Map<RequestId, Asked>();
  readonly #statuses = new Map<RequestId, number>();

  constructor(options: WebStandardStreamableHTTPServerTransportOptions, refusals: Refusals) {
    this.#inner = new WebStandardStreamableHTTPServerTransport(options);
    this.#refusals = refusals;
  }

  /** Answers a request of HTTP in this session. */
  async answer(request: HttpRequest): Promise<HttpReply> {
    const answer = (text: string): Promise<HttpReply> => this.#answer(request, text);
    return await (this.through?.(request, answer) ?? answer(request.text));
  }

  /** Handed no signal, which the SDK does not ask for, and no body that is read already: both cost more than all it does. */
  async #answer(sent: HttpRequest, text: string): Promise<HttpReply> {
    const request = { ...sent, text };
    const { url, method, headers } = request;
    const parsedBody = method === "POST" ? parsed(text) : null;
    if (parsedBody === undefined) return unheard(request, notJson(), this.#refusals);
    const asked: Asked = { text, isHeard: false };
    const handle = (): Promise<Response> =>
      this.#inner.handleRequest(new Request(url, { method, headers }), { parsedBody });
    const reply = await (asked.reply = this.#asked.run(asked, handle));
    if (!asked.isHeard) unheard(request, reply, this.#refusals);
    if (reply.body === null || isEventStream(reply.headers.get("content-type"))) return reply;
    return { status: reply.status, headers: reply.headers, body: await reply.text() };
  }

  set onmessage(hear: TextTransport["onmessage"]) {
    if (hear === undefined) delete this.#inner.onmessage;
    else
      this.#inner.onmessage = (message, extra) => {
        const asked = this.#asked.getStore();
        if (asked !== undefined) this.#heard(message, asked);
        hear(message, extra, asked?.text);
      };
  }

  get onmessage(): TextTransport["onmessage"] {
    return this.#inner.onmessage;
  }

  set onclose(hear: () => void) {
    this.#inner.onclose = hear;
  }

  get onclose(): (() => void) | undefined {
    return this.#inner.onclose;
  }

  set onerror(hear: (error: Error) => void) {
    this.#inner.onerror = hear;
  }

  get onerror(): ((error: Error) => void) | undefined {
    return this.#inner.onerror;
  }

  // Absent before the session is open, which the type of an accessor cannot say.
  get sessionId(): string {
    return this.#inner.sessionId as string;
  }

  #heard(message: JSONRPCMessage, asked: Asked): void {
    asked.isHeard = true;
    if ("method" in message && "id" in message) this.#open.set(message.id, asked);
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  /** A reply has been sent when its request is answered: before, nobody knows its status. */
  async send(message: JSONRPCMessage, { relatedRequestId: id }: TransportSendOptions = {}): Promise<void> {
    await this.#inner.send(message, id === undefined ? {} : { relatedRequestId: id });
    if ("method" in message || message.id === undefined) return;
    const reply = await this.#open.get(message.id)?.reply;
    this.#open.delete(message.id);
    if (reply !== undefined) this.#statuses.set(message.id, reply.status);
  }

  statusOf(id: RequestId): number | undefined {
    return taken(this.#statuses, id);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

function openSession(sessions: Map<string, HttpSession>, options: McpListenOptions): HttpSession {
  const { isStreaming = false } = options;
  const inner = {
    sessionIdGenerator: () => randomUUID(),
    // Faster than a stream for each reply, and our mocks send nothing during a call, which would get lost.
    enableJsonResponse: !isStreaming,
    onsessioninitialized: (id: string) => void sessions.set(id, session),
    onsessionclosed: (id: string) => void sessions.delete(id),
  };
  const session = new HttpSession(inner, options);
  session.onclose = () => void sessions.delete(session.sessionId);
  return session;
}

function taken(statuses: Map<RequestId, number>, id: RequestId): number | undefined {
  const status = statuses.get(id);
  statuses.delete(id);
  return status;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notJson(): HttpReply {
  return refused(400, -32700, "Parse error: Invalid JSON");
}

function refused(
  status: number,
  code: number,
  message: string,
  more: Readonly<Record<string, string>> = {},
): HttpReply & { readonly body: string } {
  const headers = new Headers({ "content-type": "application/json", ...more });
  return { status, headers, body: JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null }) };
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
    return taken(this.#statuses, id);
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

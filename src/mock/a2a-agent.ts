import {
  A2A_PROTOCOL_VERSION,
  type AgentCard,
  Extensions,
  SSE_HEADERS,
  formatSSEErrorEvent,
  formatSSEEvent,
} from "@a2a-js/sdk";
import { ContentTypeNotSupportedError } from "@a2a-js/sdk/errors";
import {
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  UnauthenticatedUser,
  defaultServerCallContextBuilder,
  validateVersion,
} from "@a2a-js/sdk/server";
import type { A2aAgent } from "../scenario/a2a.ts";
import { CARD_PATH } from "../wire/a2a-exchange.ts";
import type { HttpEndpoint, HttpReply, HttpRequest } from "../wire/http-exchange.ts";
import { type A2aSurroundings, A2aWork } from "./a2a-work.ts";

export type { TaskHandle } from "./a2a-task.ts";
export type { A2aRequest, A2aSurroundings } from "./a2a-work.ts";

/**
 * Makes a mock agent's end of A2A for one run, on the official SDK: its card, and JSON-RPC with event streams. Tasks live
 * as long as the endpoint.
 */
export function createA2aAgent(definition: A2aAgent, surroundings: A2aSurroundings): HttpEndpoint {
  const card = cardOf(definition, surroundings.url);
  const work = new A2aWork(definition.name, surroundings);
  const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), work);
  const rpc = new JsonRpcTransportHandler(handler);
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === CARD_PATH) return request.method === "GET" ? json(card) : notAllowed("GET");
    if (pathname !== "/") return plain(404, "Not Found");
    return request.method === "POST" ? await answer(request, card, rpc) : notAllowed("POST");
  };
}

function cardOf({ name, description, version, skills }: A2aAgent, url: string): AgentCard {
  return {
    name,
    description,
    version,
    supportedInterfaces: [{ url, protocolBinding: "JSONRPC", tenant: "", protocolVersion: A2A_PROTOCOL_VERSION }],
    provider: undefined,
    capabilities: { streaming: true, pushNotifications: false, extensions: [], extendedAgentCard: false },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain", "application/json"],
    skills: skills.map(({ tags, ...skill }) => ({
      ...skill,
      tags: [...tags],
      examples: [],
      inputModes: [],
      outputModes: [],
      securityRequirements: [],
    })),
    signatures: [],
  };
}

function json(body: unknown, status = 200): HttpReply {
  return { status, headers: new Headers({ "content-type": "application/json" }), body: JSON.stringify(body) };
}

function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return { status, headers: new Headers({ "content-type": "text/plain;charset=UTF-8", ...headers }), body };
}

function notAllowed(allow: string): HttpReply {
  return plain(405, "Method Not Allowed", { allow });
}

const PARSE_ERROR = -32700;
const INTERNAL_ERROR = -32603;

/** Does what the SDK's handler for Express does, which cannot be had without Express. */
async function answer(request: HttpRequest, card: AgentCard, rpc: JsonRpcTransportHandler): Promise<HttpReply> {
  const contentType = request.headers.get("content-type");
  const mediaType = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  if (contentType !== null && mediaType !== "application/json") {
    const message = `Unsupported Content-Type "${contentType}"; expected application/json.`;
    return failure(null, new ContentTypeNotSupportedError(message));
  }
  const body = objectIn(request.text);
  if (body === undefined)
    return json({ jsonrpc: "2.0", id: null, error: { code: PARSE_ERROR, message: "Invalid JSON payload." } });
  const { id = null } = body;
  try {
    const requestedVersion = request.headers.get("a2a-version") ?? "";
    const context = defaultServerCallContextBuilder({
      extensions: Extensions.parseServiceParameter(request.headers.get("a2a-extensions") ?? undefined),
      user: new UnauthenticatedUser(),
      headers: Object.fromEntries(request.headers),
      ...(requestedVersion === "" ? {} : { requestedVersion }),
    });
    validateVersion(context.requestedVersion, card, "JSONRPC");
    const replied = await rpc.handle(body, context);
    return Symbol.asyncIterator in replied ? await eventStream(replied, id) : json(replied);
  } catch (error) {
    return failure(id, error);
  }
}

/** The body as an object, or a list, which is no request either; `undefined` where it is no such JSON. */
function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function failure(id: unknown, error: unknown): HttpReply {
  const mapped = JsonRpcTransportHandler.mapToJSONRPCError(error);
  return json({ jsonrpc: "2.0", id, error: mapped }, mapped.code === INTERNAL_ERROR ? 500 : 200);
}

/** An error before the first event is a plain answer. */
async function eventStream(events: AsyncGenerator<unknown, void, undefined>, id: unknown): Promise<HttpReply> {
  let first: IteratorResult<unknown, void>;
  try {
    first = await events.next();
  } catch (error) {
    return json({ jsonrpc: "2.0", id, error: JsonRpcTransportHandler.mapToJSONRPCError(error) });
  }
  const encoder = new TextEncoder();
  let isRead = true;
  const body = new ReadableStream<Uint8Array>({
    // Not `pull`: a generator runs in the context of whoever asks it for more, and that may be the other side.
    start(controller): void {
      const write = (text: string): void => {
        if (isRead) controller.enqueue(encoder.encode(text));
      };
      const pump = async (): Promise<void> => {
        try {
          if (first.done !== true) write(formatSSEEvent(first.value));
          for await (const event of events) write(formatSSEEvent(event));
        } catch (error) {
          write(formatSSEErrorEvent({ jsonrpc: "2.0", id, error: JsonRpcTransportHandler.mapToJSONRPCError(error) }));
        }
        if (isRead) controller.close();
      };
      void pump();
    },
    // The task goes on though nobody listens, and what is not drained would not be stored.
    cancel: () => void (isRead = false),
  });
  return { status: 200, headers: new Headers(SSE_HEADERS), body };
}

import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type JSONRPCMessage, JSONRPCMessageSchema, type RequestId } from "@modelcontextprotocol/sdk/types.js";
import { createMcpHandler, isLegacyRequest } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Heard, Reply } from "../../check/proof/evidence.ts";
import type { Clock } from "../../core/clock.ts";
import type { TransportName } from "../../trace/evidence.ts";
import { heardReply } from "../../wire/body.ts";
import { decorated } from "../../wire/decorated-transport.ts";
import { listenEndpoint } from "../../wire/http-endpoint.ts";
import { type HttpEndpoint, carrierIn } from "../../wire/http-exchange.ts";
import { carrierFields } from "../../wire/ledger.ts";
import { mcpEndpoint, webRequest } from "../../wire/mcp-endpoint.ts";
import { CLIENT_INFO_META } from "../../wire/mcp-ledger.ts";
import { listenStdio } from "../../wire/relay.ts";
import type { Era } from "./era.ts";
import { proofServer } from "./proof-server.ts";

/** Where peers send on to, and what clients are proved against: an MCP server of ours, and a plain HTTP endpoint. */
export interface FarEnd {
  /** The MCP server over Streamable HTTP. */
  readonly mcpUrl: string;
  /** Answers every request with `{}`. */
  readonly httpUrl: string;
  /** The MCP server over stdio, as a client's configuration names it. */
  readonly stdio: { readonly command: string; readonly args: readonly string[] };
  /** All that has come in, in order. */
  readonly heard: readonly Heard[];
  /** How the last client introduced itself. */
  readonly introduction: () => Introduction;
  close(): Promise<void>;
}

export interface Introduction {
  readonly name?: string;
  readonly version?: string;
  /** The revision of MCP that it asked for. */
  readonly protocol?: string;
}

/** Opens both ends; the MCP server speaks what its client does, or `era` alone. */
export async function openFarEnd(clock: Clock, era?: Era): Promise<FarEnd> {
  const ears = new Ears(clock);
  const mcp = await listenEndpoint({ port: 0, endpoint: () => mcpOverHttp(ears, era) });
  const http = await listenEndpoint({
    port: 0,
    endpoint: () => (request) => {
      const { pathname } = new URL(request.url);
      const carriers = { meta: {}, header: carrierIn(request.headers) };
      ears.hear({ protocol: "http", transport: "http", method: `${request.method} ${pathname}`, carriers });
      return Promise.resolve({ status: 200, headers: JSON_TYPE, body: "{}" });
    },
  });
  const stdio = await listenStdio(async (transport, environment) => {
    const carriers = { meta: {}, header: environment };
    ears.hear({ protocol: "environment", transport: "stdio", method: "start", carriers });
    const end = hearing(transport, "stdio", ears);
    if (era === "handshake") await proofServer().connect(end);
    else serveStdio(proofServer, { transport: end, legacy: era === "stateless" ? "reject" : "serve" });
  });
  return {
    mcpUrl: `${mcp.url}/mcp`,
    httpUrl: `${http.url}/`,
    stdio: stdio.entry,
    heard: ears.heard,
    introduction: () => ears.introduction,
    close: async () => void (await Promise.all([mcp.close(), http.close(), stdio.close()])),
  };
}

const JSON_TYPE = new Headers({ "content-type": "application/json" });

/** A session for each client that shakes hands, and an answer for each request of those that do not. */
function mcpOverHttp(ears: Ears, era: Era | undefined): HttpEndpoint {
  const sessions = mcpEndpoint((transport) => void proofServer().connect(hearing(transport, "http", ears)));
  const stateless = createMcpHandler(proofServer, { legacy: "reject" });
  return async (request) => {
    const asked = webRequest(request);
    if (era === "handshake" || (era === undefined && (await isLegacyRequest(asked)))) return await sessions(request);
    const { success, data: message } = JSONRPCMessageSchema.safeParse(jsonOf(request.text));
    if (!success) return await stateless.fetch(asked);
    const answer = ears.message(message, { transport: "http", headers: Object.fromEntries(request.headers) });
    return await heardReply(await stateless.fetch(asked), (text) => answer?.(replyIn(text)));
  };
}

/** A message whose answer is still to come. */
type Hearing = Omit<Heard, "reply"> & { reply?: Reply };

/** Writes down what comes in. */
class Ears {
  readonly heard: Hearing[] = [];
  introduction: Introduction = {};
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hear(said: Omit<Hearing, "timeUnixNano">): Hearing {
    const entry: Hearing = { ...said, timeUnixNano: this.#clock.nowUnixNano() };
    this.heard.push(entry);
    return entry;
  }

  /** Hears a message of MCP; what is returned hears how it is answered, where it is a request. */
  message(
    message: JSONRPCMessage,
    { transport, headers, sessionId }: { transport: TransportName; headers: unknown; sessionId?: string | undefined },
  ): ((reply: Reply) => void) | undefined {
    if (!("method" in message)) return undefined;
    this.introduction = { ...this.introduction, ...introductionIn(message) };
    const entry = this.hear({
      protocol: "mcp",
      transport,
      ...subjectIn(message),
      ...(sessionId === undefined ? {} : { sessionId }),
      carriers: { meta: carrierFields(message.params?.["_meta"]), header: carrierFields(headers) },
    });
    return "id" in message ? (reply) => void (entry.reply = reply) : undefined;
  }
}

const VERSION_META = "io.modelcontextprotocol/protocolVersion";

/** What `initialize`, or any request without a handshake, says of its client. */
function introductionIn({ method, params }: Extract<JSONRPCMessage, { method: string }>): Introduction {
  const { [VERSION_META]: spoken, [CLIENT_INFO_META]: client }: Readonly<Record<string, unknown>> = Object(
    params?.["_meta"],
  );
  const isHandshake = method === "initialize";
  if (!isHandshake && spoken === undefined) return {};
  const about: unknown = isHandshake ? params?.["clientInfo"] : client;
  const texts = {
    name: Reflect.get(Object(about), "name"),
    version: Reflect.get(Object(about), "version"),
    protocol: isHandshake ? params?.["protocolVersion"] : spoken,
  };
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => typeof text === "string"));
}

/** A server's end that writes down what it is asked, with both carriers, and what it answers. */
function hearing(inner: Transport, transport: TransportName, ears: Ears): Transport {
  const open = new Map<RequestId, (reply: Reply) => void>();
  return decorated(inner, {
    send: (message, options) => {
      if (!("method" in message) && message.id !== undefined) {
        open.get(message.id)?.(replyOf(message));
        open.delete(message.id);
      }
      return inner.send(message, options);
    },
    receive: (message, extra, next) => {
      const { sessionId } = inner;
      const answer = ears.message(message, { transport, headers: extra?.requestInfo?.headers, sessionId });
      if (answer !== undefined && "id" in message && message.id !== undefined) open.set(message.id, answer);
      next?.(message, extra);
    },
  });
}

/** What a request or notification is about. */
function subjectIn(message: Extract<JSONRPCMessage, { method: string }>): {
  readonly method: string;
  readonly target?: string;
  readonly requestId?: string;
} {
  const target: unknown = message.params?.["name"] ?? message.params?.["uri"];
  return {
    method: message.method,
    ...(typeof target === "string" ? { target } : {}),
    ...("id" in message ? { requestId: String(message.id) } : {}),
  };
}

/** How a JSON-RPC answer answers. */
export function replyOf(message: JSONRPCMessage): Reply {
  if ("error" in message) return { kind: "error", text: JSON.stringify(message.error) };
  const result = "result" in message ? message.result : {};
  return { kind: result["isError"] === true ? "tool-error" : "result", text: JSON.stringify(result) };
}

function replyIn(text: string): Reply {
  const { success, data } = JSONRPCMessageSchema.safeParse(jsonOf(text));
  return success ? replyOf(data) : { kind: "error", text };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

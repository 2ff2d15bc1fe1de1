import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { Heard, Reply } from "../../check/proof/evidence.ts";
import type { Clock } from "../../core/clock.ts";
import { createMcpServer } from "../../mock/mcp-server.ts";
import { mcpServer, tool, toolError } from "../../scenario/server.ts";
import type { TransportName } from "../../trace/evidence.ts";
import { listenEndpoint } from "../../wire/http-endpoint.ts";
import { carrierIn } from "../../wire/http-exchange.ts";
import { listenHttp } from "../../wire/http.ts";
import { carrierFields } from "../../wire/ledger.ts";
import { listenStdio } from "../../wire/relay.ts";

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

/** Something to call of every kind that clients call; nothing here makes a span. */
const SERVER = mcpServer("troupe-proof", {
  latencyMs: [0, 0],
  tools: {
    echo: tool({
      description: "Answers with its text.",
      input: { type: "object", properties: { text: { type: "string" } } },
      handle: (args) => JSON.stringify(args),
    }),
    fail: tool({
      description: "Answers with an error.",
      input: { type: "object", properties: {} },
      handle: () => toolError("it fails, as it is asked to"),
    }),
  },
  resources: { "proof://note": { description: "A short text.", read: () => "a note" } },
  prompts: { greeting: { description: "A greeting.", text: () => "Say hello." } },
});

export async function openFarEnd(clock: Clock): Promise<FarEnd> {
  const heard: Hearing[] = [];
  let introduction: Introduction = {};
  const onInitialize = (params: unknown): void => void (introduction = introductionIn(params));
  const serve = async (inner: Transport, transport: TransportName): Promise<void> => {
    const surroundings = { seed: 1, clock, pause: () => Promise.resolve(), state: undefined, onFault: () => {} };
    await createMcpServer(SERVER, surroundings).connect(hearing(inner, { transport, clock, heard, onInitialize }));
  };
  const mcp = await listenHttp({ port: 0, onConnection: (transport) => serve(transport, "http") });
  const http = await listenEndpoint({
    port: 0,
    endpoint: () => (request) => {
      const { pathname } = new URL(request.url);
      const carriers = { meta: {}, header: carrierIn(request.headers) };
      const [method, timeUnixNano] = [`${request.method} ${pathname}`, clock.nowUnixNano()];
      heard.push({ protocol: "http", transport: "http", method, carriers, timeUnixNano });
      return Promise.resolve({ status: 200, headers: JSON_TYPE, body: "{}" });
    },
  });
  const stdio = await listenStdio((transport, environment) => {
    const carriers = { meta: {}, header: environment };
    const timeUnixNano = clock.nowUnixNano();
    heard.push({ protocol: "environment", transport: "stdio", method: "start", carriers, timeUnixNano });
    return serve(transport, "stdio");
  });
  return {
    mcpUrl: mcp.url,
    httpUrl: `${http.url}/`,
    stdio: stdio.entry,
    heard,
    introduction: () => introduction,
    close: async () => void (await Promise.all([mcp.close(), http.close(), stdio.close()])),
  };
}

const JSON_TYPE = new Headers({ "content-type": "application/json" });

/** A message whose answer is still to come. */
type Hearing = Omit<Heard, "reply"> & { reply?: Reply };

interface Ear {
  readonly transport: TransportName;
  readonly clock: Clock;
  readonly heard: Hearing[];
  readonly onInitialize: (params: unknown) => void;
}

function introductionIn(params: unknown): Introduction {
  const [about, version] = ["clientInfo", "protocolVersion"].map((key): unknown => Reflect.get(Object(params), key));
  const texts = {
    name: Reflect.get(Object(about), "name"),
    version: Reflect.get(Object(about), "version"),
    protocol: version,
  };
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => typeof text === "string"));
}

/** A server's end that writes down what it is asked, with both carriers, and what it answers. */
function hearing(inner: Transport, { transport, clock, heard, onInitialize }: Ear): Transport {
  const open = new Map<RequestId, Hearing>();
  const outer: Transport = {
    start: () => inner.start(),
    close: () => inner.close(),
    send: (message, options) => {
      if (!("method" in message) && message.id !== undefined) {
        const asked = open.get(message.id);
        if (asked !== undefined) asked.reply = replyOf(message);
        open.delete(message.id);
      }
      return inner.send(message, options);
    },
  };
  inner.onmessage = (message, extra) => {
    if ("method" in message) {
      if (message.method === "initialize") onInitialize(message.params);
      const { sessionId } = inner;
      const meta = carrierFields(message.params?.["_meta"]);
      const entry: Hearing = {
        protocol: "mcp",
        transport,
        ...subjectIn(message),
        ...(sessionId === undefined ? {} : { sessionId }),
        carriers: { meta, header: carrierFields(extra?.requestInfo?.headers) },
        timeUnixNano: clock.nowUnixNano(),
      };
      heard.push(entry);
      if ("id" in message) open.set(message.id, entry);
    }
    outer.onmessage?.(message, extra);
  };
  const { onclose } = inner;
  inner.onclose = () => {
    onclose?.();
    outer.onclose?.();
  };
  inner.onerror = (error) => outer.onerror?.(error);
  return outer;
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

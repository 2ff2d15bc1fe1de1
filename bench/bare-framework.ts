/**
 * The floor of an agent on a framework: the same agent in a plain loop, without Troupe, over a `fetch` that answers at once,
 * from constants. It is answered the same number of model calls, which call the same tools.
 */
import { trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { OPENAI_CHAT, OPENAI_RESPONSES } from "../src/mock/model-api/dialects.ts";
import type { ModelOutput } from "../src/mock/model-api/dialect.ts";
import { prepareBare } from "./bare-spans.ts";

export const CALLS = 10;
export const SAYING = "I look into it, and will tell you as soon as I know where your order is at the moment.";
export const HANDOFF = "transfer_to_billing";
export const TOOL = { name: "lookup", parameters: { type: "object", properties: { id: { type: "string" } } } } as const;
export const ASKED = { id: "A-17" };
export const FOUND = "late";

const MODELS_URL = "http://models.invalid";
const SHOP_URL = "http://shop.invalid/mcp";

/** What an agent finds in its environment. */
export const BARE_ENVIRONMENT = {
  OPENAI_BASE_URL: `${MODELS_URL}/v1`,
  OPENAI_API_KEY: "none",
  MCP_SERVERS: JSON.stringify({ mcpServers: { shop: { type: "http", url: SHOP_URL } } }),
};

/** Answers the requests of one run after the other; `next` begins one, and gives the number of model calls before it. */
export function bareFetch(): { readonly fetch: typeof fetch; readonly next: () => number } {
  let calls = 0;
  return {
    fetch: (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      const { method, body } = { method: "GET", ...init };
      if (method !== "POST" || typeof body !== "string") return Promise.resolve(new Response(null, { status: 405 }));
      if (url === SHOP_URL) return Promise.resolve(shopReply(JSON.parse(body)));
      return Promise.resolve(Response.json(modelReply(url, body, ++calls)));
    },
    next: () => {
      const before = calls;
      calls = 0;
      return before;
    },
  };
}

/** Keeps the framework's own spans, by the official SDK as it comes; returns what forgets those of a run. */
export function keepSpans(): () => void {
  prepareBare();
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  return () => {
    if (exporter.getFinishedSpans().length === 0) throw new Error("the framework made no span");
    exporter.reset();
  };
}

function modelReply(url: string, body: string, number: number): unknown {
  const dialect = url.endsWith("/responses") ? OPENAI_RESPONSES : OPENAI_CHAT;
  const isLast = number === CALLS;
  const isHandoff = number === 1 && body.includes(HANDOFF);
  const call = isHandoff ? { name: HANDOFF, arguments: {} } : { name: TOOL.name, arguments: ASKED };
  const output: ModelOutput = {
    id: `reply-${number}`,
    model: "mock",
    createdUnixSeconds: 0,
    text: isHandoff ? "" : SAYING,
    toolCalls: isLast ? [] : [{ id: `call-${number}`, ...call }],
    finishReason: isLast ? "stop" : "tool_call",
    inputTokens: 10,
    outputTokens: 10,
  };
  return dialect.writeReply(output);
}

interface JsonRpc {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: { readonly protocolVersion?: string };
}

function shopReply({ id, method, params }: JsonRpc): Response {
  if (id === undefined) return new Response(null, { status: 202 });
  return Response.json({ jsonrpc: "2.0", id, result: shopResult(method, params) });
}

function shopResult(method: string, params: JsonRpc["params"]): unknown {
  if (method === "initialize") {
    const serverInfo = { name: "shop", version: "1.0.0" };
    return { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo };
  }
  if (method === "tools/list") return { tools: [{ name: TOOL.name, inputSchema: TOOL.parameters }] };
  return { content: [{ type: "text", text: FOUND }] };
}

/**
 * The floor: the SDK calls and spans of `refund-handoff` in a plain loop, as a competent person writes it with the bare
 * SDKs, without simulation, evidence, tree or verdict. Once as the SDKs come, and once tuned as Troupe tunes them: one
 * schema validator for all clients and servers.
 *
 * A round sets up two MCP clients and servers in memory (initialize, tools/list, one call each), fetches a remote agent's
 * card and asks it once, through A2A's own client and server without a socket. It makes the scenario's 27 spans in five
 * services, with the same attributes: context and baggage ride in `_meta` and headers, a processor stamps the baggage on
 * every span, and each server's spans have the parent that came with the message. Tool lists and the card are constants.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { type Span, SpanKind, type Tracer, context, trace } from "@opentelemetry/api";
import * as z from "zod";
import { sharedValidator } from "../src/mock/schema-validator.ts";
import { askRisk } from "./bare-a2a.ts";
import { type Spans, carried, carrier, completion, openSpans, within, workflow } from "./bare-spans.ts";

interface Tool {
  readonly server: string;
  readonly name: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly result: Readonly<Record<string, unknown>>;
}

const LOOKUP: Tool = {
  server: "orders",
  name: "lookup_order",
  input: z.object({ id: z.string() }),
  output: z.object({ id: z.string(), item: z.string(), amount: z.number(), charges: z.number() }),
  result: { id: "A-17", item: "espresso machine", amount: 249, charges: 2 },
};

const REFUND: Tool = {
  server: "payments",
  name: "refund",
  input: z.object({ order: z.string(), amount: z.number().positive() }),
  output: z.object({ id: z.string(), amount: z.number() }),
  result: { id: "R-1234", amount: 249 },
};

const LISTS = new Map(
  [LOOKUP, REFUND].map((tool) => [
    tool,
    [
      {
        name: tool.name,
        inputSchema: { ...z.toJSONSchema(tool.input), type: "object" as const },
        outputSchema: { ...z.toJSONSchema(tool.output), type: "object" as const },
      },
    ],
  ]),
);

export type Tuning = "defaults" | "tuned";

/** One round; returns how many spans it made. */
export async function bareRound(tuning: Tuning): Promise<number> {
  const spans = openSpans();
  await workflow(spans, async () => {
    await invokeAgent(spans, "triage", async (agents) => {
      await chat(agents, "triage", 1);
      const order = await callTool(tuning, spans, LOOKUP, { id: "A-17" }, stepOf("triage", 2));
      await within(agents, "handoff triage -> billing", SpanKind.INTERNAL, handoffAttributes(order), () =>
        invokeAgent(spans, "billing", async () => {
          await chat(agents, "billing", 1);
          const risk = await askRisk(spans, "May 249 be paid back for order A-17?", stepOf("billing", 2));
          if (risk !== "approved") throw new Error(`the risk is ${risk}`);
          await callTool(tuning, spans, REFUND, { order: "A-17", amount: 249 }, stepOf("billing", 3));
        }),
      );
    });
  });
  return spans.finished();
}

const CONVERSATION = { "gen_ai.conversation.id": "0f1e2d3c4b5a6978" };

function stepOf(agent: string, step: number): Readonly<Record<string, string | number>> {
  return { "agent.trajectory.step": step, "gen_ai.agent.name": agent, ...CONVERSATION };
}

function handoffAttributes(order: unknown): Readonly<Record<string, string | number>> {
  return {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.agent.handoff.source.name": "triage",
    "gen_ai.agent.handoff.target.name": "billing",
    "gen_ai.transfer.target.name": "billing",
    "gen_ai.transfer.mode": "pass_control",
    "troupe.handoff.payload": JSON.stringify({ reason: "charged twice", order }),
    ...stepOf("triage", 3),
  };
}

function invokeAgent(spans: Spans, name: string, work: (agents: Tracer) => Promise<void>): Promise<void> {
  const agents = spans.tracerOf("agents");
  const attributes = {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": name,
    "fi.span.kind": "AGENT",
    ...CONVERSATION,
  };
  return within(agents, `invoke_agent ${name}`, SpanKind.INTERNAL, attributes, () => work(agents));
}

function chat(agents: Tracer, agent: string, step: number): Promise<void> {
  return completion(agents, "mock-model", stepOf(agent, step));
}

async function callTool(
  tuning: Tuning,
  spans: Spans,
  tool: Tool,
  args: Record<string, unknown>,
  step: Readonly<Record<string, string | number>>,
): Promise<unknown> {
  const agents = spans.tracerOf("agents");
  const validator = tuning === "tuned" ? { jsonSchemaValidator: sharedValidator() } : {};
  const [near, far] = InMemoryTransport.createLinkedPair();
  await serve(tool, far, spans.tracerOf(tool.server), validator);
  carrying(near);
  const client = new Client({ name: "agents", version: "1" }, validator);
  const attributes = (method: string): Readonly<Record<string, string>> => mcpAttributes(tool.server, method);
  await within(agents, "initialize", SpanKind.CLIENT, attributes("initialize"), async (span) => {
    await client.connect(near);
    span.setAttribute("mcp.protocol.version", "2025-11-25");
  });
  await within(agents, "tools/list", SpanKind.CLIENT, attributes("tools/list"), () => client.listTools());
  const call = {
    ...attributes("tools/call"),
    "gen_ai.tool.name": tool.name,
    "tool.name": tool.name,
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.type": "function",
    "gen_ai.tool.call.arguments": JSON.stringify(args),
    "fi.span.kind": "TOOL",
    ...step,
  };
  const result = await within(agents, `execute_tool ${tool.name}`, SpanKind.INTERNAL, call, async (span) => {
    const { structuredContent } = await client.callTool({ name: tool.name, arguments: args });
    span.setAttribute("gen_ai.tool.call.result", JSON.stringify(structuredContent));
    return structuredContent;
  });
  await client.close();
  return result;
}

function mcpAttributes(server: string, method: string): Readonly<Record<string, string>> {
  return { "mcp.method.name": method, "troupe.server.name": server, "network.transport": "inproc" };
}

/** Every message takes the context along in its `_meta`. */
function carrying(transport: Transport): void {
  const send = transport.send.bind(transport);
  transport.send = (message, options) =>
    send(
      "method" in message
        ? { ...message, params: { ...message.params, _meta: { ...message.params?._meta, ...carrier() } } }
        : message,
      options,
    );
}

async function serve(
  tool: Tool,
  transport: Transport,
  tracer: Tracer,
  validator: ConstructorParameters<typeof Server>[1],
): Promise<void> {
  const server = new Server({ name: tool.server, version: "1" }, { capabilities: { tools: {} }, ...validator });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: LISTS.get(tool) ?? [] }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
    tool.input.parse(params.arguments);
    const structuredContent = tool.output.parse({ ...tool.result }) as Record<string, unknown>;
    return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
  });
  await server.connect(transport);
  answeringInSpans(transport, tracer, tool);
}

/** Every message is handled inside a span, whose parent came in its `_meta`, and which ends with its reply. */
function answeringInSpans(transport: Transport, tracer: Tracer, tool: Tool): void {
  const open = new Map<unknown, Span>();
  const { onmessage } = transport;
  const send = transport.send.bind(transport);
  transport.onmessage = (message, extra) => {
    if (!("method" in message)) return onmessage?.(message, extra);
    const { method, params } = message;
    const isCall = method === "tools/call";
    const parent = carried(params?._meta);
    const attributes = {
      ...mcpAttributes(tool.server, method),
      ...(isCall ? { "gen_ai.tool.name": tool.name, "tool.name": tool.name } : {}),
      ...("id" in message ? { "jsonrpc.request.id": String(message.id) } : {}),
    };
    const name = isCall ? `${method} ${tool.name}` : method;
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    context.with(trace.setSpan(parent, span), () => onmessage?.(message, extra));
    if ("id" in message) open.set(message.id, span);
    else span.end();
  };
  transport.send = (message, options) => {
    if ("id" in message) open.get(message.id)?.end();
    return send(message, options);
  };
}

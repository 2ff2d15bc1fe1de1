/**
 * The floor: the SDK calls and spans of `refund-handoff` in a plain loop, without simulation, evidence, tree or verdict.
 * Once as the SDKs come, and once tuned as Troupe tunes them: one schema validator for all clients and servers.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { type Context, SpanKind, type Tracer, context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import * as z from "zod";
import { sharedValidator } from "../src/mock/schema-validator.ts";

interface Tool {
  readonly name: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly result: Readonly<Record<string, unknown>>;
}

const LOOKUP: Tool = {
  name: "lookup_order",
  input: z.object({ id: z.string() }),
  output: z.object({ id: z.string(), item: z.string(), amount: z.number(), charges: z.number() }),
  result: { id: "A-17", item: "espresso machine", amount: 249, charges: 2 },
};

const REFUND: Tool = {
  name: "refund",
  input: z.object({ order: z.string(), amount: z.number().positive() }),
  output: z.object({ id: z.string(), amount: z.number() }),
  result: { id: "R-1234", amount: 249 },
};

export type Tuning = "defaults" | "tuned";

/** Registers what every loop shares. */
export function prepareBare(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
}

/** One round; returns how many spans it made. */
export async function bareRound(tuning: Tuning): Promise<number> {
  const exporter = new InMemorySpanExporter();
  const tracerOf = (service: string): Tracer =>
    new BasicTracerProvider({
      resource: resourceFromAttributes({ "service.name": service }),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    }).getTracer("bare");
  const agents = tracerOf("agents");
  await within(tracerOf("troupe"), "invoke_workflow refund-handoff", {}, (troupe) =>
    within(troupe, "turn 1", {}, () =>
      within(agents, "invoke_agent triage", {}, async () => {
        await within(agents, "chat mock-model", MODEL, () => Promise.resolve());
        await callTool(tuning, agents, tracerOf("orders"), LOOKUP, { id: "A-17" });
        await within(agents, "handoff triage -> billing", {}, () =>
          within(agents, "invoke_agent billing", {}, async () => {
            await within(agents, "chat mock-model", MODEL, () => Promise.resolve());
            await callTool(tuning, agents, tracerOf("payments"), REFUND, { order: "A-17", amount: 249 });
          }),
        );
      }),
    ),
  );
  return exporter.getFinishedSpans().length;
}

/** What the scenario's spans carry each: the attributes of the run, and about six of their own. */
const RUN = {
  "prompt.version": "v2.3.1",
  "feature.id": "refunds",
  "tenant.id": "acme",
  "troupe.run.id": "0f1e2d3c4b5a6978",
  "gen_ai.conversation.id": "0f1e2d3c4b5a6978",
};
const OWN = {
  "agent.trajectory.step": 1,
  "fi.span.kind": "TOOL",
  "gen_ai.agent.name": "triage",
  "gen_ai.operation.name": "execute_tool",
  "mcp.method.name": "tools/call",
  "network.transport": "inproc",
};

const MODEL = {
  "gen_ai.operation.name": "chat",
  "gen_ai.request.model": "mock-model",
  "gen_ai.usage.input_tokens": 31,
};

async function within<T>(
  tracer: Tracer,
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  work: (tracer: Tracer) => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(name, {
    attributes: { ...attributes, "agent.trajectory.step": 1, "fi.span.kind": "TOOL" },
  });
  try {
    return await context.with(trace.setSpan(context.active(), span), work, undefined, tracer);
  } finally {
    span.end();
  }
}

async function callTool(
  tuning: Tuning,
  agents: Tracer,
  serverTracer: Tracer,
  tool: Tool,
  args: Record<string, unknown>,
): Promise<void> {
  const validator = tuning === "tuned" ? { jsonSchemaValidator: sharedValidator() } : {};
  const server = new Server({ name: tool.name, version: "1" }, { capabilities: { tools: {} }, ...validator });
  const serve = <T>(name: string, meta: unknown, work: () => T): T => {
    const parent: Context = propagation.extract(context.active(), meta ?? {});
    const span = serverTracer.startSpan(name, { kind: SpanKind.SERVER, attributes: { ...RUN, ...OWN } }, parent);
    try {
      return work();
    } finally {
      span.end();
    }
  };
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) =>
    serve("tools/list", params?._meta, () => ({
      tools: [
        {
          name: tool.name,
          inputSchema: { ...z.toJSONSchema(tool.input), type: "object" as const },
          outputSchema: { ...z.toJSONSchema(tool.output), type: "object" as const },
        },
      ],
    })),
  );
  server.setRequestHandler(CallToolRequestSchema, ({ params }) =>
    serve(`tools/call ${tool.name}`, params._meta, () => {
      tool.input.parse(params.arguments);
      const structuredContent = { ...tool.result };
      return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
    }),
  );
  const [near, far] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: "bare", version: "1" }, validator);
  await server.connect(far);
  // The scenario's servers have a span for each of initialize and its notification too.
  for (const name of ["initialize", "notifications/initialized"]) serve(name, {}, () => undefined);
  await within(agents, "initialize", {}, () => client.connect(near));
  await within(agents, "tools/list", {}, () => client.listTools({ _meta: carrier() }));
  await within(agents, `execute_tool ${tool.name}`, { "gen_ai.tool.name": tool.name }, () =>
    client.callTool({ name: tool.name, arguments: args, _meta: carrier() }),
  );
  await client.close();
}

function carrier(): Record<string, string> {
  const fields: Record<string, string> = {};
  propagation.inject(context.active(), fields);
  return fields;
}

/**
 * An MCP server over stdio on the official SDKs and OpenTelemetry's own propagators, instrumented by hand as the conventions
 * ask, with one defect that its argument names; a second one, `stateless`, has it speak 2026-07-28 alone. `pass` calls the
 * server at DOWNSTREAM; `change` must not be called unasked.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { Server as StatelessServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  defaultTextMapGetter,
  defaultTextMapSetter,
  trace,
} from "@opentelemetry/api";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-node";

const [, , defect = "none", era = "handshake"] = process.argv;
const provider = new BasicTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(), { scheduledDelayMillis: 50 })],
});
const tracer = provider.getTracer("server");
const propagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), ...(defect === "loses baggage" ? [] : [new W3CBaggagePropagator()])],
});

let first;

/** The context that a request continues. */
function contextOf(meta = {}) {
  if (defect === "new root") return ROOT_CONTEXT;
  const { tracestate: _, ...rest } = meta;
  const taken = propagator.extract(ROOT_CONTEXT, defect === "loses tracestate" ? rest : meta, defaultTextMapGetter);
  if (defect !== "stale") return taken;
  first ??= taken;
  return first;
}

/** What goes on to the next hop. */
function carrierOf(context) {
  const carrier = {};
  if (defect === "passes nothing on") return carrier;
  propagator.inject(context, carrier, defaultTextMapSetter);
  if (defect !== "namespaces") return carrier;
  return Object.fromEntries(Object.entries(carrier).map(([key, value]) => [`acme/${key}`, value]));
}

let downstream;

async function pass(context) {
  const client = (downstream ??= new Client({ name: "gateway", version: "1.0.0" }));
  if (client.transport === undefined)
    await client.connect(new StreamableHTTPClientTransport(new URL(process.env.DOWNSTREAM)));
  return await client.callTool({ name: "echo", arguments: {}, _meta: carrierOf(context) });
}

async function call(name, requestId, _meta) {
  const parent = contextOf(_meta);
  const attributes = {
    "mcp.method.name": "tools/call",
    "gen_ai.tool.name": name,
    "jsonrpc.request.id": String(requestId),
    "network.transport": "pipe",
  };
  const span = tracer.startSpan(`tools/call ${name}`, { kind: SpanKind.SERVER, attributes }, parent);
  try {
    if (name === "pass") return await pass(trace.setSpan(parent, span));
    if (defect !== "calls an error OK") span.setStatus({ code: SpanStatusCode.ERROR });
    return { content: [{ type: "text", text: "there is no such tool" }], isError: true };
  } finally {
    span.end();
  }
}

const about = [{ name: "by-hand", version: "1.0.0" }, { capabilities: { tools: {} } }];
const inputSchema = { type: "object" };
const list = () => ({
  tools: [
    { name: "pass", inputSchema, annotations: { readOnlyHint: true } },
    { name: "change", inputSchema },
  ],
});
if (era === "stateless")
  serveStdio(
    () => {
      const server = new StatelessServer(...about);
      server.setRequestHandler("tools/list", list);
      server.setRequestHandler("tools/call", ({ params: { name } }, { mcpReq: { id, _meta } }) =>
        call(name, id, _meta),
      );
      return server;
    },
    { legacy: "reject" },
  );
else {
  const server = new Server(...about);
  server.setRequestHandler(ListToolsRequestSchema, list);
  server.setRequestHandler(CallToolRequestSchema, ({ params: { name, _meta } }, { requestId }) =>
    call(name, requestId, _meta),
  );
  await server.connect(new StdioServerTransport());
}
process.stdin.once("end", () => void provider.shutdown().then(() => process.exit(0)));

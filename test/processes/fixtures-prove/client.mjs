/**
 * An MCP client on the official SDKs and OpenTelemetry's API alone: all else comes from `troupe/register`, where it is
 * loaded. With the argument `stateless` it speaks 2026-07-28.
 */
import * as stateless from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";

const { troupe } = JSON.parse(process.env.MCP_SERVERS).mcpServers;
const about = { name: "shopper", version: "1.0.0" };
const isStateless = process.argv[2] === "stateless";
const client = isStateless
  ? new stateless.Client(about, { versionNegotiation: { mode: { pin: "2026-07-28" } } })
  : new Client(about);

async function call(name) {
  const attributes = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": name,
    "mcp.method.name": "tools/call",
  };
  await trace
    .getTracer("shopper")
    .startActiveSpan(`execute_tool ${name}`, { kind: SpanKind.INTERNAL, attributes }, async (span) => {
      const { isError } = await client.callTool({ name, arguments: {} });
      if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
}

const Http = isStateless ? stateless.StreamableHTTPClientTransport : StreamableHTTPClientTransport;
await client.connect(troupe.url === undefined ? new StdioClientTransport(troupe) : new Http(new URL(troupe.url)));
await call("echo");
await call("fail");
await client.close();

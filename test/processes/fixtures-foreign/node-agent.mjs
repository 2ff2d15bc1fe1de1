/** An agent on Node with the official SDKs and OpenTelemetry's API alone: all else comes from `troupe/register`. */
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { ClientFactory } from "@a2a-js/sdk/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { trace } from "@opentelemetry/api";

const [, , how] = process.argv;
const { env } = process;
const tracer = trace.getTracer("node-agent");

async function callTool() {
  const { url, ...command } = JSON.parse(env.MCP_SERVERS).mcpServers.clock;
  const client = new Client({ name: env.OTEL_SERVICE_NAME, version: "1.0.0" });
  const http = () => new StreamableHTTPClientTransport(new URL(url));
  await client.connect(url === undefined ? new StdioClientTransport(command) : http());
  const { content } = await tracer.startActiveSpan("execute_tool now", async (span) => {
    try {
      return await client.callTool({ name: "now", arguments: {} });
    } finally {
      span.end();
    }
  });
  await client.close();
  return content[0].text;
}

async function ask() {
  const client = await new ClientFactory().createFromUrl(JSON.parse(env.A2A_AGENTS).oracle);
  const message = { messageId: "1", role: 1, parts: [{ content: { $case: "text", value: "well?" } }] };
  const reply = await client.sendMessage({ message });
  return JSON.stringify(reply).includes("certainly") ? "certainly" : JSON.stringify(reply);
}

async function answer() {
  const attributes = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": env.OTEL_SERVICE_NAME };
  return await tracer.startActiveSpan(`invoke_agent ${env.OTEL_SERVICE_NAME}`, { attributes }, async (span) => {
    const text = `${await callTool()}, ${await ask()}`;
    span.end();
    return text;
  });
}

if (how === "listens") {
  const server = createServer(async (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ text: await answer() }));
  });
  server.listen(Number(env.PORT), "127.0.0.1");
} else {
  for await (const _line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${await answer()}\n`, () => {
      if (how === "exits") process.exit();
    });
  }
}

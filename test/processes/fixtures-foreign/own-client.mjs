/** A program with the official clients of MCP and A2A, which knows nothing of Troupe and says what came of one request each. */
import { createInterface } from "node:readline";
import { ClientFactory } from "@a2a-js/sdk/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import { WebSocket } from "ws";

const { MCP_SERVERS = "{}", A2A_AGENTS = "{}", TRACEPARENT: traceparent } = process.env;
const { shop } = JSON.parse(MCP_SERVERS).mcpServers ?? {};
const { risk } = JSON.parse(A2A_AGENTS);
// Which Node 20 does not have.
globalThis.WebSocket ??= WebSocket;

const TRANSPORTS = {
  http: ({ url }) => new StreamableHTTPClientTransport(new URL(url)),
  ws: ({ url }) => new WebSocketClientTransport(new URL(url)),
};

async function price() {
  const client = new Client({ name: "someone", version: "1.0.0" });
  client.onerror = () => {};
  await client.connect((TRANSPORTS[shop.type] ?? ((command) => new StdioClientTransport(command)))(shop));
  const call = { name: "price", arguments: {}, _meta: { traceparent } };
  const said = await client.callTool(call, undefined, { timeout: 700 }).catch((error) => error);
  await client.close().catch(() => {});
  if (said instanceof Error) throw said;
  return `${said.isError === true ? "failed" : "answered"} ${JSON.stringify(said.content)}`;
}

async function ask() {
  const client = await new ClientFactory().createFromUrl(risk);
  const message = { messageId: "1", role: 1, parts: [{ content: { $case: "text", value: "May A-17 be refunded?" } }] };
  const reply = await client.sendMessage({ message }, { serviceParameters: { traceparent } });
  return `answered ${JSON.stringify(reply)}`;
}

for await (const _line of createInterface({ input: process.stdin })) {
  const asked = [...(shop === undefined ? [] : [price()]), ...(risk === undefined ? [] : [ask()])];
  const said = asked.map((one) => one.catch((error) => `failed ${error} ${error?.cause ?? ""}`));
  console.log(JSON.stringify({ text: (await Promise.all(said)).join("\n") }));
}

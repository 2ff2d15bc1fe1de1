/**
 * An agent that asks its mocks in texts of its own over the global `fetch`, and answers what crossed: the heads of its
 * requests as Node says that it wrote them on the socket, what came back, and what stands in Troupe's file. It knows no SDK.
 */
import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { createInterface } from "node:readline";

const { env } = process;
const heads = [];
subscribe("undici:client:sendHeaders", ({ headers }) => heads.push(headers));

const card = new URL("/.well-known/agent-card.json", JSON.parse(env.A2A_AGENTS).oracle).href;
const clock = JSON.parse(env.MCP_SERVERS).mcpServers.clock.url;

/** Passes requests on to the remote agent, without their context. */
const gateway = createServer((incoming, answer) => {
  const { host } = new URL(card);
  const passed = Object.entries(incoming.headers).filter(([name]) => !["traceparent", "baggage"].includes(name));
  const headers = { ...Object.fromEntries(passed), host };
  httpRequest(new URL(incoming.url, card), { headers }, (reply) => {
    answer.writeHead(reply.statusCode, reply.headers);
    reply.pipe(answer);
  }).end();
});
await new Promise((resolve) => gateway.listen(0, "127.0.0.1", resolve));

const crossed = [];

/** Each request waits for the one before, so that the heads come in their order. */
async function ask(what, url, { body, ...headers } = {}) {
  const text = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const reply = await fetch(url, {
    ...text,
    headers: {
      authorization: "Bearer hunter2",
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
  });
  await reply.text();
  crossed.push({ what, status: reply.status, head: heads.at(-1) });
  return reply;
}

async function askAll() {
  const rpc = (id, method, params) => ({ jsonrpc: "2.0", ...(id === undefined ? {} : { id }), method, params });
  const hello = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "bare", version: "1" } };
  const call = { name: "now", arguments: {} };
  const opened = await ask("initialize", clock, { body: rpc(0, "initialize", hello) });
  const session = { "mcp-session-id": opened.headers.get("mcp-session-id") };
  await ask("notifications/initialized", clock, { ...session, body: rpc(undefined, "notifications/initialized") });
  await ask("tools/call", clock, { ...session, body: rpc(1, "tools/call", call) });
  await ask("no session", clock, { body: rpc(2, "tools/call", call) });
  await ask("a lost session", clock, { "mcp-session-id": "lost", body: rpc(3, "tools/call", call) });
  await ask("not acceptable", clock, { ...session, accept: "text/plain", body: rpc(4, "tools/call", call) });
  await ask("card", card);
  await ask("card by a gateway", new URL(new URL(card).pathname, `http://127.0.0.1:${gateway.address().port}`).href);
  const messages = [{ role: "user", content: "well?" }];
  await ask("model", `${env.OPENAI_BASE_URL}/chat/completions?key=hunter2`, { body: { model: "m", messages } });
  await ask("no such path", `${env.OPENAI_BASE_URL}/nowhere`, { body: {} });
}

for await (const _line of createInterface({ input: process.stdin })) {
  await askAll();
  const told = readFileSync(env.TROUPE_LEDGER, "utf8");
  process.stdout.write(`${JSON.stringify({ text: JSON.stringify({ crossed, told }) })}\n`);
}
gateway.close();

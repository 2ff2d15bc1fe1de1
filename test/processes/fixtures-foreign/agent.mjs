/** An agent that knows nothing of Troupe, and behaves as its first argument says. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [, , behaviour, detail] = process.argv;
const { env } = process;

/** Exports one span under a W3C carrier, and gives the span's own. */
async function exportSpan(traceparent = "", name = `invoke_agent ${env.OTEL_SERVICE_NAME}`) {
  const [, parentTrace, parentSpanId = ""] = traceparent.split("-");
  const [traceId, spanId] = [parentTrace ?? randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
  const startTimeUnixNano = String(BigInt(Date.now()) * 1_000_000n);
  const attributes = [{ key: "gen_ai.operation.name", value: { stringValue: "invoke_agent" } }];
  const times = { startTimeUnixNano, endTimeUnixNano: startTimeUnixNano };
  const span = { traceId, spanId, parentSpanId, name, kind: 1, ...times, attributes };
  const service = { key: "service.name", value: { stringValue: env.OTEL_SERVICE_NAME } };
  const body = { resourceSpans: [{ resource: { attributes: [service] }, scopeSpans: [{ spans: [span] }] }] };
  const send = () => postJson(`${env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`, body);
  await (EXPORTING[detail] ?? EXPORTING[behaviour] ?? ((post) => post()))(send);
  return `00-${traceId}-${spanId}-01`;
}

/** How an exporter goes wrong. */
const EXPORTING = {
  "exports-nothing": () => {},
  "exports-never": () => {},
  "exports-twice": async (send) => void (await send(), await send()),
  "exports-late": (send) => void process.stdin.once("end", () => setTimeout(() => send(), 200)),
  "exports-too-late": (send) => void process.stdin.once("end", () => setTimeout(() => send(), 60_000)),
  // What is under way when it stops is cut off.
  "exports-half": async () => {
    const { host, hostname, port, pathname } = new URL(`${env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`);
    const head = [
      `POST ${pathname} HTTP/1.1`,
      `host: ${host}`,
      "content-type: application/json",
      "content-length: 1000",
    ];
    const socket = connect(Number(port), hostname);
    socket.write(`${head.join("\r\n")}\r\n\r\n{"resourceSpans": [`, () => socket.destroy());
    await once(socket, "close");
  },
};

/** With that as its detail it is killed at a step, as by a machine that runs out of memory. */
async function diesAt(step) {
  if (detail !== `dies-at-${step}`) return;
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => {});
}

async function postJson(url, body, headers = {}) {
  const accept = "application/json, text/event-stream";
  const all = { "content-type": "application/json", accept, ...headers };
  return await fetch(url, { method: "POST", headers: all, body: JSON.stringify(body) });
}

/** Calls a tool as an MCP client would, with a carrier. */
async function callTool(server, name, traceparent) {
  const { url } = JSON.parse(env.MCP_SERVERS).mcpServers[server];
  const clientInfo = { name: env.OTEL_SERVICE_NAME, version: "1" };
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo, _meta: { traceparent } };
  const opened = await postJson(url, { jsonrpc: "2.0", id: 1, method: "initialize", params });
  const session = { "mcp-session-id": opened.headers.get("mcp-session-id"), "mcp-protocol-version": "2025-11-25" };
  const call = { name, arguments: {}, _meta: { traceparent } };
  const answer = await postJson(url, { jsonrpc: "2.0", id: 2, method: "tools/call", params: call }, session);
  return (await answer.json()).result.content[0].text;
}

const say = (value) => void process.stdout.write(`${typeof value === "string" ? value : JSON.stringify(value)}\n`);

const OF_LINES = {
  echo: async ({ text }) => {
    await exportSpan(env.TRACEPARENT);
    say({ text: `heard ${text}` });
  },
  "calls-a-tool": async () => say({ text: await callTool("clock", "now", await exportSpan(env.TRACEPARENT)) }),
  "exports-nothing": async () => say({ text: await callTool("clock", "now", await exportSpan(env.TRACEPARENT)) }),
  "forgets-its-carrier": async ({ text }) => {
    await exportSpan();
    say({ text: `heard ${text}` });
  },
  "shows-its-environment": () => say({ text: JSON.stringify(env) }),
  "says-what-it-got": (message) => say({ text: JSON.stringify(message) }),
  plain: ({ text }) => say(`you said: ${text}`),
  fails: () => say({ error: "the disk is full" }),
  "answers-a-list": () => say({ words: ["no"] }),
  silent: () => {},
  twice: () => process.stdout.write('{"text":"one"}\n{"text":"two"}\n'),
  dies: () => {
    process.stderr.write("no such table: orders\n");
    process.exit(7);
  },
  "is-killed": () => process.kill(process.pid, "SIGKILL"),
  "dies-afterwards": () => {
    process.exitCode = 9;
    say({ text: "fine" });
  },
  "floods-lines": () => {
    const pour = () => void process.stdout.write("DEBUG: still here\n".repeat(500), pour);
    pour();
  },
  "floods-one-line": () => {
    const pour = () => void process.stdout.write("x".repeat(1024 * 1024), pour);
    pour();
  },
  "stays-for-ever": async ({ text }) => {
    setInterval(() => {}, 1000);
    await exportSpan(env.TRACEPARENT);
    say({ text });
  },
  steps: async () => {
    await diesAt("start");
    const traceparent = await exportSpan(env.TRACEPARENT);
    await diesAt("export");
    const text = await callTool("clock", "now", traceparent);
    await diesAt("tool");
    say({ text });
    await diesAt("reply");
  },
  "leaves-a-child": ({ text }) => {
    spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    say({ text });
  },
};

const OF_REQUESTS = {
  echo: async (request, text, response) => {
    await exportSpan(request.headers.traceparent);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ text: `heard ${JSON.parse(text).text} over http` }));
  },
  html: (_request, _text, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><h1>It works</h1>");
  },
  breaks: (_request, _text, response) => response.writeHead(500).end("Traceback: KeyError"),
  "hangs-up": (request) => request.socket.destroy(),
  silent: () => {},
  plain: (_request, text, response) => {
    response.setHeader("content-type", "text/plain");
    response.end(`you said: ${JSON.parse(text).text}`);
  },
  floods: (_request, _text, response) => {
    const pour = () => void response.write("x".repeat(1024 * 1024), pour);
    response.setHeader("content-type", "text/plain");
    pour();
  },
};

if (behaviour === "listen") {
  if (detail !== "never") {
    const server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      await OF_REQUESTS[detail](request, text, response);
    });
    server.listen(Number(env.PORT), "127.0.0.1");
  }
  setInterval(() => {}, 1000);
} else {
  for await (const line of createInterface({ input: process.stdin }))
    await OF_LINES[behaviour](line.startsWith("{") ? JSON.parse(line) : { text: line });
}

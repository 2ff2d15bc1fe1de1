import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { request as httpRequest } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { afterEach, expect, test, vi } from "vitest";
import type { LedgerEntry } from "../../src/trace/evidence.ts";
import { httpConnection, listenHttp } from "../../src/wire/http.ts";
import { Ledger, asWritten } from "../../src/wire/ledger.ts";
import { writeRefusal } from "../../src/wire/mcp-endpoint.ts";
import { McpMessages, recorded } from "../../src/wire/mcp-ledger.ts";
import { WALL_CLOCK } from "../../src/wire/system-clock.ts";
import type { McpListenOptions } from "../../src/wire/door.ts";
import type { Listening } from "../../src/wire/loopback.ts";
import { echoServer } from "./echo-server.ts";

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface Served extends Listening {
  /** The server's end of each session, in order. */
  readonly sessions: Transport[];
}

async function serve(options: Partial<McpListenOptions> = {}): Promise<Served> {
  const sessions: Transport[] = [];
  const listening = await listenHttp({
    port: 0,
    onConnection: async (transport) => {
      sessions.push(transport);
      await echoServer().connect(transport);
    },
    ...options,
  });
  open.push(listening);
  return { ...listening, sessions };
}

async function connected(transport: Transport): Promise<Client> {
  const client = new Client({ name: "caller", version: "1" });
  await client.connect(transport);
  open.unshift(client);
  return client;
}

async function call(client: Client, name: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const { content } = await client.callTool({ name, arguments: args });
  return Array.isArray(content) ? JSON.parse(content[0].text) : undefined;
}

const NO_HEADERS = (): Readonly<Record<string, string>> => ({});
const HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/** A bare request, since `fetch` sets its own Host. */
function ask(url: string, method: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers: { ...HEADERS, ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, body: text }));
    });
    request.on("error", reject).end(body);
  });
}

const INITIALIZE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "bare", version: "1" } },
});
const PING = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "ping" });

test("the official client calls our server", async () => {
  const { url } = await serve();
  const client = await connected(new StreamableHTTPClientTransport(new URL(url)));
  expect(await call(client, "echo", { text: "grüße" })).toEqual({ text: "grüße" });
});

test("our client calls our server", async () => {
  const { url } = await serve();
  const client = await connected(httpConnection(url, NO_HEADERS));
  const answers = Array.from({ length: 40 }, (_, n) => call(client, "echo", { n }));
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 40 }, (_, n) => ({ n })));
});

test("the headers of the moment arrive with each request", async () => {
  const { url } = await serve();
  let n = 0;
  const client = await connected(httpConnection(url, () => ({ traceparent: `number ${n}` })));
  for (n of [7, 8]) expect(await call(client, "headers")).toHaveProperty("traceparent", `number ${n}`);
});

test("the client's end of the ledger has the status of each answer, also of one that is no message of MCP", async () => {
  const { url, sessions } = await serve();
  const ledger = new Ledger(WALL_CLOCK);
  const messages = new McpMessages({ client: "caller", server: "echo", number: () => 1 }, "http");
  const end = recorded(httpConnection(url, NO_HEADERS), "client", { messages, ledger, rewrite: asWritten });
  const client = await connected(end);
  await call(client, "echo");
  await sessions[0]?.close();
  await expect(call(client, "echo")).rejects.toThrow("Session not found");
  const answers = ledger.entries.filter(({ role }) => role === "reply");
  expect(answers.map(({ end: of, message, method, status }) => [of, message, method, status])).toEqual([
    ["received", "echo>caller#re:0", "initialize", 200],
    ["received", "echo>caller#re:1", "tools/call", 200],
    ["received", "echo>caller#re:2", "tools/call", 404],
  ]);
});

test("the server's end has the status of each answer as a bare client saw it, also of what no server has heard", async () => {
  const ledger = new Ledger(WALL_CLOCK);
  const { url, sessions } = await serve({
    onConnection: async (transport) => {
      sessions.push(transport);
      const messages = new McpMessages({ client: "", server: "echo", number: () => 1 }, "http");
      await echoServer().connect(recorded(transport, "server", { messages, ledger, rewrite: asWritten }));
    },
    onRefused: (request, status) => writeRefusal(ledger, "echo", { request, status }),
  });
  const headers = { "user-agent": "curl/8.0 (bare)" };
  const asked: (readonly [id: number, status: number | undefined])[] = [];
  const post = async (id: number, more: Readonly<Record<string, string>>): Promise<void> => {
    const body = id === 1 ? INITIALIZE : JSON.stringify({ jsonrpc: "2.0", id, method: "ping" });
    asked.push([id, (await ask(url, "POST", { ...headers, ...more }, body)).status]);
  };
  await post(1, {});
  const session = { "mcp-session-id": sessions[0]?.sessionId ?? "" };
  await post(2, session);
  await post(3, { ...session, accept: "text/plain" });
  await post(4, { ...session, "mcp-protocol-version": "1999-01-01" });
  await post(5, { "mcp-session-id": "lost" });
  await post(6, {});
  await vi.waitFor(() => expect(ledger.entries).toHaveLength(2 * asked.length));
  const idOf = (entry: LedgerEntry): unknown => JSON.parse(entry.text).id;
  const received = ledger.entries.filter(({ end }) => end === "received");
  const written = received.map((entry) => {
    const { from, to, message } = entry;
    const reply = `${to}>${from}#re:${message.slice(message.indexOf("#") + 1)}`;
    return [idOf(entry), ledger.entries.find((one) => one.end === "sent" && one.message === reply)?.status];
  });
  expect(written).toEqual(asked);
  expect(asked.map(([, status]) => status)).toEqual([200, 200, 406, 400, 404, 400]);
  expect(received.map(({ from, method }) => `${from} ${method}`)).toEqual([
    "bare initialize",
    "bare ping",
    ...Array.from({ length: 4 }, () => "curl/8.0 ping"),
  ]);
});

test("clients at the same time have a session each", async () => {
  const { url, sessions } = await serve();
  const clients = await Promise.all(Array.from({ length: 8 }, () => connected(httpConnection(url, NO_HEADERS))));
  const answers = await Promise.all(clients.map((client, n) => call(client, "echo", { n })));
  expect(answers).toEqual(clients.map((_, n) => ({ n })));
  expect(new Set(sessions.map(({ sessionId }) => sessionId)).size).toBe(8);
});

test("a client that closes ends its session at the server", async () => {
  const { url, sessions } = await serve();
  const client = await connected(httpConnection(url, NO_HEADERS));
  const id = sessions[0]?.sessionId ?? "";
  expect((await ask(url, "POST", { "mcp-session-id": id }, PING)).status).toBe(200);
  await client.close();
  expect((await ask(url, "POST", { "mcp-session-id": id }, PING)).status).toBe(404);
});

test("an unknown session is not found, whatever the method", async () => {
  const { url } = await serve();
  const statuses = ["POST", "GET", "DELETE"].map(
    async (method) => (await ask(url, method, { "mcp-session-id": "x" }, method === "POST" ? PING : undefined)).status,
  );
  expect(await Promise.all(statuses)).toEqual([404, 404, 404]);
});

test("only initialize opens a session", async () => {
  const { url, sessions } = await serve();
  expect((await ask(url, "POST", {}, PING)).status).toBe(400);
  expect((await ask(url, "POST", {}, "{")).body).toContain("Parse error");
  expect((await ask(url, "GET", {})).status).toBe(400);
  expect(sessions).toHaveLength(0);
  expect((await ask(url, "POST", {}, INITIALIZE)).status).toBe(200);
  expect(sessions).toHaveLength(1);
});

test("a page that rebound its name to this machine is refused, and opens nothing", async () => {
  const { url, sessions } = await serve();
  expect((await ask(url, "POST", { host: "evil.example" }, INITIALIZE)).status).toBe(403);
  expect((await ask(url, "POST", { origin: "http://evil.example" }, INITIALIZE)).status).toBe(403);
  expect(sessions).toHaveLength(0);
});

test("a message larger than 4 MiB is taken, one larger than 64 MiB is told so", async () => {
  const { url } = await serve();
  const client = await connected(httpConnection(url, NO_HEADERS));
  const text = "x".repeat(5 * 1024 * 1024);
  expect(await call(client, "echo", { text })).toEqual({ text });
  expect((await ask(url, "POST", {}, " ".repeat(65 * 1024 * 1024))).status).toBe(413);
}, 60_000);

test("other paths are nobody's", async () => {
  const { url } = await serve();
  expect((await ask(new URL("/elsewhere", url).href, "GET", {})).status).toBe(404);
});

test("a server that cannot be made is an error of the call that asked for it", async () => {
  const { url } = await serve({ onConnection: () => Promise.reject(new Error("no state")) });
  await expect(connected(httpConnection(url, NO_HEADERS))).rejects.toThrow("no state");
});

test("a port in use is told with the way to mend it", async () => {
  const { url } = await serve();
  const port = Number(new URL(url).port);
  await expect(serve({ port })).rejects.toMatchObject({
    code: "USAGE",
    faults: [
      {
        where: `port ${port}`,
        what: "another process listens there",
        mend: "Choose another --port, or 0 for a free one.",
      },
    ],
  });
});

test("closing refuses the calls in flight and leaves no session, no socket and no listener", async () => {
  const { url, close } = await serve();
  const client = await connected(httpConnection(url, NO_HEADERS));
  const hanging = expect(call(client, "hang")).rejects.toThrow();
  await call(client, "echo");
  await close();
  await hanging;
  await expect(ask(url, "POST", {}, INITIALIZE)).rejects.toThrow("ECONNREFUSED");
});

test("a client closes at once though its server has gone, and says nothing of it", async () => {
  const { url, close } = await serve();
  const transport = httpConnection(url, NO_HEADERS);
  const client = await connected(transport);
  await close();
  const errors: Error[] = [];
  client.onerror = (error) => errors.push(error);
  await client.close();
  expect(errors).toEqual([]);
});

test("calls one after another use no new connection", async () => {
  const { url } = await serve();
  const client = await connected(httpConnection(url, NO_HEADERS));
  await call(client, "echo");
  let opened = 0;
  const count = (): void => void opened++;
  subscribe("net.client.socket", count);
  for (let n = 0; n < 10; n++) await call(client, "echo");
  unsubscribe("net.client.socket", count);
  expect(opened).toBeLessThan(2);
});

test("2,000 calls on one client, 20 at a time, print no warning", async () => {
  const warnings: string[] = [];
  const listen = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", listen);
  const { url } = await serve();
  const client = await connected(httpConnection(url, NO_HEADERS));
  for (let n = 0; n < 100; n++) await Promise.all(Array.from({ length: 20 }, () => call(client, "echo")));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  expect(warnings).toEqual([]);
}, 60_000);

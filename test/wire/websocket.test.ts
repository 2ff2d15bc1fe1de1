import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { McpListenOptions } from "../../src/wire/door.ts";
import { listenWebSocket, webSocketConnection } from "../../src/wire/websocket.ts";
import { echoServer } from "./echo-server.ts";

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(options: Partial<McpListenOptions> = {}): Promise<{ url: string; close(): Promise<void> }> {
  const onConnection = (transport: Transport): Promise<void> => echoServer().connect(transport);
  const listening = await listenWebSocket({ port: 0, onConnection, ...options });
  open.push(listening);
  return listening;
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

test("the official client calls our server", async () => {
  Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? WebSocket });
  const { url } = await serve();
  const client = await connected(new WebSocketClientTransport(new URL(url)));
  expect(await call(client, "echo", { text: "grüße" })).toEqual({ text: "grüße" });
});

test("our client calls our server, many calls at a time, from several clients", async () => {
  const { url } = await serve();
  const clients = await Promise.all([1, 2, 3].map(() => connected(webSocketConnection(url))));
  const answers = clients.flatMap((client, c) => Array.from({ length: 20 }, (_, n) => call(client, "echo", { c, n })));
  const wanted = clients.flatMap((_, c) => Array.from({ length: 20 }, (__, n) => ({ c, n })));
  expect(await Promise.all(answers)).toEqual(wanted);
});

test("a message that comes before the server is connected waits for it", async () => {
  let connectIt: () => void = () => {};
  const later = new Promise<void>((resolve) => (connectIt = resolve));
  const { url } = await serve({ onConnection: (transport) => later.then(() => echoServer().connect(transport)) });
  const webSocket = new WebSocket(url, "mcp");
  await once(webSocket, "open");
  webSocket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }));
  // A whole handshake takes longer than the message.
  const other = new WebSocket(url, "mcp");
  await once(other, "open");
  connectIt();
  expect(JSON.parse(String((await once(webSocket, "message"))[0]))).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
  other.terminate();
  webSocket.terminate();
});

test("what is no JSON-RPC message is told to onerror and the connection goes on", async () => {
  const errors: string[] = [];
  const messages: JSONRPCMessage[] = [];
  const { url } = await serve({
    onConnection: async (transport) => {
      transport.onerror = ({ message }) => errors.push(message);
      transport.onmessage = (message: JSONRPCMessage) => {
        messages.push(message);
        void transport.close();
      };
      await transport.start();
    },
  });
  const webSocket = new WebSocket(url, "mcp");
  await once(webSocket, "open");
  for (const rubbish of ["hello?", '{"jsonrpc":"1.0"}', Buffer.from("{}")]) webSocket.send(rubbish);
  webSocket.send(JSON.stringify({ jsonrpc: "2.0", method: "fine" }));
  await once(webSocket, "close");
  expect(errors).toEqual(Array.from({ length: 3 }, () => "the client sent what is no JSON-RPC message"));
  expect(messages).toEqual([{ jsonrpc: "2.0", method: "fine" }]);
});

test("a message larger than 64 MiB ends the connection", async () => {
  const { url } = await serve();
  const webSocket = new WebSocket(url, "mcp");
  await once(webSocket, "open");
  webSocket.on("error", () => {}).send("x".repeat(64 * 1024 * 1024 + 1));
  expect((await once(webSocket, "close"))[0]).toBe(1009);
}, 60_000);

test("a call is refused at once when the server closes under it", async () => {
  const { url, close } = await serve();
  const client = await connected(webSocketConnection(url));
  const hanging = expect(call(client, "hang")).rejects.toThrow("Connection closed");
  await call(client, "echo");
  await close();
  await hanging;
});

test("a connection that has closed says so once and refuses to send", async () => {
  const { url, close } = await serve();
  const transport = webSocketConnection(url);
  let closes = 0;
  const closed = new Promise<void>((resolve) => {
    transport.onclose = () => {
      closes++;
      resolve();
    };
  });
  await transport.start();
  await close();
  await closed;
  await transport.close();
  await expect(transport.send({ jsonrpc: "2.0", method: "x" })).rejects.toThrow(`${url} has gone`);
  expect(closes).toBe(1);
});

test("a server that never says goodbye does not hold a client that closes", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "mcp" });
  await once(server, "listening");
  server.on("connection", (socket) => socket.pause());
  const address = server.address();
  const transport = webSocketConnection(`ws://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
  await transport.start();
  await transport.close();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

test("a server that is not there refuses the connection", async () => {
  const { url, close } = await serve();
  await close();
  await expect(webSocketConnection(url).start()).rejects.toThrow("ECONNREFUSED");
});

test("closing leaves no listener", async () => {
  const { url, close } = await serve();
  await connected(webSocketConnection(url));
  await close();
  const { port } = new URL(url);
  await (await serve({ port: Number(port) })).close();
});

test("a server that cannot be made closes the connection with the reason", async () => {
  const { url } = await serve({ onConnection: () => Promise.reject(new Error("no state")) });
  const [code, reason] = await once(new WebSocket(url, "mcp"), "close");
  expect([code, String(reason)]).toEqual([1011, "no state"]);
});

function statusOf(url: string, protocol: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const webSocket = new WebSocket(url, protocol, { headers });
  return new Promise((resolve, reject) => {
    webSocket.on("open", () => reject(new Error("it opened"))).on("error", () => {});
    webSocket.on("unexpected-response", (_, { statusCode }) => {
      webSocket.terminate();
      resolve(statusCode ?? 0);
    });
  });
}

test("foreign hosts, foreign origins and other subprotocols are refused", async () => {
  const { url } = await serve();
  expect(await statusOf(url, "mcp", { host: "evil.example" })).toBe(403);
  expect(await statusOf(url, "mcp", { origin: "http://evil.example" })).toBe(403);
  expect(await statusOf(url, "graphql")).toBe(400);
});

test("a plain HTTP request is told to upgrade", async () => {
  const { url } = await serve();
  const request = httpRequest(url.replace("ws:", "http:")).end();
  const [response] = await once(request, "response");
  response.resume();
  expect(response.statusCode).toBe(426);
});

test("a port in use is told with the way to mend it", async () => {
  const { url } = await serve();
  const port = Number(new URL(url).port);
  await expect(serve({ port })).rejects.toMatchObject({
    code: "USAGE",
    faults: [{ where: `port ${port}`, what: "another process listens there" }],
  });
});

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport, getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type AtEnd, serveCommand, serving } from "./serving.ts";

// The oracle is the official SDK's client, with its own transports. It wants a browser's WebSocket, which Node 20 has not.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

export const TRANSPORTS = ["stdio", "http", "ws"] as const;
type Spoken = (typeof TRANSPORTS)[number];

type Environment = Readonly<Record<string, string>>;

export async function connected(transport: Transport, atEnd: AtEnd = onTestFinished, name = "judge"): Promise<Client> {
  const client = new Client({ name, version: "1.0.0" });
  atEnd(() => client.close());
  await client.connect(transport);
  return client;
}

export const byUrl = (url: string): Transport =>
  url.startsWith("ws") ? new WebSocketClientTransport(new URL(url)) : httpTransport(url);

export function httpTransport(url: string, headers: Environment = {}): Transport {
  return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
}

export function stdioTransport(words: readonly string[], env: Environment = {}): StdioClientTransport {
  const { command, args } = serveCommand(...words, "--transport", "stdio");
  return new StdioClientTransport({ command, args, env: { ...getDefaultEnvironment(), ...env }, stderr: "pipe" });
}

/** The official client of a server that was started for it. */
export async function clientOf(
  spoken: Spoken,
  words: readonly string[],
  env: Environment = {},
  atEnd: AtEnd = onTestFinished,
): Promise<Client> {
  if (spoken === "stdio") return await connected(stdioTransport(words, env), atEnd);
  const { url } = await serving([...words, "--transport", spoken], { env, atEnd });
  return await connected(byUrl(url), atEnd);
}

export const SHOP = "test/processes/fixtures-serve/shop.ts#shop";

/** What a client writes to begin, and then these messages. */
export function session(...messages: readonly object[]): string {
  const clientInfo = { name: "judge", version: "1.0.0" };
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
  const begin = [
    { jsonrpc: "2.0", id: 1, method: "initialize", params },
    { jsonrpc: "2.0", method: "notifications/initialized" },
  ];
  return [...begin, ...messages].map((message) => `${JSON.stringify(message)}\n`).join("");
}

export function call(id: number, name: string, args: object = {}): object {
  return { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } };
}

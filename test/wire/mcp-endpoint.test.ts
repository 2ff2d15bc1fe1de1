import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { expect, test } from "vitest";
import { mcpEndpoint } from "../../src/wire/mcp-endpoint.ts";

const URL_OF_SHOP = "http://shop.invalid/mcp";
const HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "shop", version: "1.0.0" } };

/** Answers every request alike. */
function answering(transport: Transport): void {
  transport.onmessage = (asked) => {
    if ("id" in asked && "method" in asked) void transport.send({ jsonrpc: "2.0", id: asked.id, result });
  };
}

function message(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}

/** Sends the text within a session, and tells the status, and the body as JSON. */
async function answerTo(text: string): Promise<readonly [status: number, body: unknown]> {
  const endpoint = mcpEndpoint(answering);
  const { signal } = new AbortController();
  const send = (body: string, more: Readonly<Record<string, string>> = {}): ReturnType<typeof endpoint> =>
    endpoint({ url: URL_OF_SHOP, method: "POST", headers: new Headers({ ...HEADERS, ...more }), text: body, signal });
  const clientInfo = { name: "tester", version: "1.0.0" };
  const { protocolVersion, capabilities } = result;
  const opened = await send(message("initialize", { protocolVersion, capabilities, clientInfo }));
  const { status, body } = await send(text, { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" });
  return [status, typeof body === "string" ? JSON.parse(body) : body];
}

test("a request is answered with a text, read to its end", async () => {
  expect(await answerTo(message("ping", {}))).toEqual([200, { jsonrpc: "2.0", id: 1, result }]);
});

test.for([
  ["what is no JSON", "{", 400, -32_700],
  ["JSON that is no message", "null", 400, -32_700],
  ["an empty text", "", 400, -32_700],
  ["a text above the limit of 4 MiB", message("ping", { _meta: { pad: "x".repeat(5_000_000) } }), 413, -32_000],
] as const)("%s is refused as over sockets", async ([, text, status, code]) => {
  const [got, body] = await answerTo(text);
  expect([got, body]).toMatchObject([status, { error: { code } }]);
});

test("a long text below the limit is taken", async () => {
  const [status] = await answerTo(message("ping", { _meta: { pad: "x".repeat(2_000_000) } }));
  expect(status).toBe(200);
});

import { expect, test } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import { McpEar, mcpPassages } from "../../../src/mock/recorder/mcp.ts";
import { type Heard, hearing } from "./hearings.ts";

const CARRIER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function ear(): { readonly ear: McpEar; readonly told: Heard } {
  const told = hearing();
  return { told, ear: new McpEar({ server: "orders", networkTransport: "pipe" }, told) };
}

function request(id: number, method: string, params: { readonly [key: string]: Json } = {}): Json {
  return { jsonrpc: "2.0", id, method, params };
}

function answer(id: number, result: Json): Json {
  return { jsonrpc: "2.0", id, result };
}

function text(words: string, more: object = {}): Json {
  return { content: [{ type: "text", text: words }], ...more };
}

test("a tool call is told with what came back, and its server's span hangs where its carrier says", () => {
  const { ear: heard, told } = ear();
  const params = { name: "lookup", arguments: { id: "A-17" }, _meta: { traceparent: CARRIER } };
  heard.asked("one", request(1, "tools/call", params));
  heard.answered("one", answer(1, text('{"state":"lost"}')));
  expect(told.exchanges).toEqual([
    {
      kind: "tool",
      agent: "helper",
      server: "orders",
      tool: "lookup",
      arguments: { id: "A-17" },
      result: { state: "lost" },
      isError: false,
      startMs: 0,
      durationMs: 1,
    },
  ]);
  expect(told.spans()).toMatchObject([
    {
      name: "tools/call lookup",
      spanKind: "server",
      traceId: CARRIER.slice(3, 35),
      parentSpanId: CARRIER.slice(36, 52),
    },
  ]);
  expect(told.lacks).toEqual([]);
});

test("clients count their requests apart, and answers come in any order", () => {
  const { ear: heard, told } = ear();
  for (const [client, id] of [
    ["one", 1],
    ["two", 1],
    ["one", 2],
  ] as const)
    heard.asked(client, request(id, "tools/call", { name: "t", arguments: { from: `${client} ${id}` } }));
  heard.answered("one", answer(2, text("c")));
  heard.answered("two", answer(1, text("b")));
  heard.answered("one", answer(1, text("a")));
  const pairs = told.exchanges.map((one) => (one.kind === "tool" ? [one.arguments["from"], one.result] : []));
  expect(pairs).toEqual([
    ["one 2", "c"],
    ["two 1", "b"],
    ["one 1", "a"],
  ]);
});

test("what failed is told as it failed: the tool, or the server that refused", () => {
  const { ear: heard, told } = ear();
  heard.asked("one", [request(1, "tools/call", { name: "t" }), request(2, "tools/call", { name: "u" })]);
  const error = { code: -32602, message: "there is no tool u" };
  heard.answered("one", [answer(1, text("no such order", { isError: true })), { jsonrpc: "2.0", id: 2, error }]);
  expect(told.exchanges).toMatchObject([
    { tool: "t", result: "no such order", isError: true },
    { tool: "u", result: "there is no tool u", isError: true },
  ]);
  expect(told.spans().map(({ status }) => status.code)).toEqual(["error", "error"]);
});

test("a result that is more than one text is told whole", () => {
  const { ear: heard, told } = ear();
  const structuredContent = { z: 1, a: 2 };
  const image = { type: "image", data: "", mimeType: "image/png" };
  heard.asked("one", request(1, "tools/call", { name: "draw" }));
  heard.answered("one", answer(1, text("drawn", { structuredContent })));
  heard.asked("one", request(2, "tools/call", { name: "draw" }));
  heard.answered("one", answer(2, { content: [image] }));
  expect(told.exchanges).toMatchObject([{ result: "drawn", structuredContent }, { content: [image] }]);
  expect(told.exchanges[0]).not.toHaveProperty("content");
  expect(told.lacks).toEqual([]);
});

test("tools are known from their list, page by page", () => {
  const { ear: heard } = ear();
  heard.asked("one", request(1, "tools/list"));
  heard.answered("one", answer(1, { tools: [{ name: "a", inputSchema: { type: "object" } }], nextCursor: "2" }));
  heard.asked("one", request(2, "tools/list", { cursor: "2" }));
  heard.answered(
    "one",
    answer(2, {
      tools: [{ name: "b", description: "B", inputSchema: { type: "object" }, outputSchema: { type: "object" } }],
    }),
  );
  expect(heard.tools).toEqual([
    { name: "a", schema: { type: "object" } },
    { name: "b", description: "B", schema: { type: "object" }, output: { type: "object" } },
  ]);
});

test("resources and prompts are told with their text", () => {
  const { ear: heard, told } = ear();
  heard.asked("one", request(1, "resources/read", { uri: "file:///a" }));
  heard.answered("one", answer(1, { contents: [{ uri: "file:///a", text: "A" }] }));
  heard.asked("one", request(2, "prompts/get", { name: "greet", arguments: { who: "Ann" } }));
  heard.answered("one", answer(2, { messages: [{ role: "user", content: { type: "text", text: "Greet Ann" } }] }));
  expect(told.exchanges).toMatchObject([
    { kind: "resource", uri: "file:///a", result: "A" },
    { kind: "prompt", name: "greet", arguments: { who: "Ann" }, result: "Greet Ann" },
  ]);
});

test("what a mock cannot say again is named, and so is what nobody answered", () => {
  const { ear: heard, told } = ear();
  heard.asked("one", request(1, "resources/read", { uri: "file:///a.png" }));
  heard.answered("one", answer(1, { contents: [{ uri: "file:///a.png", blob: "" }] }));
  heard.asked("one", request(2, "tools/call", { name: "hang" }));
  heard.end();
  expect(told.lacks).toEqual([
    "resources/read file:///a.png of server orders was answered with more than one text",
    "tools/call hang was not answered by server orders",
  ]);
  expect(told.spans().map(({ attributes }) => attributes["error.type"])).toEqual([undefined, "connection_closed"]);
});

test("what is no JSON-RPC changes nothing", () => {
  const { ear: heard, told } = ear();
  for (const message of [undefined, null, 1, "x", [], [[]], { id: 1, result: {} }, { jsonrpc: "2.0", id: null }]) {
    heard.asked("one", message);
    heard.answered("one", message);
  }
  heard.end();
  expect([told.exchanges, told.lacks]).toEqual([[], []]);
});

test("over HTTP a session is one client, and an event stream may hold more than the answer", () => {
  const { ear: heard, told } = ear();
  const passages = mcpPassages({ url: "https://orders.example/mcp", headers: { authorization: "Bearer x" } }, heard);
  const headers = new Headers({ "mcp-session-id": "s" });
  const body = JSON.stringify(request(1, "tools/call", { name: "t" }));
  const passage = passages({ url: "http://127.0.0.1:1/mcp?a=b", method: "POST", headers, text: body });
  expect([passage.url, passage.headers]).toEqual(["https://orders.example/mcp?a=b", { authorization: "Bearer x" }]);
  const progress = JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: {} });
  const stream = `event: message\ndata: ${progress}\n\nevent: message\ndata: ${JSON.stringify(answer(1, text("x")))}\n\n`;
  const type = new Headers({ "content-type": "text/event-stream" });
  passage.hear({ status: 200, headers: type, text: stream, ending: "whole" });
  expect(told.exchanges).toMatchObject([{ tool: "t", result: "x" }]);
});

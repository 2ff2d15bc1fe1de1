import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import { VIRTUAL_EPOCH_UNIX_NANO } from "../../src/core/clock.ts";
import { type CarrierRewrite, Ledger, asWritten } from "../../src/wire/ledger.ts";
import type { TextTransport } from "../../src/wire/decorated-transport.ts";
import { McpMessages, recorded } from "../../src/wire/mcp-ledger.ts";

const ASKED: JSONRPCMessage = { jsonrpc: "2.0", id: 1, method: "ping", params: { _meta: { traceparent: "tp" } } };
const REPLY: JSONRPCMessage = { jsonrpc: "2.0", id: 1, result: {} };

/** A client's end over a transport that keeps what it is given to send. */
function opened(rewrite: CarrierRewrite = asWritten): {
  readonly ledger: Ledger;
  readonly sent: readonly (readonly [message: JSONRPCMessage, text: string | undefined])[];
  readonly inner: TextTransport;
  readonly outer: ReturnType<typeof recorded>;
} {
  const sent: [JSONRPCMessage, string | undefined][] = [];
  const inner: TextTransport = {
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
    send: (message, _options, text) => Promise.resolve(void sent.push([message, text])),
  };
  const ledger = new Ledger({ nowUnixNano: () => VIRTUAL_EPOCH_UNIX_NANO });
  const messages = new McpMessages({ client: "shop", server: "orders", number: () => 1 }, "stdio");
  return { ledger, sent, inner, outer: recorded(inner, "client", { messages, ledger, rewrite }) };
}

test("the text that is written down is the one that is sent", async () => {
  const { ledger, sent, outer } = opened();
  await outer.send(ASKED);
  expect(sent).toEqual([[ASKED, JSON.stringify(ASKED)]]);
  expect(ledger.entries).toMatchObject([{ end: "sent", message: "shop>orders#1", text: JSON.stringify(ASKED) }]);
});

test("a message whose carrier is rewritten does not leave with its old text", async () => {
  const { sent, outer } = opened((fields) => ({ sent: fields, arriving: {} }));
  await outer.send(ASKED);
  expect(sent).toEqual([[{ ...ASKED, params: { _meta: {} } }, undefined]]);
});

test("a text that the transport tells is written down as it came", () => {
  const { ledger, inner } = opened();
  inner.onmessage?.(REPLY, undefined, '{ "jsonrpc": "2.0", "id": 1, "result": {} }');
  expect(ledger.entries[0]?.text).toBe('{ "jsonrpc": "2.0", "id": 1, "result": {} }');
});

test("a transport that tells no text has its messages written down as JSON", () => {
  const { ledger, inner } = opened();
  inner.onmessage?.(REPLY);
  expect(ledger.entries[0]?.text).toBe(JSON.stringify(REPLY));
});

test("a request's method is remembered until its reply, and no longer", async () => {
  const { ledger, inner, outer } = opened();
  await outer.send(ASKED);
  inner.onmessage?.(REPLY);
  inner.onmessage?.(REPLY);
  expect(ledger.entries.map(({ role, method }) => [role, method])).toEqual([
    ["request", "ping"],
    ["reply", "ping"],
    ["reply", ""],
  ]);
});

test("requests of two connections of one client to a server are told apart, though their ids are the same", () => {
  let count = 0;
  const number = (): number => ++count;
  const opening: JSONRPCMessage = {
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { clientInfo: { name: "shop" } },
  };
  const names = [1, 2].map(() => {
    const messages = new McpMessages({ client: "", server: "orders", number }, "http");
    return [opening, ASKED].map((message) => messages.entry(message, "to-server", "").message);
  });
  expect(names).toEqual([
    ["shop>orders#0", "shop>orders#1"],
    ["shop>orders/2#0", "shop>orders/2#1"],
  ]);
});

test("what HTTP's headers say of context stands beside the carrier", () => {
  const messages = new McpMessages({ client: "shop", server: "orders", number: () => 1 }, "http");
  const { carrier, beside } = messages.entry(ASKED, "to-server", "", {
    headers: { traceparent: "of HTTP", accept: "*/*" },
  });
  expect([carrier, beside]).toEqual([{ traceparent: "tp" }, { traceparent: "of HTTP" }]);
  expect(messages.entry(ASKED, "to-server", "")).not.toHaveProperty("beside");
});

test("the two directions number their requests apart", async () => {
  const { ledger, inner, outer } = opened();
  await outer.send(ASKED);
  inner.onmessage?.({ jsonrpc: "2.0", id: 1, method: "roots/list" });
  await outer.send(REPLY);
  inner.onmessage?.(REPLY);
  expect(ledger.entries.map(({ message, method }) => [message, method])).toEqual([
    ["shop>orders#1", "ping"],
    ["orders>shop#1", "roots/list"],
    ["shop>orders#re:1", "roots/list"],
    ["orders>shop#re:1", "ping"],
  ]);
});

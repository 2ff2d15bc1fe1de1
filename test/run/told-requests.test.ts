/** What a program told of its own requests, as entries of the ledger. */
import { expect, test } from "vitest";
import { type ToldRequests, mocksAround, readToldRequests, toldEntries } from "../../src/run/foreign/told-requests.ts";
import type { LedgerEntry } from "../../src/trace/evidence.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const mockAt = mocksAround(
  {
    models: "http://127.0.0.1:1",
    mcpServers: { clock: { type: "http", url: "http://127.0.0.1:2/mcp" }, relay: { command: "node", args: [] } },
    a2aAgents: { oracle: "http://127.0.0.1:3" },
    mcpConfig: "",
    exportTo: "",
    hasPreload: true,
  },
  "mock-gpt",
);

const REQUEST = {
  number: "a1",
  from: "helper",
  url: "http://127.0.0.1:1/agents/helper/v1/responses",
  method: "POST",
  carrier: { traceparent: TRACEPARENT },
  text: "{}",
  timeUnixNano: "1000000",
};

function read(...lines: readonly object[]): ToldRequests {
  return readToldRequests(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

test("a request that nobody heard is one to the mock at its address, and has no reply", () => {
  expect(toldEntries(read(REQUEST), { ledger: [], mockAt })).toEqual([
    {
      message: "helper>mock-gpt#a1",
      end: "sent",
      from: "helper",
      to: "mock-gpt",
      agent: "helper",
      protocol: "model",
      transport: "http",
      method: "POST /v1/responses",
      role: "request",
      timeUnixNano: 1_000_000n,
      carrier: { traceparent: TRACEPARENT },
      isTold: true,
      text: "{}",
    },
  ]);
});

test("a request that a mock heard is one to that mock, wherever it was sent", () => {
  const url = "http://127.0.0.1:9/elsewhere";
  const heard: LedgerEntry = {
    message: "helper>oracle#a1",
    end: "received",
    from: "helper",
    to: "oracle",
    protocol: "a2a",
    transport: "http",
    method: "GET /elsewhere",
    role: "request",
    timeUnixNano: 2n,
    carrier: {},
    text: "",
  };
  const told = read({ ...REQUEST, url, method: "GET", text: "" }, { number: "a1", status: 502, timeUnixNano: "3" });
  expect(toldEntries(told, { ledger: [heard], mockAt })).toMatchObject([
    { message: "helper>oracle#a1", end: "sent", protocol: "a2a", carrier: { traceparent: TRACEPARENT } },
    { message: "oracle>helper#re:a1", end: "received", role: "reply", status: 502, timeUnixNano: 3n, text: "" },
  ]);
  expect(toldEntries(told, { ledger: [], mockAt })).toEqual([]);
});

test("a message of MCP has its carrier in its text, and a notification no reply", () => {
  const message = { jsonrpc: "2.0", method: "notifications/initialized", params: { _meta: { traceparent: "tp" } } };
  const request = { ...REQUEST, url: "http://127.0.0.1:2/mcp", text: JSON.stringify(message) };
  const told = read(request, { number: "a1", status: 202, timeUnixNano: "3" });
  expect(toldEntries(told, { ledger: [], mockAt })).toMatchObject([
    { to: "clock", role: "notification", carrier: { traceparent: "tp" }, beside: { traceparent: TRACEPARENT } },
  ]);
});

test("what is no request is left out, and so is a line that was cut off", () => {
  const environment = { carrier: { TRACEPARENT }, timeUnixNano: "1" };
  const whole = JSON.stringify(REQUEST);
  const { requests } = readToldRequests(
    [JSON.stringify(environment), "null", whole.slice(0, 40), whole, `${whole.slice(0, -2)}x"}`, ""].join("\n"),
  );
  expect(requests).toEqual([{ ...REQUEST, timeUnixNano: 1_000_000n }]);
});

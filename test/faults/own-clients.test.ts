/** Every fault, met by the official MCP client that an in-process agent brings, over the simulated `fetch`. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect, test } from "vitest";
import { judgeHops } from "../../src/check/propagation/hops.ts";
import type { Turn } from "../../src/scenario/agent.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { shop } from "../processes/fixtures/faults.scenario.ts";
import { type Given, inAgent, timed } from "../run/agents.ts";
import { CARRIER_CELLS, doubtOfCarrier, expectedCause } from "./carrier-cells.ts";
import { CELLS, type Cell, doubtOf } from "./cells.ts";

/** One call of a tool: what came of it, as the SDK tells it. */
async function price(turn: Turn): Promise<string> {
  const { mcpServers } = JSON.parse((await turn.environment())["MCP_SERVERS"] ?? "");
  const client = new Client({ name: "framework", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(mcpServers.shop.url)));
  const said = await client.callTool({ name: "price", arguments: {} }, undefined, { timeout: 2000 }).then(
    ({ content, isError }) => `${isError === true ? "failed" : "answered"} ${JSON.stringify(content)}`,
    (error: unknown) => `failed ${String(error)} ${error instanceof Error ? String(error.cause) : ""}`,
  );
  await client.close();
  return said;
}

const GIVEN: Given = { servers: [shop], network: "closed", limits: { requestMs: 1_000 } };

/** What the SDK's client over HTTP tells of a fault. */
function expectedOf({ fault, direction }: Cell["fault"]): RegExp {
  switch (fault) {
    case "drop":
    case "hang":
      return /^failed TypeError: fetch failed .*within 1 s \(limits\.requestMs\)$/;
    case "disconnect":
      return /^failed TypeError: fetch failed .*cut$/;
    case "early-close":
      return /^failed TypeError: terminated/;
    case "truncated":
    case "malformed":
      return direction === "request" ? /^failed .*-32700/ : /^failed SyntaxError/;
    case "wrong-id":
      return /^failed McpError: .*Request timed out/;
    case "wrong-shape":
      return /^failed .*expected array/s;
    case "rpc-error":
      return /^failed McpError: .*out of order/;
    case "is-error":
      return /^failed .*try later/;
    case "http-status":
      return /^failed Error: .*overloaded/;
    case "delay":
    case "duplicate":
    case "reorder":
    case "slow-stream":
    case "oversized":
      break;
  }
  return /^answered .*12/;
}

const MET = CELLS.filter(({ name }) => name !== "duplicate of a reply");

test.for(MET)("$name", async ({ fault }) => {
  const { value, run } = await inAgent((turn) => timed(() => price(turn)), {
    ...GIVEN,
    faults: [{ ...fault, tool: "price" }],
  });
  expect(value.value).toMatch(expectedOf(fault));
  // In virtual time: the longest is the client's own limit.
  expect(value.nano / 1e6).toBeLessThan(2100);
  expect(run.tallies.flatMap(({ fired }) => fired)).toMatchObject([
    { fault: fault.fault, direction: fault.direction, agent: "solo", tool: "price", to: "shop", occurrence: 1 },
  ]);
  expect(doubtOf(fault, run.ledger)).toBeUndefined();
  expect([run.failures, run.openSpans, run.missing]).toEqual([[], [], []]);
});

test("over HTTP a request has one reply, so that its second never comes, and none is told of", async () => {
  const { value, run } = await inAgent(price, { ...GIVEN, faults: [{ fault: "duplicate", direction: "reply" }] });
  expect([value, run.tallies]).toEqual([
    expect.stringMatching(/^answered/),
    [{ fired: [], fitting: [1], unknown: [0] }],
  ]);
});

test.for(CARRIER_CELLS)("a carrier $name", async ({ fault }) => {
  const { value, run } = await inAgent(price, { ...GIVEN, faults: [{ ...fault, tool: "price" }] });
  expect(value).toMatch(/^answered/);
  expect(doubtOfCarrier(fault, run.ledger)).toBeUndefined();
  const hops = judgeHops({ ledger: run.ledger, trees: buildTrees(run.spans), isComplete: true });
  expect(hops.flatMap(({ verdict, causes }) => (verdict === "broken" ? [causes] : []))).toEqual([
    [expectedCause(fault, "own client")],
  ]);
});

test("a client that writes `_meta` twice is told of, whatever a reader of JSON makes of it", async () => {
  const context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const { run } = await inAgent(async (turn) => {
    const { mcpServers } = JSON.parse((await turn.environment())["MCP_SERVERS"] ?? "");
    const info = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "own", version: "1" } };
    const params = `${JSON.stringify(info).slice(0, -1)},"_meta":{"traceparent":"${context}"},"_meta":{}}`;
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const body = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":${params}}`;
    return (await fetch(mcpServers.shop.url, { method: "POST", headers, body })).text();
  }, GIVEN);
  const [, hop] = judgeHops({ ledger: run.ledger, trees: buildTrees(run.spans), isComplete: true });
  expect(hop).toMatchObject({
    method: "initialize",
    causes: ["bad-carrier"],
    detail: "duplicated: _meta in the message's JSON, of which a reader takes one",
  });
});

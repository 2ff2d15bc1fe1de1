/** Official clients of MCP and A2A over the global `fetch`, in agents that run in this process: no socket, virtual time. */
import { ClientFactory } from "@a2a-js/sdk/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import * as z from "zod";
import { judgeHops } from "../../src/check/propagation/hops.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import type { Run } from "../../src/run/outcome.ts";
import { a2aAgent } from "../../src/scenario/a2a.ts";
import type { Turn } from "../../src/scenario/agent.ts";
import type { CarrierFault } from "../../src/scenario/fault.ts";
import { mcpServer, tool } from "../../src/scenario/server.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { type Given, inAgent, timed } from "./agents.ts";

const shop = mcpServer("shop", {
  latencyMs: [5000, 5000],
  state: () => ({ bought: 0 }),
  tools: {
    buy: tool({
      input: z.object({ item: z.string() }),
      handle: ({ item }, { state }) => `${item} ${++(state as { bought: number }).bought}`,
    }),
  },
});
const risk = a2aAgent("risk", { work: async (turn) => turn.reply(`${turn.input} Certainly.`) });
const GIVEN: Given = { servers: [shop, risk], network: "closed" };

type Environment = Readonly<Record<string, string>>;

async function buy(environment: Environment, item: string): Promise<unknown> {
  const { mcpServers } = JSON.parse(environment["MCP_SERVERS"] ?? "");
  const client = new Client({ name: "framework", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(mcpServers.shop.url)));
  const { content } = await client.callTool({ name: "buy", arguments: { item } });
  await client.close();
  return content;
}

const MESSAGE = {
  tenant: "",
  configuration: undefined,
  metadata: undefined,
  message: {
    messageId: "1",
    contextId: "",
    taskId: "",
    role: 1,
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  },
};

const part = (value: string) => ({
  content: { $case: "text" as const, value },
  mediaType: "text/plain",
  filename: "",
  metadata: undefined,
});

async function ask(environment: Environment, text: string): Promise<string> {
  const client = await new ClientFactory().createFromUrl(JSON.parse(environment["A2A_AGENTS"] ?? "").risk);
  // In a span of its own, as a framework's: else it could not be told from the request for the card.
  const asking = { ...MESSAGE, message: { ...MESSAGE.message, parts: [part(text)] } };
  return await trace.getTracer("framework").startActiveSpan("ask", async (span) => {
    const reply = await client.sendMessage(asking);
    span.end();
    return JSON.stringify(reply);
  });
}

async function both(turn: Turn): Promise<readonly [unknown, string]> {
  const environment = await turn.environment();
  return [await buy(environment, "lamp"), await ask(environment, "May it be refunded?")];
}

test("an MCP client over the global fetch calls a mock server, in virtual time", async () => {
  const { value, run } = await inAgent(async (turn) => {
    const environment = await turn.environment();
    return await timed(() => buy(environment, "lamp"));
  }, GIVEN);
  expect(value.value).toEqual([{ type: "text", text: "lamp 1" }]);
  expect(Math.floor(value.nano / 1e9)).toBe(5);
  expect(run.notes).toEqual([]);
});

test("it shares the server's state with turn.tool()", async () => {
  const { value } = await inAgent(async (turn) => {
    await turn.tool(shop, "buy", { item: "lamp" });
    return await buy(await turn.environment(), "chair");
  }, GIVEN);
  expect(value).toEqual([{ type: "text", text: "chair 2" }]);
});

test("an A2A client over the global fetch asks a remote agent", async () => {
  const { value } = await inAgent(async (turn) => ask(await turn.environment(), "May it be refunded?"), GIVEN);
  expect(value).toContain("May it be refunded? Certainly.");
});

test("both leave one trace, in which the far ends hang under the agent that asked", async () => {
  const { run } = await inAgent(both, GIVEN);
  const byId = new Map(run.spans.map((span) => [span.spanId, span]));
  const parentOf = (name: string): string | undefined => {
    const span = run.spans.find((one) => one.name === name && one.resource["service.name"] !== "agents");
    return byId.get(span?.parentSpanId ?? "")?.name;
  };
  expect(new Set(run.spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(
    ["initialize", "tools/call buy", "GET /.well-known/agent-card.json", "SendMessage risk"].map(parentOf),
  ).toEqual([...Array<string>(3).fill("invoke_agent solo"), "ask"]);
});

test("the ledger has both ends of every message, with its agent, and nothing of the session's own housekeeping", async () => {
  const { run } = await inAgent(both, GIVEN);
  const mcp = run.ledger.filter(({ protocol }) => protocol === "mcp");
  expect(mcp.map(({ end, role, method }) => `${end} ${role} ${method}`)).toEqual([
    "sent request initialize",
    "received request initialize",
    "sent reply initialize",
    "received reply initialize",
    "sent notification notifications/initialized",
    "received notification notifications/initialized",
    "sent request tools/call",
    "received request tools/call",
    "sent reply tools/call",
    "received reply tools/call",
  ]);
  const asked = run.ledger.filter(({ to }) => ["shop", "risk"].includes(to));
  expect(new Set(asked.map(({ agent }) => agent))).toEqual(new Set(["solo"]));
});

/** What drops the carrier of each message to a mock on its way, alone. */
function droppingEach({ ledger }: Run): readonly CarrierFault[] {
  const counts = new Map<string, number>();
  return ledger.flatMap(({ end, to, method, carrier }) => {
    if (end !== "sent" || to === "agents" || !("traceparent" in carrier)) return [];
    const occurrence = (counts.get(`${to} ${method}`) ?? 0) + 1;
    counts.set(`${to} ${method}`, occurrence);
    return [{ carrier: "dropped", by: "intermediary", to, method, occurrence }] as const;
  });
}

test("the carrier is the only way across: without that of a hop exactly its edge is cut, and the hop is named", async () => {
  const { run: whole } = await inAgent(both, GIVEN);
  const parents = new Map(whole.spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]));
  const faults = droppingEach(whole);
  expect(faults).toHaveLength(5);
  for (const fault of faults) {
    const { run } = await inAgent(both, { ...GIVEN, breaks: [fault] });
    const changed = run.spans.filter(({ spanId, parentSpanId }) => parents.get(spanId) !== parentSpanId);
    expect(run.spans).toHaveLength(whole.spans.length);
    expect(changed.map(({ parentSpanId }) => parentSpanId)).toEqual([undefined]);
    const hops = judgeHops({ ledger: run.ledger, trees: buildTrees(run.spans), isComplete: true });
    const broken = hops.filter(({ verdict }) => verdict === "broken");
    expect(broken.map(({ causes }) => causes)).toEqual([["re-rooted"]]);
  }
});

test("a carrier that the agent's own instrumentation wrote stays", async () => {
  const { run } = await inAgent(async (turn) => {
    const { mcpServers } = JSON.parse((await turn.environment())["MCP_SERVERS"] ?? "");
    const client = new Client({ name: "framework", version: "1.0.0" });
    await client.connect(new StreamableHTTPClientTransport(new URL(mcpServers.shop.url)));
    await client.callTool({ name: "buy", arguments: { item: "lamp" }, _meta: { traceparent: "own" } });
  }, GIVEN);
  const call = run.ledger.find(({ method, end }) => method === "tools/call" && end === "sent");
  expect(call?.carrier["traceparent"]).toBe("own");
});

test("servers of others are not reached", async () => {
  const other = a2aAgent("other", { work: async (turn) => turn.reply(JSON.stringify(await turn.environment())) });
  const { value } = await inAgent(async (turn) => (await turn.ask(other, "?")).text, {
    ...GIVEN,
    servers: [shop, other],
  });
  expect(JSON.parse(value)).toMatchObject({ MCP_SERVERS: '{"mcpServers":{}}', A2A_AGENTS: "{}" });
});

async function traceOf(seed: number): Promise<string> {
  const twice = (turn: Turn): Promise<unknown> => Promise.all([both(turn), both(turn)]);
  const { value, run } = await inAgent(twice, { ...GIVEN, seed });
  const ledger = run.ledger.map((entry) => ({ ...entry, timeUnixNano: String(entry.timeUnixNano) }));
  return JSON.stringify([writeOtlpJson(run.spans), ledger, value]);
}

test("with the same seed they leave the same bytes, and each seed leaves its own", async () => {
  const once: string[] = [];
  for (const seed of [1, 2, 3]) once.push(await traceOf(seed));
  for (const seed of [3, 1]) expect(await traceOf(seed)).toBe(once[seed - 1]);
  expect(new Set(once).size).toBe(3);
});

import { expect, test } from "vitest";
import refundHandoff from "../scenarios/refund-handoff.scenario.ts";
import { execute } from "../src/run/execute.ts";
import type { Run } from "../src/run/outcome.ts";
import { type A2aAgent, type Mock, a2aAgent } from "../src/scenario/a2a.ts";
import { agent } from "../src/scenario/agent.ts";
import { judgeHops } from "../src/check/propagation/hops.ts";
import { HOP_PROTOCOLS } from "../src/check/propagation/policy.ts";
import type { CarrierFault } from "../src/scenario/fault.ts";
import { plan } from "../src/scenario/plan.ts";
import { mcpServer, tool } from "../src/scenario/server.ts";
import { buildTrees } from "../src/trace/tree.ts";
import { type Scenario, defineScenario, user } from "../src/scenario/scenario.ts";

const shop = mcpServer("shop", {
  tools: { buy: tool({ input: { type: "object" }, handle: () => "bought" }) },
  resources: { "stock://{item}": { read: ({ item }) => `many ${item}s` } },
  prompts: { greeting: { text: () => "Good morning" } },
});
const clerk = agent("clerk", async (turn) => {
  await Promise.all([turn.tool(shop, "buy", { item: "lamp" }), turn.resource(shop, "stock://lamp")]);
  return turn.prompt(shop, "greeting");
});
const front = agent("front", async (turn) => {
  await turn.ask(clerk, "a lamp?");
  return turn.handoff(clerk);
});

/** Every kind of hop there is: two turns, a question, a handoff, tools, resources, prompts, the lifecycle. */
const everything = defineScenario({
  name: "everything",
  agents: [front, clerk],
  servers: [shop],
  attributes: { "tenant.id": "acme" },
  script: [user.says("A lamp"), user.says("Another")],
});

const SCENARIOS = [refundHandoff, everything];

const run = (scenario: (typeof SCENARIOS)[number], faults: readonly CarrierFault[] = []): Promise<Run> =>
  execute(plan(scenario, 3), { breaks: { faults } });

const DROPPED = { carrier: "dropped", by: "intermediary" } as const;

/** What drops the carrier of each message that has one, alone: each is an edge that only a carrier holds. */
function edges({ ledger }: Run): readonly CarrierFault[] {
  const counts = new Map<string, number>();
  return ledger.flatMap(({ end, carrier, from, to, agent: asker, method, ...entry }) => {
    const protocol = HOP_PROTOCOLS.find((one) => one === entry.protocol);
    if (end !== "sent" || !("traceparent" in carrier) || protocol === undefined) return [];
    const key = [from, to, asker, method].join(" ");
    const number = (counts.get(key) ?? 0) + 1;
    counts.set(key, number);
    const rule = { from, to, method, protocol, occurrence: number, ...(asker !== undefined && { agent: asker }) };
    return [{ ...DROPPED, ...rule }];
  });
}

const traces = ({ spans }: Run): number => new Set(spans.map(({ traceId }) => traceId)).size;
const parents = ({ spans }: Run): ReadonlyMap<string, string | undefined> =>
  new Map(spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]));

/** The spans at and below one. */
function subtree({ spans }: Run, top: string): readonly string[] {
  const found = [top];
  for (const id of found) found.push(...spans.filter(({ parentSpanId }) => parentSpanId === id).map((s) => s.spanId));
  return found.toSorted();
}

test.for(SCENARIOS)("with every carrier, $name is one trace with one root", async (scenario) => {
  const whole = await run(scenario);
  expect(whole.failures).toEqual([]);
  expect(traces(whole)).toBe(1);
  expect(whole.spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1);
});

test.for(SCENARIOS)("every span of $name resolves to its parent", async (scenario) => {
  const whole = await run(scenario);
  const ids = parents(whole);
  expect(whole.spans.every(({ parentSpanId }) => parentSpanId === undefined || ids.has(parentSpanId))).toBe(true);
});

test.for(SCENARIOS)("dropping the carrier of any one hop of $name breaks exactly that edge", async (scenario) => {
  const whole = await run(scenario);
  const expected = parents(whole);
  expect(edges(whole).length).toBeGreaterThan(8);
  const cut = new Set<string>();
  for (const edge of edges(whole)) {
    const broken = await run(scenario, [edge]);
    const changed = [...parents(broken)].filter(([id, parent]) => expected.get(id) !== parent);
    expect(broken.failures).toEqual([]);
    expect([...parents(broken).keys()].toSorted()).toEqual([...expected.keys()].toSorted());
    expect(changed).toHaveLength(1);
    expect(changed[0]?.[1]).toBeUndefined();
    cut.add(changed[0]?.[0] ?? "");
  }
  expect(cut.size).toBe(edges(whole).length);
});

test.for(SCENARIOS)("what hangs below a dropped carrier in $name becomes a trace of its own", async (scenario) => {
  const whole = await run(scenario);
  for (const edge of edges(whole)) {
    const broken = await run(scenario, [edge]);
    const root = broken.spans.find(
      ({ spanId, parentSpanId }) => parentSpanId === undefined && parents(whole).get(spanId) !== undefined,
    );
    const below = broken.spans.filter(({ traceId }) => traceId === root?.traceId).map(({ spanId }) => spanId);
    expect(traces(broken)).toBe(2);
    expect(below.toSorted()).toEqual(subtree(whole, root?.spanId ?? ""));
  }
});

test.for(SCENARIOS)(
  "dropping every carrier cuts every edge of $name, with the same number of spans",
  async (scenario) => {
    const [whole, broken] = [await run(scenario), await run(scenario, edges(await run(scenario)))];
    expect(broken.spans).toHaveLength(whole.spans.length);
    expect(traces(broken)).toBe(edges(whole).length + 1);
    expect(broken.spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(edges(whole).length + 1);
  },
);

test("dropping carriers changes what crossed, and the ledger tells at which end", async () => {
  const broken = await run(everything, edges(await run(everything)));
  const requests = broken.ledger.filter(({ role }) => role !== "reply");
  expect(requests.filter(({ end }) => end === "sent").every(({ carrier }) => "traceparent" in carrier)).toBe(true);
  expect(requests.filter(({ end }) => end === "received").some(({ carrier }) => "traceparent" in carrier)).toBe(false);
});

test("the scenario's attributes cross every hop as baggage, and are on every span", async () => {
  const { spans } = await run(everything);
  expect(new Set(spans.map(({ attributes }) => attributes["tenant.id"]))).toEqual(new Set(["acme"]));
});

test("below a dropped carrier the baggage is gone too", async () => {
  const whole = await run(everything);
  const { spans } = await run(
    everything,
    edges(whole).filter(({ protocol }) => protocol === "mcp"),
  );
  const ofShop = spans.filter(({ resource }) => resource["service.name"] === "shop");
  expect(ofShop.length).toBeGreaterThan(0);
  expect(new Set(ofShop.map(({ attributes }) => attributes["tenant.id"]))).toEqual(new Set([undefined]));
});

test("a carrier of another span moves the subtree there: nothing but the carrier decides", async () => {
  const toShop = { from: "agents", to: "shop", method: "resources/read" };
  const [whole, moved] = [
    await run(everything),
    await run(everything, [{ ...toShop, carrier: "stale", occurrence: 1 }]),
  ];
  const changed = [...parents(moved)].filter(([id, parent]) => parents(whole).get(id) !== parent);
  const sent = moved.ledger.find(({ method, end }) => end === "sent" && method === "resources/read");
  expect(changed.map(([, parent]) => parent)).toEqual([sent?.carrier["traceparent"]?.split("-")[2]]);
});

test("with one trace a turn, each turn is a trace and no span is without one", async () => {
  const perTurn = await run({ ...everything, traces: "turn" });
  expect(traces(perTurn)).toBe(2);
  expect(
    new Set(perTurn.spans.map(({ attributes }) => attributes["gen_ai.conversation.id"]).filter(Boolean)).size,
  ).toBe(1);
});

/** A remote agent that asks itself once more, over the wire. */
function selfAsking(): Scenario {
  const servers: Mock[] = [];
  const risk: A2aAgent = a2aAgent("risk", {
    servers,
    work: async (turn) => (turn.input === "again" ? "low" : (await turn.ask(risk, "again")).text),
  });
  servers.push(risk);
  const asker = agent("asker", async (turn) => turn.reply((await turn.ask(risk, "How risky?")).text));
  return defineScenario({ name: "self-asking", agents: [asker], servers: [risk], script: [user.says("Hi")] });
}

test("an agent that asks itself over A2A has hops as any other, each broken where its carrier is", async () => {
  const scenario = selfAsking();
  const hopsOf = async (faults: readonly CarrierFault[]): Promise<readonly string[]> => {
    const { ledger, spans } = await run(scenario, faults);
    const hops = judgeHops({ ledger, trees: buildTrees(spans), isComplete: true });
    expect(hops.filter(({ from, to, verdict }) => from !== to && verdict === "broken")).toEqual([]);
    const own = hops.filter(({ from, to }) => from === to);
    return own.map(({ method, causes }) => `${method} ${causes.join() || "whole"}`);
  };
  const card = "GET /.well-known/agent-card.json";
  expect(await hopsOf([])).toEqual([`${card} whole`, "SendMessage whole"]);
  const own = { from: "risk", to: "risk" } as const;
  expect(await hopsOf([{ ...own, carrier: "dropped" }])).toEqual([`${card} whole`, "SendMessage not-injected"]);
  expect(await hopsOf([{ ...own, carrier: "malformed" }])).toEqual([`${card} whole`, "SendMessage bad-carrier"]);
  expect(await hopsOf([{ ...own, ...DROPPED, method: card }])).toEqual([`${card} re-rooted`, "SendMessage whole"]);
});

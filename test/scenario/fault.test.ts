import { expect, test } from "vitest";
import { whySkipped } from "../../src/campaign/skip.ts";
import { a2aAgent } from "../../src/scenario/a2a.ts";
import { agent } from "../../src/scenario/agent.ts";
import { DIRECTIONS } from "../../src/scenario/fault.ts";
import { commandAgent, httpAgent } from "../../src/scenario/foreign-agent.ts";
import { scenarioFaults } from "../../src/scenario/plan.ts";
import { type Scenario, defineScenario, user } from "../../src/scenario/scenario.ts";
import { mcpServer, tool } from "../../src/scenario/server.ts";
import { buildYamlScenario, parseScenarioYaml } from "../../src/scenario/yaml.ts";
import { isTroupeError } from "../../src/core/errors.ts";
import { CARRIER_CELLS } from "../faults/carrier-cells.ts";
import { ACTS, CELLS } from "../faults/cells.ts";

const orders = mcpServer("orders", { tools: { find: tool({ input: { type: "object" }, handle: () => 1 }) } });
const risk = a2aAgent("risk", { work: async () => "ok" });
const triage = agent("triage", async () => "ok");
const desk = httpAgent("desk", { url: "http://127.0.0.1:1" });

function scenario(faults: readonly unknown[]): Scenario {
  const parts = { agents: [triage, desk], servers: [orders, risk], script: [user.says("Hi")] };
  return defineScenario({ name: "s", ...parts, faults: faults as Scenario["faults"] });
}

/** `faults[0].rate: what` of every fault of the definition. */
function told(...faults: readonly unknown[]): readonly string[] {
  return scenarioFaults(scenario(faults)).map(({ where, what, mend }) => {
    expect(mend).toMatch(/^[A-Z].*\.$/s);
    return `${where.replace('scenario "s", ', "")}: ${what}`;
  });
}

test("each fault is sound in each of its directions, by itself and with a whole rule", () => {
  const rule = {
    from: "agents",
    to: "orders",
    agent: "triage",
    method: "tools/call",
    tool: "find",
    occurrence: 2,
    rate: 0,
  };
  expect(told(...CELLS.map(({ fault }) => fault))).toEqual([]);
  expect(told(...CELLS.map(({ fault }) => ({ ...fault, ...rule })))).toEqual([]);
});

test.for<readonly [string, unknown, string]>([
  ["an unknown fault", { fault: "dropp" }, 'faults[0].fault: there is no fault "dropp"; did you mean "drop"?'],
  ["no fault at all", { to: "orders" }, "faults[0]: it does not say what happens"],
  ["a text", "drop", "faults[0]: this is no fault"],
  ["a rate above 1", { fault: "drop", rate: 1.5 }, "faults[0].rate: a rate of 1.5 is impossible"],
  ["a rate below 0", { fault: "drop", rate: -0.1 }, "faults[0].rate: a rate of -0.1 is impossible"],
  ["a rate that is no number", { fault: "drop", rate: NaN }, "faults[0].rate: a rate of NaN is impossible"],
  ["occurrence 0", { fault: "drop", occurrence: 0 }, "faults[0].occurrence: 0 is no occurrence of drop"],
  ["half an occurrence", { fault: "drop", occurrence: 1.5 }, "faults[0].occurrence: 1.5 is no occurrence of drop"],
  [
    "a direction that there is not",
    { fault: "drop", direction: "back" },
    'faults[0].direction: "back" is no direction of drop',
  ],
  [
    "a request with a wrong result",
    { fault: "wrong-shape", direction: "request" },
    "faults[0].direction: wrong-shape cannot hit a request",
  ],
  ["an unknown key", { fault: "drop", sever: "orders" }, 'faults[0].sever: drop has no "sever"'],
  ["a key of another fault", { fault: "drop", ms: 3 }, 'faults[0].ms: drop has no "ms"'],
  ["a delay of nothing said", { fault: "delay" }, 'faults[0]: delay needs "ms"'],
  ["a delay below 0", { fault: "delay", ms: -1 }, "faults[0].ms: -1 is no ms of delay"],
  ["a range that runs backwards", { fault: "delay", ms: [3, 2] }, "faults[0].ms: this is no ms of delay"],
  [
    "quantiles that run backwards",
    { fault: "delay", ms: { p50: 3, p90: 2, p99: 9 } },
    "faults[0].ms: this is no ms of delay",
  ],
  [
    "a status that is no error",
    { fault: "http-status", status: 200 },
    "faults[0].status: 200 is no status of http-status",
  ],
  [
    "a message that no transport reads",
    { fault: "oversized", bytes: 2 ** 27 },
    "faults[0].bytes: 134217728 is no bytes of oversized",
  ],
  [
    "an unknown method",
    { fault: "drop", method: "tool/call" },
    'faults[0].method: there is no method "tool/call"; did you mean "tools/call"?',
  ],
  [
    "a tool of another method",
    { fault: "drop", method: "tools/list", tool: "find" },
    "faults[0].method: only tools/call names a tool",
  ],
  [
    "isError of another method",
    { fault: "is-error", method: "prompts/get" },
    "faults[0].method: only tools/call has results with isError",
  ],
  [
    "an unknown server",
    { fault: "drop", to: "order" },
    'faults[0].to: there is no server or remote agent "order"; did you mean "orders"?',
  ],
  [
    "an agent in place of its service",
    { fault: "drop", from: "triage" },
    'faults[0].from: there is no service that asks "triage"',
  ],
  [
    "an unknown agent",
    { fault: "drop", agent: "triag" },
    'faults[0].agent: there is no agent "triag"; did you mean "triage"?',
  ],
  ["an unknown tool", { fault: "drop", tool: "fnd" }, 'faults[0].tool: there is no tool "fnd"; did you mean "find"?'],
  [
    "an agent that is there before the run",
    { fault: "drop", agent: "desk" },
    "faults[0]: agent desk is there already and asks nothing of the mocks of a run, so none of its messages can be hit",
  ],
  [
    "a tool of a remote agent",
    { fault: "drop", to: "risk", tool: "find" },
    "faults[0].tool: agent risk is asked over A2A, which has no tools",
  ],
  [
    "isError of a remote agent",
    { fault: "is-error", to: "risk" },
    "faults[0]: agent risk is asked over A2A, which has no isError",
  ],
  [
    "two replies to one request",
    { fault: "duplicate", to: "risk", direction: "reply" },
    "faults[0]: over HTTP a request has one reply, which cannot come twice",
  ],
  [
    "a method of the other protocol",
    { fault: "drop", to: "orders", method: "GetTask" },
    "faults[0].method: server orders is asked over MCP, which has no GetTask",
  ],
])("%s is refused", ([, fault, expected]) => {
  expect(told(fault).map((one) => one.slice(0, expected.length))).toEqual([expected]);
});

test("each fault of a carrier is sound, by itself and with a whole rule", () => {
  const rule = {
    from: "agents",
    to: "orders",
    agent: "triage",
    method: "tools/call",
    tool: "find",
    occurrence: 2,
    rate: 0,
  };
  expect(told(...CARRIER_CELLS.map(({ fault }) => fault))).toEqual([]);
  expect(told(...CARRIER_CELLS.map(({ fault }) => ({ ...fault, ...rule, protocol: "mcp" })))).toEqual([]);
  expect(told({ carrier: "stale", of: "run", protocol: "in-process", from: "troupe", method: "message" })).toEqual([]);
  expect(told({ carrier: "dropped", protocol: "http", from: "troupe", to: "desk" })).toEqual([]);
});

test.for<readonly [string, unknown, string]>([
  ["an unknown one", { carrier: "droped" }, 'faults[0].carrier: no carrier can be "droped"; did you mean "dropped"?'],
  ["no name", { carrier: 3 }, "faults[0].carrier: no carrier can be 3"],
  ["one as a fault in messages", { fault: "stale" }, 'faults[0].fault: there is no fault "stale" in messages'],
  ["two in one", { fault: "drop", carrier: "stale" }, "faults[0].carrier: it is two faults in one"],
  ["an impossible rate", { carrier: "stale", rate: 2 }, "faults[0].rate: a rate of 2 is impossible"],
  ["a direction", { carrier: "stale", direction: "reply" }, 'faults[0].direction: carrier stale has no "direction"'],
  ["whose, of what is not stale", { carrier: "dropped", of: "run" }, 'faults[0].of: carrier dropped has no "of"'],
  [
    "a culprit that there is not",
    { carrier: "dropped", by: "proxy" },
    'faults[0].by: "proxy" is no by of carrier dropped',
  ],
  ["a protocol without hops", { carrier: "stale", protocol: "model" }, 'faults[0].protocol: "model" is no protocol of'],
  [
    "a method of another protocol",
    { carrier: "stale", protocol: "in-process", method: "handof" },
    'faults[0].method: there is no method "handof"; did you mean "handoff"?',
  ],
  [
    "a tool where none is called",
    { carrier: "stale", protocol: "a2a", tool: "find" },
    "faults[0].tool: a2a has no tools",
  ],
  ["an unknown server", { carrier: "stale", to: "order" }, 'faults[0].to: there is no server or remote agent "order"'],
  [
    "a server in another protocol than its own",
    { carrier: "stale", to: "orders", protocol: "a2a" },
    "faults[0].protocol: server orders is asked over MCP, and not over a2a",
  ],
  [
    "a service that is told nothing",
    { carrier: "stale", protocol: "in-process", to: "agent" },
    'faults[0].to: there is no service that is told "agent"; did you mean "agents"?',
  ],
  [
    "an agent that is there before the run and asks",
    { carrier: "stale", agent: "desk" },
    "faults[0]: agent desk is there already",
  ],
])("of a carrier, %s is refused", ([, fault, expected]) => {
  expect(told(fault).map((one) => one.slice(0, expected.length))).toEqual([expected]);
});

test("a program may be named as who asks, whose clients are its own", () => {
  const faults = [{ fault: "drop", from: "clerk" } as const, { carrier: "stale", agent: "clerk" } as const];
  const clerk = commandAgent("clerk", { command: ["node"], over: "stdin" });
  expect(scenarioFaults({ ...scenario(faults), agents: [clerk] })).toEqual([]);
});

test("without an agent outside of Troupe, nothing of a carrier crosses to one", () => {
  const inside = { ...scenario([{ carrier: "dropped", protocol: "environment" }]), agents: [triage] };
  expect(scenarioFaults(inside).map(({ what }) => what)).toEqual([
    "no agent runs outside of Troupe here, so nothing crosses in environment",
  ]);
});

test("everything that is wrong with a list is told at once", () => {
  expect(told({ fault: "drop", rate: 2, occurrence: 0 }, { fault: "hang" }, { fault: "dely" })).toHaveLength(3);
  expect(told({ fault: "drop", to: "order" }, { fault: "drop", agent: "nobody", tool: "fnd" })).toHaveLength(3);
});

test("without a mock, no message could be hit", () => {
  expect(scenarioFaults({ ...scenario([{ fault: "drop" }]), servers: [] })).toMatchObject([
    { what: "nothing is asked over MCP or A2A here, so no message can be hit" },
  ]);
});

const HEAD = "name: s\nagents: [./a.ts#triage]\nservers: [./a.ts#orders]\nscript: [{ says: Hello }]\nfaults:\n";
const MODULES: Readonly<Record<string, unknown>> = { triage, orders };

function fromYaml(faults: string): Scenario {
  return buildYamlScenario(parseScenarioYaml(HEAD + faults, "s.yaml"), ({ name }) => MODULES[name]);
}

test("YAML writes the same faults", () => {
  const { faults } = fromYaml(`  - { fault: delay, ms: [20, 40], to: orders, rate: 0.5 }
  - fault: delay
    ms: { p50: 20, p90: 40, p99: 400 }
  - { fault: http-status, status: 503, body: overloaded, direction: request }
  - { carrier: stale, of: run, to: orders, rate: 0.5 }
`);
  expect(faults).toEqual([
    { fault: "delay", ms: [20, 40], to: "orders", rate: 0.5 },
    { fault: "delay", ms: { p50: 20, p90: 40, p99: 400 } },
    { fault: "http-status", status: 503, body: "overloaded", direction: "request" },
    { carrier: "stale", of: "run", to: "orders", rate: 0.5 },
  ]);
});

test("what is wrong with a fault in YAML is told where it stands, all at once", () => {
  let places: readonly string[] = [];
  try {
    fromYaml(
      "  - { fault: dorp }\n  - { fault: drop, rate: 7 }\n  - { fault: drop, recipient: orders }\n  - { carrier: stael }\n",
    );
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    places = error.faults.map(({ where, what }) => `${where} ${what}`);
  }
  expect(places).toEqual([
    's.yaml:6:14 there is no fault "dorp"; did you mean "drop"?',
    "s.yaml:7:26 a rate of 7 is impossible",
    's.yaml:8:31 drop has no "recipient"',
    's.yaml:9:16 no carrier can be "stael"; did you mean "stale"?',
  ]);
});

/** Over which transports a fault of MCP can happen; each can in sim. */
const SKIPPED: Readonly<Record<string, readonly string[]>> = {
  disconnect: ["stdio"],
  "early-close": ["stdio"],
  "http-status": ["stdio", "ws"],
};

test("what a transport cannot have skips the scenario there, with the reason, and nowhere else", () => {
  for (const { name, fault } of CELLS)
    for (const transport of ["stdio", "http", "ws"] as const) {
      const skipped = SKIPPED[fault.fault] ?? (name === "duplicate of a reply" ? ["http"] : []);
      const why = whySkipped(defineScenario({ ...scenario([fault]), agents: [triage] }), "wire", transport);
      expect([name, transport, why !== undefined]).toEqual([name, transport, skipped.includes(transport)]);
      if (why !== undefined)
        expect(why).toMatch(new RegExp(`faults\\[0\\] \\(${fault.fault}\\) cannot happen to MCP over`));
    }
  const ofAgents = scenario([{ ...ACTS["http-status"], to: "risk" }]);
  expect(whySkipped(defineScenario({ ...ofAgents, agents: [triage] }), "wire", "stdio")).toBeUndefined();
});

test("every fault has a direction of its own first", () => {
  expect(Object.keys(ACTS).toSorted()).toEqual(Object.keys(DIRECTIONS).toSorted());
});

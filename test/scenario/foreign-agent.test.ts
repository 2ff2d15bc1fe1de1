import { expect, test } from "vitest";
import { type Agent, agent, isForeign } from "../../src/scenario/agent.ts";
import { chatAgent, commandAgent, httpAgent } from "../../src/scenario/foreign-agent.ts";
import { scenarioFaults } from "../../src/scenario/plan.ts";
import { type ScenarioDefinition, defineScenario, user } from "../../src/scenario/scenario.ts";
import { mcpServer } from "../../src/scenario/server.ts";
import { buildYamlScenario, parseScenarioYaml } from "../../src/scenario/yaml.ts";

function faultsOf(agents: readonly unknown[], more: Partial<ScenarioDefinition> = {}): readonly string[] {
  const definition = { name: "s", agents: agents as Agent[], script: [user.says("Hi")], ...more };
  return scenarioFaults(defineScenario(definition)).map(({ where, what }) => `${where}: ${what}`);
}

test("agents of every adapter may stand in one scenario", () => {
  const agents = [
    agent("local", async () => "ok"),
    commandAgent("helper", { command: ["python3", "agent.py"], over: "stdin", env: { A: "b", HOME: true } }),
    httpAgent("desk", { url: "https://desk.example/ask" }),
    chatAgent("chat", { url: "http://127.0.0.1:1/v1", model: "m" }),
  ];
  expect(faultsOf(agents)).toEqual([]);
  expect(agents.map(isForeign)).toEqual([false, true, true, true]);
});

test("each fault of such an agent is told with its place", () => {
  const broken = [
    { ...commandAgent("a", { command: [], over: "stdin" }), over: "pipe", env: { A: 1 } },
    httpAgent("b", { url: "desk.example" }),
    { ...httpAgent("c", { url: "http://x" }), reply: "text" },
    { ...chatAgent("d", { url: "http://x", model: "m" }), model: 5 },
    { ...chatAgent("e", { url: "http://x", model: "m" }), adapter: "telepathy" },
  ];
  expect(faultsOf(broken)).toEqual([
    'scenario "s", agents[0].command: it names no program',
    'scenario "s", agents[0].over: this is neither stdin nor http',
    'scenario "s", agents[0].env.A: this is neither a text nor true',
    'scenario "s", agents[1].url: this is no URL of http or https',
    'scenario "s", agents[2].reply: this is no function',
    'scenario "s", agents[3].model: this is no text',
    'scenario "s", agents[4]: there is no adapter "telepathy"',
  ]);
});

test("an agent that is a service of its own has a name of its own", () => {
  const command = { command: ["x"], over: "http" } as const;
  const servers = [mcpServer("orders", {})];
  expect(faultsOf([commandAgent("orders", command)], { servers })).toEqual([
    'scenario "s", agents[0]: "orders" is the name of another service',
  ]);
  expect(faultsOf([commandAgent("troupe", command)])).toEqual([
    'scenario "s", agents[0]: "troupe" is the name of another service',
  ]);
});

test("a program over stdin cannot take part in a trace a turn", () => {
  const reader = (over: "stdin" | "http"): Agent => commandAgent("reader", { command: ["x"], over });
  expect(faultsOf([reader("stdin")], { traces: "turn" })).toEqual([
    'scenario "s": agent reader gets trace context once, from its environment, and `traces: "turn"` has one a turn',
  ]);
  expect(faultsOf([reader("http")], { traces: "turn" })).toEqual([]);
});

test("what a scenario needs has to be a program, a package or a version of Node", () => {
  expect(faultsOf([agent("a", async () => "ok")], { needs: ["python3", "node>=22.15", "npm:@openai/agents"] })).toEqual(
    [],
  );
  expect(faultsOf([agent("a", async () => "ok")], { needs: ["node>22", "npm:"] })).toEqual([
    'scenario "s", needs[0]: this is no program, package or version of Node',
    'scenario "s", needs[1]: this is no program, package or version of Node',
  ]);
});

const YAML = `
name: s
needs: [python3]
agents:
  - { name: helper, command: [python3, agent.py], over: stdin, lines: text, env: { A: b, HOME: true }, cwd: agents }
  - name: desk
    url: http://desk.example/ask
    headers: { x-key: k }
    request: { question: "{from} says: {text}", context: [{ given: "{payload}" }], depth: 1 }
    reply: answers.0.words
  - { name: chat, url: http://chat.example/v1, model: m, keyVariable: KEY }
script:
  - says: Hi
`;

test("YAML has all of them", () => {
  const { agents, needs } = buildYamlScenario(parseScenarioYaml(YAML, "s.yaml"), () => undefined);
  expect(needs).toEqual(["python3"]);
  const [helper, desk, chat] = agents;
  const command = { command: ["python3", "agent.py"], over: "stdin", lines: "text" } as const;
  expect(helper).toEqual(commandAgent("helper", { ...command, env: { A: "b", HOME: true }, cwd: "agents" }));
  expect(chat).toEqual(chatAgent("chat", { url: "http://chat.example/v1", model: "m", keyVariable: "KEY" }));
  if (desk === undefined || !("request" in desk)) throw new Error("no HTTP agent");
  expect([desk.url, desk.headers]).toEqual(["http://desk.example/ask", { "x-key": "k" }]);
  const message = { text: "a {text} b", from: "bob", payload: { order: 17 }, conversation: "1" };
  expect(desk.request(message)).toEqual({
    question: "bob says: a {text} b",
    context: [{ given: { order: 17 } }],
    depth: 1,
  });
  expect(desk.reply({ answers: [{ words: "yes" }] })).toBe("yes");
  expect(desk.reply({ answers: null })).toBeUndefined();
});

test("a key that such an agent has not is told with its place and the nearest one", () => {
  const wrong = YAML.replace("over: stdin", "over: stdn").replace("keyVariable", "keyVariabel");
  expect(() => parseScenarioYaml(wrong, "s.yaml")).toThrow(
    /s\.yaml:5:\d+: "stdn" is none of stdin, http; did you mean/,
  );
  expect(() => parseScenarioYaml(wrong, "s.yaml")).toThrow(
    /s\.yaml:11:\d+: .*"keyVariabel"; did you mean "keyVariable"/,
  );
});

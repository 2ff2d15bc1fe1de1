import { expect, test } from "vitest";
import { whatLacks } from "../../src/campaign/needs.ts";
import { whySkipped } from "../../src/campaign/skip.ts";
import { type Mock, a2aAgent } from "../../src/scenario/a2a.ts";
import { agent } from "../../src/scenario/agent.ts";
import { commandAgent, httpAgent } from "../../src/scenario/foreign-agent.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";
import { mcpServer } from "../../src/scenario/server.ts";

const stateful = mcpServer("book", { state: () => [] });
const stateless = mcpServer("clock", {});
const using = (name: string, server: Mock): ReturnType<typeof a2aAgent> =>
  a2aAgent(name, { servers: [server], work: async () => "ok" });
const scenario = (servers: readonly Mock[], more: object = {}): ReturnType<typeof defineScenario> =>
  defineScenario({ name: "s", agents: [agent("a", async () => "ok")], servers, script: [user.says("Hi")], ...more });

test("a scenario that is for one mode is skipped in the other, with that reason", () => {
  expect(whySkipped(scenario([], { modes: ["sim"] }), "wire", "http")).toBe("it runs in sim only (modes)");
  expect(whySkipped(scenario([], { modes: ["sim"] }), "sim", "http")).toBeUndefined();
});

test("a state that two processes share cannot be had over stdio", () => {
  const shared = scenario([stateful, using("reader", stateful)]);
  expect(whySkipped(shared, "wire", "stdio")).toMatch(
    /^several processes share the state of server book, .* --transport http$/,
  );
  expect(whySkipped(scenario([using("one", stateful), using("two", stateful)]), "wire", "stdio")).toBeDefined();
});

test("over a network, in sim, without state, or for one process alone it can", () => {
  const shared = scenario([stateful, using("reader", stateful)]);
  expect(whySkipped(shared, "wire", "http")).toBeUndefined();
  expect(whySkipped(shared, "sim", "stdio")).toBeUndefined();
  expect(whySkipped(scenario([stateless, using("reader", stateless)]), "wire", "stdio")).toBeUndefined();
  expect(whySkipped(scenario([using("reader", stateful)]), "wire", "stdio")).toBeUndefined();
});

test("an agent that does not run in this process has no part in sim", () => {
  const desk = httpAgent("desk", { url: "http://127.0.0.1:1" });
  expect(whySkipped(scenario([], { agents: [desk] }), "sim", "http")).toBe(
    "agent desk does not run in this process (http), and sim has no other; use --mode wire",
  );
  expect(whySkipped(scenario([], { agents: [desk] }), "wire", "stdio")).toBeUndefined();
});

test("a command is reached over http unless somebody says otherwise, and over stdio starts servers of its own", () => {
  const helper = commandAgent("helper", { command: ["true"], over: "stdin" });
  const given = scenario([stateful], { agents: [helper] });
  expect(given.transport).toBe("http");
  expect(whySkipped(given, "wire", "stdio")).toBeUndefined();
  const two = scenario([stateful], { agents: [helper, { ...helper, name: "other" }] });
  expect(whySkipped(two, "wire", "stdio")).toMatch(/^several processes share the state of server book/);
});

test.for(["node>=20", "node >= 20.19", "sh", "npm:vitest", "npm:@types/node", "./campaign", "../package.json"])(
  "%s is there",
  (need) => {
    expect(whatLacks({ needs: [need] }, "test/some.scenario.ts")).toBeUndefined();
  },
);

test("what lacks is named", () => {
  const needs = ["node>=99.1", "sh", "no-such-program", "npm:no-such-package", "./no-such-folder"];
  expect(whatLacks({ needs }, "test/some.scenario.ts")).toBe(
    "it needs node>=99.1 and no-such-program and npm:no-such-package and ./no-such-folder, which this machine has not (needs)",
  );
});

import { expect, test } from "vitest";
import { whySkipped } from "../../src/campaign/skip.ts";
import { type Mock, a2aAgent } from "../../src/scenario/a2a.ts";
import { agent } from "../../src/scenario/agent.ts";
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

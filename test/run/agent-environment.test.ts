import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { agentEnvironment } from "../../src/run/foreign/environment.ts";
import { type CommandAgent, commandAgent } from "../../src/scenario/foreign-agent.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";

const PYTHON_FOLDER = join(process.cwd(), "python");

function environmentOf(
  command: readonly string[],
  { env = {}, hasPreload = true }: { readonly env?: CommandAgent["env"]; readonly hasPreload?: boolean } = {},
): Readonly<Record<string, string>> {
  const agent = commandAgent("helper", { command, over: "stdin", env });
  const scenario = defineScenario({ name: "s", agents: [agent], script: [user.says("Hi")] });
  const empty = { models: "http://m", mcpServers: {}, mcpConfig: "/mcp.json", a2aAgents: {}, exportTo: "http://o" };
  return agentEnvironment(agent, plan(scenario, 7), { ...empty, hasPreload }, { carrier: {} });
}

test.for(["python3", "python", "/usr/bin/python3.12"])("%s gets the folder with Troupe's sitecustomize", (program) => {
  expect(environmentOf([program, "agent.py"])["PYTHONPATH"]).toBe(PYTHON_FOLDER);
});

test("the folders that the agent names itself come after it", () => {
  const { PYTHONPATH } = environmentOf(["python3"], { env: { PYTHONPATH: "lib" } });
  expect(PYTHONPATH).toBe([PYTHON_FOLDER, "lib"].join(delimiter));
});

test("no other program gets it, and with --no-preload nobody does", () => {
  expect(environmentOf(["node", "python3"])).not.toHaveProperty("PYTHONPATH");
  expect(environmentOf(["python3"], { hasPreload: false })).not.toHaveProperty("PYTHONPATH");
});

test("what the agent names itself goes before what Troupe prepares", () => {
  const env = environmentOf(["node"], { env: { OTEL_SERVICE_NAME: "mine", LANG: "C" } });
  expect([env["OTEL_SERVICE_NAME"], env["LANG"], env["TROUPE_SEED"]]).toEqual(["mine", "C", "7"]);
});

test("without a carrier or a port there are no such variables", () => {
  expect(Object.keys(environmentOf(["node"])).filter((name) => /^(TRACE|BAGGAGE|PORT)/.test(name))).toEqual([]);
});

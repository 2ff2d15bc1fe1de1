import { expect, test } from "vitest";
import { agent } from "../../src/scenario/agent.ts";
import { httpAgent } from "../../src/scenario/foreign-agent.ts";
import { scenarioFaults } from "../../src/scenario/plan.ts";
import { type ScenarioDefinition, defineScenario, user } from "../../src/scenario/scenario.ts";
import { mcpServer } from "../../src/scenario/server.ts";

function faults(propagation: unknown): readonly string[] {
  const definition: ScenarioDefinition = {
    name: "s",
    agents: [agent("triage", () => Promise.resolve("done")), httpAgent("desk", { url: "http://127.0.0.1:1" })],
    servers: [mcpServer("gateway", { tools: {} })],
    script: [user.says("Hi")],
  };
  return scenarioFaults(Object.assign(defineScenario(definition), { propagation })).map(
    ({ where, what, mend }) => `${where.replace('scenario "s", ', "")}: ${what} ${mend}`,
  );
}

test.each([
  [{}],
  [{ links: [] }],
  [
    {
      links: [{ to: "gateway" }, { from: "troupe", to: "desk", protocol: "http" }, { from: "agents", method: "ping" }],
    },
  ],
])("%j is a policy", (policy) => {
  expect(faults(policy)).toEqual([]);
});

const MEND = 'Write `propagation: { links: [{ to: "gateway" }] }`, or leave it out.';

test.each([
  ["strict", `propagation: this is no policy ${MEND}`],
  [{ links: { to: "gateway" } }, `propagation.links: this is no list ${MEND}`],
  [{ links: [{}] }, `propagation.links[0]: it says nothing of its hops ${MEND}`],
  [{ link: [] }, 'propagation: there is no "link"; did you mean "links"? Known: links, from, to, method, protocol.'],
  [
    { links: [{ to: "gateway", protocol: "carrier pigeon" }] },
    "propagation.links[0].protocol: this is no protocol of a hop Write one of mcp, a2a, in-process, http, environment.",
  ],
  [
    { links: [{ to: "gatway" }] },
    'propagation.links[0].to: there is no service "gatway"; did you mean "gateway"? Known: agents, troupe, gateway, desk.',
  ],
  [
    { links: [{ from: "triage", to: "gateway" }] },
    'propagation.links[0].from: there is no service "triage" Known: agents, troupe, gateway, desk.',
  ],
])("%j is none", (policy, fault) => {
  expect(faults(policy)).toEqual([fault]);
});

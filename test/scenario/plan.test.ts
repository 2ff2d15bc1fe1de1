import fc from "fast-check";
import { expect, test } from "vitest";
import { type Fault, TroupeError } from "../../src/core/errors.ts";
import { agent } from "../../src/scenario/agent.ts";
import { dataset } from "../../src/scenario/dataset.ts";
import { persona } from "../../src/scenario/persona.ts";
import { plan, scenarioFaults, variants } from "../../src/scenario/plan.ts";
import { LIMITS, type ScenarioDefinition, defineScenario, user } from "../../src/scenario/scenario.ts";
import { mcpServer } from "../../src/scenario/server.ts";

const solo = agent("solo", () => Promise.resolve("done"));
const ada = persona("ada", { situation: "", goal: "" });
const CASES = [{ persona: "ada", situation: "", outcome: "" }];

function scenario(given: Partial<ScenarioDefinition> = {}): ReturnType<typeof defineScenario> {
  return defineScenario({ name: "test", agents: [solo], script: [user.says("Hello")], ...given });
}

/** What planning refuses. */
function refused(given: Partial<ScenarioDefinition>, seed: number): readonly Fault[] {
  try {
    plan(scenario(given), seed);
  } catch (error) {
    if (error instanceof TroupeError && error.code === "SCENARIO_INVALID") return error.faults;
  }
  return [];
}

function whats(given: Partial<ScenarioDefinition>): readonly string[] {
  return scenarioFaults(scenario(given)).map(({ what }) => what);
}

test("a sound scenario has no fault", () => {
  expect(scenarioFaults(scenario({ persona: ada }))).toEqual([]);
});

test("a plan talks to the first agent, as the scenario's persona", () => {
  const other = agent("other", solo.work);
  const { entry, persona: actor } = plan(scenario({ agents: [other, solo], persona: ada }), 1);
  expect([entry, actor]).toEqual([other, ada]);
});

test("without a persona somebody called user speaks", () => {
  expect(plan(scenario(), 1).persona.name).toBe("user");
});

test("a run's id is 16 hex digits out of scenario and seed, and nothing else", () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { runId } = plan(scenario(), seed);
      expect(runId).toMatch(/^[0-9a-f]{16}$/);
      expect(plan(scenario({ description: "other" }), seed).runId).toBe(runId);
    }),
  );
});

test("another seed, or another name, gives another run id", () => {
  const ids = [1, 2, 3].flatMap((seed) => ["a", "b"].map((name) => plan(scenario({ name }), seed).runId));
  expect(new Set(ids).size).toBe(6);
});

test.for<readonly [string, Partial<ScenarioDefinition>, string]>([
  ["no name", { name: " " }, "it has no name"],
  ["no agent", { agents: [] }, "it has no agent"],
  ["an empty script", { script: [] }, "its script is empty"],
  ["untilSatisfied without a persona", { script: [user.untilSatisfied()] }, "untilSatisfied needs a persona"],
  ["two agents of one name", { agents: [solo, solo] }, 'two of its agents are called "solo"'],
  [
    "two servers of one name",
    { servers: [mcpServer("orders", {}), mcpServer("orders", {})] },
    'two of its servers are called "orders"',
  ],
  ["two personas of one name", { personas: [ada, ada] }, 'two of its personas are called "ada"'],
  ["a server called agents", { servers: [mcpServer("agents", {})] }, '"agents" is a service of Troupe\'s own'],
  ["a server called troupe", { servers: [mcpServer("troupe", {})] }, '"troupe" is a service of Troupe\'s own'],
  [
    "cases whose persona is never let speak",
    { personas: [ada], cases: CASES },
    "its cases need untilSatisfied: a case passes only if its persona leaves satisfied",
  ],
  [
    "a dataset whose persona is never let speak",
    { personas: [ada], cases: dataset("cases.csv") },
    "its cases need untilSatisfied: a case passes only if its persona leaves satisfied",
  ],
  [
    "an attribute that Troupe writes",
    { attributes: { "tool.name": "x" } },
    "Troupe and the conventions write this key themselves",
  ],
])("a scenario with %s has that fault", ([, given, what]) => {
  expect(whats(given)).toEqual([what]);
});

test("a name that is used three times is one fault", () => {
  expect(whats({ agents: [solo, solo, solo] })).toEqual(['two of its agents are called "solo"']);
});

test("an agent and a server may share a name", () => {
  expect(whats({ servers: [mcpServer("solo", {})] })).toEqual([]);
});

test("untilSatisfied needs no persona where cases bring theirs", () => {
  expect(whats({ script: [user.untilSatisfied()], cases: CASES })).toEqual([]);
  expect(whats({ script: [user.untilSatisfied()], cases: dataset("cases.csv") })).toEqual([]);
});

test("a plan is refused with every fault at once, each with where and how to mend", () => {
  const faults = refused({ name: "", agents: [], script: [] }, 1);
  expect(faults.map(({ what }) => what)).toEqual(["it has no name", "it has no agent", "its script is empty"]);
  expect(faults.every(({ where, mend }) => where === 'scenario ""' && mend !== "")).toBe(true);
});

test("an agent may be called like a service of Troupe's own", () => {
  expect(whats({ agents: [agent("agents", solo.work), agent("troupe", solo.work)] })).toEqual([]);
});

test.for([Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 2 ** 53])("%d is no seed", (seed) => {
  expect(refused({}, seed)).toEqual([
    { where: `seed ${seed}`, what: "this is no seed", mend: "Give an integer from 0 to 2^53-1." },
  ]);
});

test.for([0, 1, 2 ** 53 - 1])("%d is a seed", (seed) => {
  expect(plan(scenario(), seed).seed).toBe(seed);
});

test("a scenario that was planned before is still not planned for what is no seed", () => {
  const one = scenario();
  plan(one, 1);
  expect(() => plan(one, Number.NaN)).toThrow("seed NaN: this is no seed.");
});

test("a scenario that still has its cases is not planned, and each that it stands for is", () => {
  const given = { personas: [ada], cases: CASES, script: [user.untilSatisfied()] };
  expect(refused(given, 1)).toEqual([
    {
      where: 'scenario "test"',
      what: "it still has its cases, each a run of its own",
      mend: "Run it from its file with `troupe run`, which plays each case.",
    },
  ]);
  expect(variants(scenario(given), CASES, "x.ts").map((one) => plan(one, 1).persona.name)).toEqual(["ada"]);
});

test("the seed, the cases and the attributes are refused at once with the rest", () => {
  const given = { cases: dataset("cases.csv"), attributes: { "": "x" }, servers: [mcpServer("troupe", {})] };
  expect(refused(given, -1).map(({ where, what }) => `${where}: ${what}`)).toEqual([
    "seed -1: this is no seed",
    'scenario "test": its cases need untilSatisfied: a case passes only if its persona leaves satisfied',
    `scenario "test", servers[0]: "troupe" is a service of Troupe's own`,
    'scenario "test", attributes[""]: its key is empty',
    'scenario "test": it still has its cases, each a run of its own',
  ]);
});

test("planning a scenario without a list of agents, as plain JavaScript can write it, tells so", () => {
  expect(refused({ agents: undefined as never }, 1).map(({ what }) => what)).toEqual(["this is no list"]);
});

test("limits that are not stated have their defaults, and zero is a limit", () => {
  expect(scenario({ limits: { handoffsMax: 0 } }).limits).toEqual({ ...LIMITS, handoffsMax: 0 });
});

test("a scenario without cases stands for itself", () => {
  const one = scenario();
  expect(variants(one, [], "x.ts")).toEqual([one]);
});

test("defining and planning call no agent, policy or state", () => {
  let calls = 0;
  const called = (): never => {
    throw new Error(`called ${++calls} times`);
  };
  const given = {
    agents: [agent("solo", called)],
    persona: persona("ada", { situation: "", goal: "", policy: called }),
    servers: [mcpServer("orders", { state: called })],
  };
  plan(scenario(given), 1);
  expect(calls).toBe(0);
});

test("planning leaves the scenario as it is", () => {
  const frozen = Object.freeze(scenario());
  expect(plan(frozen, 1).scenario).toBe(frozen);
});

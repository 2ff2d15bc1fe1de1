import { expect, test } from "vitest";
import { ALL_MUTANTS } from "../../src/campaign/mutants.ts";
import {
  type MutationRequest,
  type ScenarioMutation,
  mutationScore,
  runMutation,
} from "../../src/campaign/mutation.ts";
import { MUTATIONS } from "../../src/scenario/survivor.ts";

const FILE = "test/campaign/fixtures/mutation.scenario.ts";

async function mutated(
  paths: readonly string[],
  request: Partial<MutationRequest> = {},
): Promise<readonly ScenarioMutation[]> {
  const { scenarios } = await runMutation({ paths, mode: "sim", seed: 1, choice: ALL_MUTANTS, jobs: 1, ...request });
  return scenarios;
}

const all = await mutated([FILE]);

function called(name: string): ScenarioMutation {
  const found = all.find(({ whole }) => whole.scenario === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}

test("every message with a carrier is broken in every way, or it is said why not", () => {
  const { hops } = called("watched");
  expect(hops.map(({ hop }) => `${hop.from} > ${hop.to} ${hop.label}`)).toEqual([
    "troupe > agents invoke_agent seller",
    "agents > agents invoke_agent helper",
    "agents > shop initialize",
    "agents > shop notifications/initialized",
    "agents > shop tools/list",
    "agents > shop tools/call price",
    "agents > agents invoke_agent closer",
  ]);
  for (const { mutants } of hops) {
    expect(mutants.map(({ mutation }) => mutation)).toEqual(MUTATIONS);
    for (const { outcome, caughtBy, why } of mutants) {
      expect(outcome === "caught" ? caughtBy.length : why.length).toBeGreaterThan(0);
    }
  }
});

test("a scenario that looks at all it can notices every mutant", () => {
  expect(mutationScore(called("watched").tally)).toBe(1);
});

test("a scenario that expects nothing notices none", () => {
  const { tally } = called("unwatched");
  expect(mutationScore(tally)).toBe(0);
  expect(tally.survived).toBe(called("watched").tally.caught);
});

test.for(called("watched").expectations)(
  "without $name the score is lower, by as many mutants as nothing else noticed",
  ({ name, caughtAlone }) => {
    const [whole, without] = [called("watched").tally, called(`without ${name}`).tally];
    expect(caughtAlone).toBeGreaterThan(0);
    expect(without.survived).toBe(caughtAlone);
    expect(without.caught).toBe(whole.caught - caughtAlone);
  },
);

test("what survives is accepted where the scenario says why, and what it accepts in vain is stale", () => {
  const accepting = called("accepting");
  const accepted = accepting.hops.flatMap(({ mutants }) => mutants.filter(({ outcome }) => outcome === "accepted"));
  // The agent's span and the server's.
  expect(accepted.map(({ mutation, why }) => [mutation, why])).toEqual([
    ["ended-early", "nobody reads how long a sale takes"],
    ["ended-early", "nobody reads how long a sale takes"],
  ]);
  expect(accepting.tally).toMatchObject({ survived: 0, accepted: 2 });
  expect(mutationScore(accepting.tally)).toBeLessThan(1);
  expect(accepting.stale.map(({ mutation, to }) => [mutation, to])).toEqual([
    ["stale", "shop"],
    ["dropped", "warehouse"],
  ]);
});

test("what never took effect is neither caught nor survived", () => {
  const { tally, hops } = called("forgetful");
  const unmet = hops.filter(({ mutants }) => mutants.some(({ outcome }) => outcome === "without-effect"));
  expect(unmet.map(({ hop }) => hop.to)).toEqual(["shop", "shop", "shop", "shop"]);
  expect(tally).toMatchObject({ caught: 0, "without-effect": 4 * 9 });
});

test("where the whole run does not pass, nothing is broken", () => {
  expect(called("failing")).toMatchObject({ whole: { verdict: "failed" }, hops: [], tally: { caught: 0 } });
});

test("two threads find what one finds, in the same order", async () => {
  const choice = { mutations: ["stale", "new-root"], isOncePerKind: false } as const;
  const [one, two] = await Promise.all([1, 2].map((jobs) => mutated([`${FILE}#watched`], { jobs, choice })));
  expect(two).toEqual(one);
});

test("once per kind, only the first message of its ends and its method is broken", async () => {
  const [watched] = await mutated([`${FILE}#watched`], { choice: { mutations: ["dropped"], isOncePerKind: true } });
  const twice = called("watched").hops.filter(({ hop }) => hop.occurrence > 1);
  expect(watched?.hops).toHaveLength(called("watched").hops.length - twice.length);
});

test("in real processes the same is noticed by the same as in sim", { timeout: 60_000 }, async () => {
  const choice = { mutations: ["dropped", "flags-cleared", "new-root"], isOncePerKind: false } as const;
  const [sim, wire] = await Promise.all(
    (["sim", "wire"] as const).map((mode) => mutated([`${FILE}#watched`], { mode, choice })),
  );
  expect(wire?.map(({ hops, expectations, tally }) => ({ hops, expectations, tally }))).toEqual(
    sim?.map(({ hops, expectations, tally }) => ({ hops, expectations, tally })),
  );
});

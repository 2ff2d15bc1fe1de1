/** Every shipped scenario, killed at every step of its: a readable partial result each time, and the next run is whole. */
import { afterAll, expect, test } from "vitest";
import { killAtEachStep } from "../processes/kill-at-each-step.ts";
import { MARK, newMark } from "../processes/machine.ts";
import { shipped } from "../processes/wire-runs.ts";

const mark = newMark();
process.env[MARK] = mark;
afterAll(() => {
  delete process.env[MARK];
});

/** One without servers and remote agents has no child. */
const withChildren = shipped.filter(({ scenario }) => scenario.servers.length > 0);
const CASES = withChildren.flatMap((loaded) =>
  (["stdio", "http", "ws"] as const).map((transport) => [loaded.path.replace(/^.*\//, ""), transport, loaded] as const),
);
const CHAIN = ["researcher", "archivist", "archive", "library"];
const OPTIONS = { timeout: 1_200_000 };

test.for(CASES)("%s over %s leaves a readable result wherever it is killed", OPTIONS, async ([, transport, loaded]) => {
  const next = shipped.find(({ path }) => path !== loaded.path);
  if (next === undefined) throw new Error("there is one scenario only");
  const victims = loaded.scenario.name === "delegation-chain" && transport === "stdio" ? CHAIN : [undefined];
  const kills = await killAtEachStep(loaded, next, { transport, mark, victims, isEvery: true });
  expect(kills).toBeGreaterThan(1);
});

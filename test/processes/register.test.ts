/** `troupe/register` in real processes: agents that know OpenTelemetry's API and the official SDKs alone. */
import { expect, test } from "vitest";
import { fixture, inWire, judged } from "./wire-runs.ts";

const scenarios = await fixture("register");

async function played(name: string): Promise<ReturnType<typeof judged>> {
  const loaded = scenarios.find(({ scenario }) => scenario.name === name);
  if (loaded === undefined) throw new Error(`no scenario ${name}`);
  return judged(loaded, await inWire(loaded, 1, "http"));
}

test.for(["registered", "registered-listening", "registered-exiting"])(
  "%s: its spans hang where they belong, and its context reaches MCP servers and remote agents",
  async (name) => {
    const { failures, missing, notes, expectations, hops } = await played(name);
    expect([failures, missing, notes]).toEqual([[], [], []]);
    expect(hops.filter(({ verdict }) => verdict === "broken")).toEqual([]);
    expect(expectations.map(({ verdict, mismatches }) => [verdict, mismatches])).toEqual([
      ["passed", []],
      ["passed", []],
      ["passed", []],
    ]);
    expect(new Set(hops.map(({ from, to, carrier }) => `${from} > ${to} ${carrier}`)).size).toBeGreaterThanOrEqual(3);
  },
);

test("without it the same agent exports nothing and carries nothing", async () => {
  const { failures, hops, notes } = await played("bare");
  expect(failures).toEqual([]);
  expect(notes).toEqual([expect.stringContaining('no span of a service "helper"')]);
  expect(new Set(hops.flatMap(({ to, causes }) => causes.map((cause) => `${to} ${cause}`)))).toEqual(
    new Set(["helper never-exported", "clock not-injected", "oracle not-injected"]),
  );
});

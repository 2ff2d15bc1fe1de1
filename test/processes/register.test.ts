/** `troupe/register` in real processes: agents that know OpenTelemetry's API and the official SDKs alone. */
import { expect, test } from "vitest";
import type { LoadedScenario } from "../../src/campaign/load.ts";
import { fixture, inWire, judged } from "./wire-runs.ts";

const scenarios = await fixture("register");

function scenarioCalled(name: string): LoadedScenario {
  const loaded = scenarios.find(({ scenario }) => scenario.name === name);
  if (loaded === undefined) throw new Error(`no scenario ${name}`);
  return loaded;
}

async function played(name: string): Promise<ReturnType<typeof judged>> {
  const loaded = scenarioCalled(name);
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
    // What a program outside of Troupe sent nobody wrote down: it may have been lost on the way too.
    new Set([
      "helper never-exported",
      ...["clock", "oracle"].flatMap((to) => [`${to} not-injected`, `${to} re-rooted`]),
    ]),
  );
});

test("what a program was started with stands in the ledger as the program itself has it", async () => {
  const cut = [{ to: "helper", protocol: "environment" as const }];
  const { ledger } = await inWire(scenarioCalled("registered"), 1, "http", { cutCarriers: cut });
  const started = ledger.filter(({ protocol }) => protocol === "environment");
  expect(started.map(({ end, carrier }) => [end, Object.keys(carrier)])).toEqual([
    ["sent", ["TRACEPARENT", "BAGGAGE"]],
    ["received", []],
  ]);
});

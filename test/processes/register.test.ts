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

async function played(name: string, transport: "stdio" | "http" = "http"): Promise<ReturnType<typeof judged>> {
  const loaded = scenarioCalled(name);
  return judged(loaded, await inWire(loaded, 1, transport));
}

test.for([
  ["registered", "http"],
  ["registered", "stdio"],
  ["registered-listening", "http"],
  ["registered-exiting", "http"],
] as const)(
  "%s over %s: its spans hang where they belong, and its context reaches MCP servers and remote agents",
  async ([name, transport]) => {
    const { failures, missing, notes, expectations, hops } = await played(name, transport);
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

test("a launcher that lower-cases TRACEPARENT is seen by what the program itself tells of its environment", async () => {
  const run = await inWire(scenarioCalled("lowered"), 1, "http");
  const started = run.ledger.filter(({ protocol }) => protocol === "environment");
  expect(started.map(({ end, carrier }) => [end, Object.keys(carrier).toSorted()])).toEqual([
    ["sent", ["BAGGAGE", "TRACEPARENT"]],
    ["received", ["BAGGAGE", "traceparent"]],
  ]);
  const [hop] = judged(scenarioCalled("lowered"), run).hops.filter(({ method }) => method === "start");
  expect(hop).toMatchObject({
    causes: ["bad-carrier"],
    detail: "wrong case on the way: the key is traceparent",
  });
});

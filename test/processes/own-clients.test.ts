/** Faults that agents meet in `wire` by clients of their own, in programs and in process: they act at the mock's end. */
import { expect, test } from "vitest";
import type { RunResult } from "../../src/campaign/result.ts";
import type { WireTransport } from "../../src/run/control.ts";
import type { Run } from "../../src/run/outcome.ts";
import type { WireFault } from "../../src/scenario/fault.ts";
import { atTheMock } from "../faults/program-cells.ts";
import { fixture, inSim, inWire, judged } from "./wire-runs.ts";

const loaded = await fixture("own-clients");

interface Met {
  readonly run: Run;
  readonly result: RunResult;
  readonly said: string | undefined;
}

async function meeting(
  name: string,
  faults: readonly WireFault[],
  transport: WireTransport | "sim" = "http",
): Promise<Met> {
  const found = loaded.find(({ scenario }) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no fixture ${name}`);
  const met = { ...found, scenario: { ...found.scenario, faults } };
  const run = transport === "sim" ? await inSim(met, 1) : await inWire(met, 1, transport);
  return { run, result: judged(met, run), said: run.messages.at(-1)?.text };
}

const REFUSED = { fault: "rpc-error", message: "out of order", from: "clerk", to: "risk" } as const;
const FAULTS = [
  { fault: "http-status", status: 503, body: "overloaded", agent: "clerk", tool: "price" },
  { carrier: "dropped", by: "intermediary", to: "risk" },
  REFUSED,
] as const satisfies readonly WireFault[];

test("a program meets faults by its clients of MCP and A2A, though the mocks have answered; one of a carrier breaks the hop", async () => {
  const { run, result, said } = await meeting("both", FAULTS);
  expect(said).toMatch(/^failed Error: .*overloaded.*\nfailed .*out of order/s);
  const told = result.faults.map(({ fault, from, agent, to, transport }) => [fault, from, agent, to, transport].join());
  expect(told.toSorted()).toEqual([
    "carrier,clerk,clerk,risk,http",
    "http-status,clerk,clerk,shop,http",
    "rpc-error,clerk,clerk,risk,http",
  ]);
  const [hop] = result.hops.filter(({ method }) => method === "SendMessage");
  expect([hop?.causes, atTheMock(run.ledger), run.failures, run.missing]).toEqual([["re-rooted"], [2, 2], [], []]);
});

test("without a fault that hits it, it meets none, and the run says so", async () => {
  const { run, result, said } = await meeting("both", [
    { ...REFUSED, occurrence: 2 },
    { fault: "drop", method: "tools/list" },
  ]);
  expect(said).toMatch(/^answered .*12.*\nanswered .*approved/s);
  expect([result.faults, atTheMock(run.ledger)]).toEqual([[], [2, 2]]);
  expect(result.notes).toEqual(
    expect.arrayContaining([
      "faults[0] (rpc-error) never happened: one message fits its rule, and none was occurrence 2",
      "faults[1] (drop) never happened: no message of this run fits its rule",
    ]),
  );
});

/** What happened, without what differs: in `wire` each mock counts by itself what it is asked. */
function story({ tallies }: Run): readonly string[] {
  return tallies
    .flatMap(({ fired }) => fired)
    .map(({ fault, from, agent, method, direction, detail }) => [fault, from, agent, method, direction, detail].join())
    .toSorted();
}

test("in process the same faults are drawn as in sim, each once, by the agent's clients as by Troupe's", async () => {
  const faults: readonly WireFault[] = [
    { fault: "is-error", rate: 0.5, agent: "framework" },
    { fault: "delay", ms: [1, 9], rate: 0.5, from: "agents" },
    { carrier: "dropped", rate: 0.5 },
  ];
  const [sim, wire] = [await meeting("in-process", faults, "sim"), await meeting("in-process", faults)];
  expect(story(sim.run).length).toBeGreaterThan(5);
  expect([story(wire.run), wire.said, wire.run.failures]).toEqual([story(sim.run), sim.said, []]);
  expect(wire.result.canonicalDigest).toBe(sim.result.canonicalDigest);
});

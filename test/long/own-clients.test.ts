/** Every fault over every transport, met by a program with the official clients: its own words, and the mock's ledger. */
import { expect, test } from "vitest";
import type { LoadedScenario } from "../../src/campaign/load.ts";
import type { WireFault } from "../../src/scenario/fault.ts";
import { whyNotOver } from "../../src/scenario/fault-transport.ts";
import { CARRIER_CELLS } from "../faults/carrier-cells.ts";
import { CELLS, type Carrying } from "../faults/cells.ts";
import { atTheMock, expectedAtTheMock, programWords } from "../faults/program-cells.ts";
import { TRANSPORTS, fixture, inWire, judged } from "../processes/wire-runs.ts";

const loaded = await fixture("own-clients");

function meeting(name: string, fault: WireFault): LoadedScenario {
  const found = loaded.find(({ scenario }) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no fixture ${name}`);
  return { ...found, scenario: { ...found.scenario, faults: [fault] } };
}

const PLACES = [
  ...TRANSPORTS.map((transport) => ({
    transport,
    where: `to a server over ${transport}`,
    carrying: transport === "http" ? ("http" as const) : ("pipe" as const),
    name: "call",
    rule: { tool: "price", agent: "clerk" },
  })),
  {
    transport: "stdio" as const,
    where: "to a remote agent",
    carrying: "a2a" as const satisfies Carrying,
    name: "question",
    rule: { to: "risk", method: "SendMessage", from: "clerk" },
  },
];

const MESSAGES = PLACES.flatMap(({ where, name, rule, ...place }) =>
  CELLS.filter(({ fault }) => name === "call" || fault.fault !== "is-error").map((cell) => ({
    ...place,
    title: `${cell.name} ${where}`,
    fault: cell.fault,
    met: meeting(name, { ...cell.fault, ...rule }),
  })),
).filter(
  ({ met, transport, carrying, fault }) =>
    whyNotOver(met.scenario, transport) === undefined &&
    !(carrying === "a2a" && fault.fault === "duplicate" && fault.direction === "reply"),
);

test.for(MESSAGES)("$title", async ({ met, fault, transport, carrying }) => {
  const run = await inWire(met, 1, transport);
  const result = judged(met, run);
  expect([run.messages.at(-1)?.text, run.failures]).toEqual([expect.stringMatching(programWords(fault, carrying)), []]);
  expect(result.faults.map((fired) => [fired.fault, fired.direction, fired.agent, fired.transport])).toEqual([
    [fault.fault, fault.direction, "clerk", carrying === "a2a" ? "http" : transport],
  ]);
  expect(atTheMock(run.ledger)).toEqual(expectedAtTheMock(fault, carrying));
});

const CARRIERS = PLACES.flatMap(({ where, name, rule, ...place }) =>
  CARRIER_CELLS.map((cell) => ({
    ...place,
    title: `${cell.name}, ${where}`,
    fault: cell.fault,
    met: meeting(name, { ...cell.fault, ...rule }),
  })),
);

test.for(CARRIERS)("a carrier $title", async ({ met, fault, transport }) => {
  const run = await inWire(met, 1, transport);
  const { hops, faults } = judged(met, run);
  expect([run.messages.at(-1)?.text, run.failures, run.missing]).toEqual([expect.stringMatching(/^answered /), [], []]);
  expect(faults.map((fired) => [fired.fault, fired.detail, fired.agent])).toEqual([
    ["carrier", fault.carrier, "clerk"],
  ]);
  const [hop] = hops.filter(({ method }) => method === "tools/call" || method === "SendMessage");
  expect(hop?.verdict).toBe("broken");
});

test("a request that is lost with a spoilt carrier breaks no hop", async () => {
  const drop = { fault: "drop", to: "risk" } as const;
  const met = meeting("question", { carrier: "dropped", by: "intermediary", to: "risk" });
  const run = await inWire(
    { ...met, scenario: { ...met.scenario, faults: [...met.scenario.faults, drop] } },
    1,
    "http",
  );
  const { hops, faults } = judged(met, run);
  expect(faults.map(({ fault }) => fault)).toEqual(["carrier", "drop"]);
  expect(hops.filter(({ method }) => method === "SendMessage")).toEqual([]);
});

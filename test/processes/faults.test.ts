/** Every fault over real wires: the run ends, says what happened, and leaves nothing behind. */
import { afterAll, expect, test } from "vitest";
import type { LoadedScenario } from "../../src/campaign/load.ts";
import type { WireTransport } from "../../src/run/control.ts";
import type { Run } from "../../src/run/outcome.ts";
import type { WireFault } from "../../src/scenario/fault.ts";
import { whyNotOver } from "../../src/scenario/fault-transport.ts";
import { CARRIER_CELLS, doubtOfCarrier, expectedCause } from "../faults/carrier-cells.ts";
import { CELLS, type Carrying, type Cell, doubtOf, expectedWords } from "../faults/cells.ts";
import { MARK, newMark, processesWith } from "./machine.ts";
import { IS_LONG, TRANSPORTS, fixture, inSim, inWire, judged } from "./wire-runs.ts";

const mark = newMark();
process.env[MARK] = mark;
afterAll(() => {
  delete process.env[MARK];
});

const loaded = await fixture("faults");
const OPTIONS = { timeout: 60_000 };

function meeting(name: string, faults: readonly WireFault[]): LoadedScenario {
  const found = loaded.find(({ scenario }) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no fixture ${name}`);
  return { ...found, scenario: { ...found.scenario, faults } };
}

interface Wired extends Cell {
  readonly title: string;
  readonly transport: WireTransport;
  readonly carrying: Carrying;
  readonly met: LoadedScenario;
}

const MCP: readonly Wired[] = TRANSPORTS.flatMap((transport) =>
  CELLS.map((cell) => ({
    ...cell,
    transport,
    title: `${cell.name} to a server over ${transport}`,
    carrying: transport === "http" ? ("http" as const) : ("pipe" as const),
    met: meeting("one-call", [{ ...cell.fault, tool: "price" }]),
  })),
);
const A2A: readonly Wired[] = CELLS.filter(
  ({ name, fault }) => fault.fault !== "is-error" && name !== "duplicate of a reply",
).map((cell) => ({
  ...cell,
  transport: "stdio",
  title: `${cell.name} to a remote agent`,
  carrying: "a2a",
  met: meeting("one-question", [{ ...cell.fault, to: "risk" }]),
}));
const ALL = [...MCP, ...A2A];
const isPossible = ({ met, transport }: Wired): boolean => whyNotOver(met.scenario, transport) === undefined;

const OF_CARRIERS = CARRIER_CELLS.flatMap(({ name, fault }) => [
  ...TRANSPORTS.map((transport) => ({
    title: `${name}, to a server over ${transport}`,
    fault,
    transport,
    carrying: transport === "http" ? ("http" as const) : ("pipe" as const),
    met: meeting("one-call", [{ ...fault, tool: "price" }]),
  })),
  {
    title: `${name}, to a remote agent`,
    fault,
    transport: "stdio" as const,
    carrying: "a2a" as const,
    met: meeting("one-question", [{ ...fault, to: "risk" }]),
  },
]);

/** In every run, one of each carriage; the long tier has them all. */
const QUICK: readonly string[] = [
  "drop of a request to a server over stdio",
  "http-status of a reply to a server over http",
  "disconnect of a request to a server over ws",
  "early-close of a reply to a remote agent",
];

test.for(ALL.filter((cell) => isPossible(cell) && (IS_LONG || QUICK.includes(cell.title))))(
  "$title",
  OPTIONS,
  async ({ fault, transport, carrying, met }) => {
    const before = timers();
    const run = await inWire(met, 1, transport);
    const result = judged(met, run);
    expect([result.verdict, result.failures, result.notes]).toEqual(["passed", [], []]);
    expect(run.messages.at(-1)?.text).toMatch(expectedWords(fault, carrying));
    expect(result.faults.map((fired) => [fired.fault, fired.direction, fired.transport])).toEqual([
      [fault.fault, fault.direction, carrying === "a2a" ? "http" : transport],
    ]);
    expect(doubtOf(fault, run.ledger)).toBeUndefined();
    expect([run.openSpans, run.missing, result.hops.filter(({ verdict }) => verdict === "broken")]).toEqual([
      [],
      [],
      [],
    ]);
    expect(timers()).toBeLessThanOrEqual(before);
  },
);

test.for(OF_CARRIERS.filter(({ title }) => IS_LONG || title === "stale by the intermediary, to a remote agent"))(
  "a carrier $title",
  OPTIONS,
  async ({ fault, transport, carrying, met }) => {
    const run = await inWire(met, 1, transport);
    const { hops, faults } = judged(met, run);
    expect([run.messages.at(-1)?.text, run.failures, run.openSpans, run.missing]).toEqual([
      expect.stringMatching(/^answered /),
      [],
      [],
      [],
    ]);
    expect(hops.flatMap(({ verdict, causes }) => (verdict === "broken" ? [causes] : []))).toEqual([
      [expectedCause(fault, carrying)],
    ]);
    expect(faults.map((fired) => [fired.fault, fired.detail, fired.transport])).toEqual([
      ["carrier", fault.carrier, carrying === "a2a" ? "http" : transport],
    ]);
    expect(doubtOfCarrier(fault, run.ledger)).toBeUndefined();
  },
);

/** How many timers this process waits for. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

test("what a transport cannot have is refused, and names another way", async () => {
  const refused = ALL.filter((cell) => !isPossible(cell));
  expect(refused.map(({ title }) => title)).toEqual([
    "disconnect of a request to a server over stdio",
    "disconnect of a reply to a server over stdio",
    "early-close of a reply to a server over stdio",
    "http-status of a reply to a server over stdio",
    "http-status of a request to a server over stdio",
    "duplicate of a reply to a server over http",
    "http-status of a reply to a server over ws",
    "http-status of a request to a server over ws",
  ]);
  for (const { met, transport } of refused)
    await expect(inWire(met, 1, transport)).rejects.toMatchObject({ code: "RUN_REFUSED" });
});

/** What happened, without what a wire has of its own: the order of what is asked at once, and when. */
function story({ tallies }: Run): readonly string[] {
  return tallies
    .flatMap(({ fired }) => fired)
    .map(({ fault, agent, method, direction, occurrence, detail }) =>
      [fault, agent, method, direction, occurrence, detail].join(),
    )
    .toSorted();
}

test.for(IS_LONG ? TRANSPORTS : (["ws"] as const))(
  "over %s the same faults are drawn as in sim",
  OPTIONS,
  async (transport) => {
    const faults: readonly WireFault[] = [
      { carrier: "dropped", rate: 0.5 },
      { fault: "delay", ms: [1, 9], rate: 0.5 },
      { fault: "duplicate", rate: 0.5 },
      { fault: "is-error", text: "busy", rate: 0.5 },
    ];
    const several = meeting("several-calls", faults);
    for (const seed of [1, 2, 3]) {
      const [sim, wire] = [await inSim(several, seed), await inWire(several, seed, transport)];
      expect(story(sim).length).toBeGreaterThan(2);
      expect({ seed, story: story(wire), failures: wire.failures }).toEqual({ seed, story: story(sim), failures: [] });
      expect(judged(several, wire).canonicalDigest).toBe(judged(several, sim).canonicalDigest);
    }
  },
);

test("a fault in what a remote agent asks happens in its process, and is told with the run", OPTIONS, async () => {
  const nested = meeting("nested", [{ fault: "is-error", text: "no price today", from: "appraiser" }]);
  const [sim, wire] = [await inSim(nested, 1), await inWire(nested, 1, "stdio")];
  expect(story(wire)).toEqual(["is-error,appraiser,tools/call,reply,1,"]);
  expect([wire.messages.at(-1)?.text, judged(nested, wire).canonicalDigest]).toEqual([
    "failed tool price: no price today",
    judged(nested, sim).canonicalDigest,
  ]);
});

test("no process of these runs is left but those that wait for the next", () => {
  expect(processesWith(mark).length).toBeLessThanOrEqual(8);
});

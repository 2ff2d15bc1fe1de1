/** The same scenario and seed give the same tree and verdict, simulated and over real processes. */
import { expect, test } from "vitest";
import type { LoadedScenario } from "../../src/campaign/load.ts";
import type { Run } from "../../src/run/outcome.ts";
import { IS_LONG, TRANSPORTS, essence, fixture, inSim, inWire, judged, shipped } from "./wire-runs.ts";

const QUICK = IS_LONG ? TRANSPORTS : (["stdio"] as const);
const SEEDS = IS_LONG ? [1, 4711] : [4711];
const FILES = [...new Set(shipped.map(({ file }) => file))];
/** The scenarios of one file one after the other: they share its children. Each over every transport, where there is time. */
const CASES = FILES.flatMap((file, index) =>
  TRANSPORTS.filter((_, at) => IS_LONG || at === index % TRANSPORTS.length).map(
    (transport) => [file.replace(/^.*\//, ""), transport, file] as const,
  ),
);

test("there are scenarios to compare, and remote agents among them", () => {
  expect(shipped.length).toBeGreaterThan(10);
  expect(shipped.map(({ scenario }) => scenario.name)).toContain("delegation-chain");
});

test.for(CASES)("%s over %s is what it is in sim", async ([, transport, file]) => {
  for (const loaded of shipped.filter((one) => one.file === file))
    for (const seed of SEEDS) {
      const { path } = loaded;
      const [sim, wire] = [await inSim(loaded, seed), await inWire(loaded, seed, transport)];
      expect({ path, seed, ...essence(loaded, wire) }).toEqual({ path, seed, ...essence(loaded, sim) });
      expect([wire.mode, wire.spans.length]).toEqual(["wire", sim.spans.length]);
    }
});

test.for(QUICK)("over %s each service's spans come from a process of its own", async (transport) => {
  const chain = named("delegation-chain");
  const { spans } = await inWire(chain, 1, transport);
  const services = new Set(spans.map(({ resource }) => resource["service.name"]));
  expect(services).toEqual(new Set(["troupe", "agents", "researcher", "archivist", "archive", "library"]));
});

test("a server that does something else in its own process makes the digests differ", async () => {
  const [elsewhere] = await fixture("elsewhere");
  if (elsewhere === undefined) throw new Error("no fixture");
  const [sim, wire] = [await inSim(elsewhere, 1), await inWire(elsewhere, 1, "stdio")];
  const [{ canonicalDigest: simulated, ...inSimulation }, { canonicalDigest: real, ...inReality }] = [
    asRecord(essence(elsewhere, sim)),
    asRecord(essence(elsewhere, wire)),
  ];
  expect(simulated).not.toBe(real);
  expect(inReality).not.toEqual(inSimulation);
});

test("a span that is still open in another process is drawn and judged as it is in sim", async () => {
  const [late] = await fixture("late");
  if (late === undefined) throw new Error("no fixture");
  const [sim, wire] = [await inSim(late, 1), await inWire(late, 1, "stdio")];
  expect(essence(late, wire)).toEqual(essence(late, sim));
  expect(wire.openSpans.map(({ name }) => name)).toContain("invoke_agent slow");
});

test("steps that are asked for at once are numbered in the order of the program, whoever connects first", async () => {
  const finance = named("finance-operations");
  for (let seed = 1; seed <= 12; seed++) {
    const { spans } = await inSim(finance, seed);
    const stepOf = (name: string): unknown =>
      spans.find((span) => span.name === name)?.attributes["agent.trajectory.step"];
    const steps = [stepOf("execute_tool get_invoice"), stepOf("resources/read contract://acme/terms")];
    expect({ seed, steps }).toEqual({ seed, steps: [2, 3] });
  }
});

test.for(QUICK)("questions that are worked on at once are told apart, over %s as in sim", async (transport) => {
  const [crowd] = await fixture("crowd");
  if (crowd === undefined) throw new Error("no fixture");
  for (const seed of SEEDS) {
    const [sim, wire] = [await inSim(crowd, seed), await inWire(crowd, seed, transport)];
    expect({ seed, ...essence(crowd, wire) }).toEqual({ seed, ...essence(crowd, sim) });
  }
});

test("another seed has other trace ids in wire too", async () => {
  const chain = named("delegation-chain");
  const [one, other] = [await inWire(chain, 1, "http"), await inWire(chain, 2, "http")];
  expect(one.spans[0]?.traceId).not.toBe(other.spans[0]?.traceId);
});

function named(name: string): LoadedScenario {
  const found = shipped.find(({ scenario }) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return found;
}

function asRecord(value: object): Record<string, unknown> {
  return { ...value };
}

test("agents that ask their model by official clients over HTTP do in wire what they do in sim", async () => {
  const [clients] = await fixture("clients");
  if (clients === undefined) throw new Error("no fixture");
  for (const seed of SEEDS) {
    const [sim, wire] = [await inSim(clients, seed), await inWire(clients, seed, "stdio")];
    expect(essence(clients, wire)).toEqual(essence(clients, sim));
    expect(judged(clients, wire).verdict).toBe("passed");
    expect(modelCalls(wire)).toEqual(modelCalls(sim));
    expect(modelCalls(wire)).toHaveLength(3);
  }
});

/** What both ends wrote of each request to a model: who asked, whether the carrier came as it left, and how it was answered. */
function modelCalls({ ledger }: Run): readonly object[] {
  const calls = new Map<string, Record<string, unknown>>();
  for (const { protocol, role, message, end, from, to, agent, method, carrier, status } of ledger) {
    if (protocol !== "model") continue;
    const [, number = ""] = message.replace("#re:", "#").split("#");
    const call = calls.get(number) ?? {};
    calls.set(number, call);
    if (role === "reply") call[`answer ${end}`] = status;
    else call[end] = { from, to, agent, method, carrier };
  }
  return [...calls.values()].map(({ sent, received, ...answers }) => {
    expect(received).toEqual(sent);
    const { carrier, ...asked }: Record<string, unknown> = Object(sent);
    return { ...asked, hasContext: Object.keys(Object(carrier)).includes("traceparent"), ...answers };
  });
}

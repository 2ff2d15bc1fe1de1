/** Where simulation and real processes could differ though no shipped scenario shows it. */
import { expect, test } from "vitest";
import type { LoadedScenario } from "../../src/campaign/load.ts";
import { IS_LONG, essence, fixture, inSim, inWire, judged } from "./wire-runs.ts";

const seams = await fixture("seams");
/** Each over one of the two, where there is no time for both. */
const CASES = (["stdio", "http"] as const).flatMap((transport, at) =>
  seams
    .filter((_, index) => IS_LONG || index % 2 === at)
    .map((loaded) => ({ transport, loaded, name: loaded.scenario.name })),
);

function named(name: string): LoadedScenario {
  const found = seams.find(({ scenario }) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return found;
}

test.for(CASES)("$name over $transport is what it is in sim", async ({ loaded, transport }) => {
  for (const seed of [1, 2]) {
    const [sim, wire] = [await inSim(loaded, seed), await inWire(loaded, seed, transport)];
    expect({ seed, ...essence(loaded, wire) }).toEqual({ seed, ...essence(loaded, sim) });
    expect(judged(loaded, sim).verdict).toBe("passed");
  }
});

test("processes agree on the time: no span starts before its parent, however often it is tried", async () => {
  const ordered = named("ordered");
  for (let seed = 1; seed <= 40; seed++) {
    const result = judged(ordered, await inWire(ordered, seed, "stdio"));
    expect({ seed, verdict: result.verdict }).toEqual({ seed, verdict: "passed" });
    expect(result.summary.traces.map(({ earlyStarts, lateEnds }) => [earlyStarts, lateEnds])).toEqual([[0, 0]]);
  }
});

test("two processes of one server draw ids of their own", async () => {
  const { spans } = await inWire(named("shared"), 1, "stdio");
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
});

test("a task's states are those that its own waits make, and cancelling ends it", async () => {
  const { messages, failures } = await inWire(named("tasks"), 1, "http");
  expect(failures).toEqual([]);
  expect(messages.at(-1)?.text).toBe("working working canceled");
});

test("a task that nobody waited for is waited for before its connections are closed", async () => {
  const run = await inWire(named("abandoned"), 1, "stdio");
  expect([run.failures, run.missing]).toEqual([[], []]);
  expect(run.spans.map(({ name }) => name)).toContain("tools/call find");
});

test("a call that nobody waits for fails the run where it fails, in both", async () => {
  const [unawaited] = await fixture("unawaited");
  if (unawaited === undefined) throw new Error("no fixture");
  const [sim, wire] = [await inSim(unawaited, 1), await inWire(unawaited, 1, "stdio")];
  expect(essence(unawaited, wire)).toEqual(essence(unawaited, sim));
  expect(wire.failures).toEqual(["agent clerk threw and nobody caught it: ToolFailedError: tool look: closed"]);
});

test.for([
  ["stdio", "pipe", undefined, false],
  ["http", "tcp", "http", true],
  ["ws", "tcp", "websocket", false],
] as const)(
  "over %s both ends say what they speak, and in which session",
  async ([transport, network, protocol, hasSession]) => {
    const { spans } = await inWire(named("ordered"), 1, transport);
    const ends = spans.filter(({ name }) => name === "execute_tool p" || name === "tools/call p");
    const told = ends.map(({ attributes }) => [
      attributes["network.transport"],
      attributes["network.protocol.name"],
      attributes["mcp.session.id"] !== undefined,
    ]);
    expect(told).toEqual(Array.from({ length: 2 }, () => [network, protocol, hasSession]));
    expect(new Set(ends.map(({ attributes }) => attributes["mcp.session.id"])).size).toBe(1);
  },
);

test("two scenarios of one file may each have a server of one name", async () => {
  for (const loaded of await fixture("namesakes")) {
    const { messages, faults, failures } = await inWire(loaded, 1, "stdio");
    expect([faults, failures, messages.at(-1)?.text]).toEqual([[], [], `from ${loaded.scenario.name}`]);
  }
});

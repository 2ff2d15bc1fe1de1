/** An agent that is killed at each step, or exports in every wrong way: each run ends, and says what is missing. */
import { expect, test } from "vitest";
import type { RunResult } from "../../src/campaign/result.ts";
import type { Run } from "../../src/run/outcome.ts";
import { fixture, inWire, judged } from "../processes/wire-runs.ts";

const scenarios = await fixture("faulty");

async function played(name: string): Promise<{ readonly run: Run; readonly result: RunResult }> {
  const loaded = scenarios.find(({ scenario }) => scenario.name === name);
  if (loaded === undefined) throw new Error(`no scenario ${name}`);
  const run = await inWire(loaded, 1, "http");
  return { run, result: judged(loaded, run) };
}

/** The span that the agent's call of a tool named as its parent. */
function promised({ ledger }: Run): string | undefined {
  return ledger.find(({ method }) => method === "tools/call")?.carrier["traceparent"]?.split("-")[2];
}

/** How many spans of the agent and of the server arrived. */
const arrived = ({ spans }: Run): readonly number[] =>
  ["helper", "clock"].map((name) => spans.filter(({ resource }) => resource["service.name"] === name).length);

test("where nothing fails the run passes, late as the spans may come", async () => {
  for (const name of ["nothing-fails", "exports-late"]) {
    const { run, result } = await played(name);
    expect([run.failures, run.missing, result.verdict]).toEqual([[], [], "passed"]);
    expect(arrived(run)).toEqual([1, 2]);
  }
});

test.for([
  ["dies-at-start", [0, 0]],
  ["dies-at-export", [1, 0]],
  ["dies-at-tool", [1, 2]],
  ["dies-at-reply", [1, 2]],
] as const)("%s: the run fails with what became of the agent, and keeps what had arrived", async ([name, spans]) => {
  const { run, result } = await played(name);
  expect(run.failures).toEqual(["agent helper: its process ended with SIGKILL"]);
  expect(result.verdict).toBe("failed");
  expect([arrived(run), run.missing]).toEqual([spans, []]);
});

test.for(["exports-never", "exports-too-late"])(
  "%s: the run is inconclusive, and names the span that a carrier had promised",
  async (name) => {
    const { run, result } = await played(name);
    expect([run.failures, result.verdict]).toEqual([[], "inconclusive"]);
    expect(result.missing).toEqual([promised(run)]);
    expect(result.notes).toContainEqual(expect.stringContaining('no span of a service "helper" has come'));
  },
);

test("an export that breaks off fails the run, with what had come of it and what is missing", async () => {
  const { run, result } = await played("exports-half");
  expect([run.failures, result.verdict]).toEqual([["the request broke off after 19 bytes"], "failed"]);
  expect(result.missing).toEqual([promised(run)]);
});

test("one that ends too late for its spans is killed, and the run says so", async () => {
  const { result } = await played("exports-too-late");
  expect(result.notes).toContainEqual(
    "agent helper did not end within 1 s of the end of its stdin (limits.flushMs): what it had not exported is lost",
  );
});

test("a span that comes twice is named, and fails nothing by itself", async () => {
  const { run, result } = await played("exports-twice");
  expect([run.failures, run.missing]).toEqual([[], []]);
  expect(result.notes).toContain("agent helper exported 1 span twice (duplicate-export)");
});

/**
 * Real frameworks, as npm has them: installed from their locks, as programs in real processes over both ways to MCP, and in
 * process in the simulation.
 */
import { execFileSync } from "node:child_process";
import { beforeAll, expect, test, vi } from "vitest";
import * as z from "zod";
import { type LoadedScenario, loadScenarios } from "../../src/campaign/load.ts";
import { troupeProcess } from "../cli/run-child.ts";
import { inSim, inWire, judged } from "../processes/wire-runs.ts";

const FRAMEWORKS = ["ai-sdk", "langgraph", "openai-agents"] as const;
const IN_PROCESS = FRAMEWORKS.map((name) => `scenarios/frameworks/${name}-in-process.scenario.yaml`);

beforeAll(() => {
  // OpenAI's SDK traces nothing in a test.
  vi.stubEnv("NODE_ENV", "production");
  for (const name of FRAMEWORKS)
    execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--prefix", `scenarios/frameworks/${name}`]);
}, 600_000);

async function loaded(path: string): Promise<LoadedScenario> {
  const [scenario] = await loadScenarios([path]);
  if (scenario === undefined) throw new Error(`no scenario in ${path}`);
  return scenario;
}

const WIRED = FRAMEWORKS.flatMap((name) => (["http", "stdio"] as const).map((transport) => [name, transport] as const));

test.for(WIRED)("%s over %s passes the shape of all and its own", async ([name, transport]) => {
  const scenario = await loaded(`scenarios/frameworks/${name}.scenario.ts`);
  const run = await inWire(scenario, 1, transport);
  const { failures, missing, verdict, expectations } = judged(scenario, run);
  expect([failures, missing, verdict]).toEqual([[], [], "passed"]);
  expect(expectations.map((one) => one.name)).toEqual([
    "clerk.shape.yaml",
    `${name}.shape.yaml`,
    "oneTrace",
    "propagation",
  ]);
  const calls = run.ledger.filter(
    ({ method, end, role }) => `${method} ${end} ${role}` === "tools/call received request",
  );
  expect(calls.map(({ to }) => to)).toEqual(["orders", "payments"]);
});

const RESULTS = z.object({
  verdict: z.string(),
  runs: z.array(z.object({ scenario: z.string(), canonicalDigest: z.string(), notes: z.array(z.string()) })),
});

/** Runs in a process of their own, which is no test's. */
async function resultsOf(words: readonly string[]): Promise<z.output<typeof RESULTS>> {
  const { out, err } = await troupeProcess(["run", ...words, "--json"]);
  return RESULTS.parse(JSON.parse(out === "" ? err : out));
}

test("in process all pass in sim and in wire, each with one canonical tree", async () => {
  const sim = await resultsOf(IN_PROCESS);
  const wire = await resultsOf([...IN_PROCESS, "--mode", "wire"]);
  expect([sim.verdict, wire.verdict]).toEqual(["passed", "passed"]);
  const digests = ({ runs }: typeof sim): readonly string[] =>
    runs.map(({ scenario, canonicalDigest }) => `${scenario} ${canonicalDigest}`);
  expect(digests(wire)).toEqual(digests(sim));
  expect(sim.runs.flatMap(({ notes }) => notes)).toEqual([]);
});

test("the same seed gives the same bytes: after other seeds, again, and alone in a fresh process", async () => {
  const { verdict } = await resultsOf([...IN_PROCESS, "--seeds", "3", "--check-determinism"]);
  expect(verdict).toBe("passed");
});

test.for(IN_PROCESS)("%s: without the carrier of one call exactly its edge is cut", async (path) => {
  const scenario = await loaded(path);
  const whole = await inSim(scenario, 1);
  const dropped = {
    carrier: "dropped",
    by: "intermediary",
    to: "orders",
    method: "tools/call",
  } as const;
  const cut = await inSim(scenario, 1, { breaks: { faults: [dropped] } });
  const parents = new Map(whole.spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]));
  const changed = cut.spans.filter(({ spanId, parentSpanId }) => parents.get(spanId) !== parentSpanId);
  expect(changed.map((span) => [span.name, span.parentSpanId])).toEqual([["tools/call lookup_order", undefined]]);
  const broken = judged(scenario, cut).hops.filter(({ verdict }) => verdict === "broken");
  expect(broken.map(({ to, method, causes }) => [to, method, causes])).toEqual([
    ["orders", "tools/call", ["re-rooted"]],
  ]);
});

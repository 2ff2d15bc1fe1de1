/**
 * Real frameworks, as npm has them: installed from their locks, as programs in real processes over both ways to MCP, in
 * process in the simulation and out of it, and recorded and replayed.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { type LoadedScenario, loadScenarios } from "../../src/campaign/load.ts";
import { readRecording } from "../../src/recording/recording.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { type Exited, troupeProcess } from "../cli/run-child.ts";
import { inSim, inWire, judged } from "../processes/wire-runs.ts";
import { programOf, realWorld, recorded, troupe } from "./framework-recordings.ts";

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

test("in process all pass in sim and in wire, over HTTP and over stdio, each with one canonical tree", async () => {
  const sim = await resultsOf(IN_PROCESS);
  const wire = await resultsOf([...IN_PROCESS, "--mode", "wire"]);
  const stdio = await resultsOf([...IN_PROCESS, "--mode", "wire", "--transport", "stdio"]);
  expect([sim.verdict, wire.verdict, stdio.verdict]).toEqual(["passed", "passed", "passed"]);
  const digests = ({ runs }: typeof sim): readonly string[] =>
    runs.map(({ scenario, canonicalDigest }) => `${scenario} ${canonicalDigest}`);
  expect([digests(wire), digests(stdio)]).toEqual([digests(sim), digests(sim)]);
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

const AGENTS = [...FRAMEWORKS, "python-plain"] as const;

describe("recorded against stand-ins for the real world, which is then gone", () => {
  // Inside the package, so that `troupe` is this checkout.
  const folder = mkdtempSync(join("test", ".tmp-frameworks-"));
  const ends: (() => Promise<void>)[] = [];
  const recordings = new Map<string, Exited>();

  beforeAll(async () => {
    const world = await realWorld((end) => ends.push(end));
    for (const name of AGENTS) recordings.set(name, await recorded(world, { folder, name, agent: programOf(name) }));
    for (const name of FRAMEWORKS) {
      const agent = [`scenarios/frameworks/${name}.agents.ts#clerk`];
      recordings.set(`${name}-here`, await recorded(world, { folder, name: `${name}-here`, agent }));
    }
    await Promise.all([world.model.stop("SIGTERM"), world.orders.stop("SIGTERM")]);
  }, 600_000);

  afterAll(async () => {
    for (const end of ends) await end();
    rmSync(folder, { recursive: true });
  });

  test("each comes to its end, with nothing missing", () => {
    for (const [name, { code, out, err }] of recordings) {
      const [reply, , counts] = out.split("\n");
      expect([name, code, err, reply]).toEqual([name, 0, "", "The second charge is refunded."]);
      expect(counts).toMatch(/^recorded 1 turn, [34] model calls, 2 tool calls$/);
    }
  });

  test.for(AGENTS)("%s runs offline, and is what it was in both lanes of a replay", async (name) => {
    const file = join(folder, name, `${name}.recording.json`);
    expect(await troupe(["run", join(folder, name), "--mode", "wire"])).toMatchObject({ code: 0, err: "" });
    const own = await troupe(["replay", file]);
    expect([own.code, own.out]).toEqual([
      0,
      expect.stringMatching(/no change\n\n {2}answered from the recording: [56] exact\n/),
    ]);
    const given = await troupe(["replay", file, "--agent", programOf(name).join(" ")]);
    expect([given.code, given.out]).toEqual([
      0,
      expect.stringMatching(/no change\n\n {2}answered from the recording: [56] exact\n/),
    ]);
  });

  test.for(FRAMEWORKS)("%s in process runs offline in sim, and is what it was", async (name) => {
    expect(await troupe(["run", join(folder, `${name}-here`)])).toMatchObject({ code: 0, err: "" });
    const { code, out } = await troupe(["replay", join(folder, `${name}-here`)]);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/no change\n\n {2}answered from the recording: [56] exact\n/),
    ]);
  });

  test("what all frameworks and plain Python do has one shape, as it was recorded", () => {
    const shape = parseShape(readFileSync("scenarios/frameworks/clerk.shape.yaml", "utf8"), "clerk.shape.yaml");
    for (const name of recordings.keys()) {
      const path = join(folder, name, `${name}.recording.json`);
      const { trajectory = [] } = readRecording(readFileSync(path, "utf8"), path);
      expect([name, matchShape(shape, buildTrees(trajectory)).mismatches]).toEqual([name, []]);
    }
  });

  test("an agent that does nothing of it, and exports nothing, is not taken for one that does the same", async () => {
    const { code, out } = await troupe(["replay", join(folder, "ai-sdk"), "--agent", "cat"]);
    expect([code, out]).toEqual([4, expect.stringContaining("cannot be judged, since spans have not come")]);
  });
});

/** How many orders of events `parallel-research` shows over 1,000 seeds, and that its shape holds in all of them. */
import { expect, test } from "vitest";
import { judgeRun } from "../../src/campaign/judge-run.ts";
import { loadScenarios } from "../../src/campaign/load.ts";
import { execute } from "../../src/run/execute.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { plan } from "../../src/scenario/plan.ts";

const SEEDS = 1000;

test("seeds interleave two researchers differently, and the shape holds for every one", async () => {
  prepareThread();
  const [loaded] = await loadScenarios(["scenarios/parallel-research.scenario.ts"]);
  if (loaded === undefined) throw new Error("there is no parallel-research");
  const requests = new Set<string>();
  const crossings = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = await execute(plan(loaded.scenario, seed));
    expect(judgeRun(run, { ...loaded, repeat: loaded.path }).verdict).toBe("passed");
    const calls = run.ledger.filter(({ end, method }) => end === "received" && method === "tools/call");
    const initials = (entries: typeof calls): string => entries.map(({ agent = "" }) => agent[0]).join("");
    requests.add(initials(calls.filter(({ role }) => role === "request")));
    crossings.add(run.ledger.map(({ end, agent, method, role }) => `${end} ${agent} ${method} ${role}`).join("\n"));
  }
  process.stdout.write(
    `over ${SEEDS} seeds: the server heard 2 × 3 calls in ${requests.size} orders (12 are possible, since both ask at once); ` +
      `all that crossed, sent and received, came in ${crossings.size} orders\n`,
  );
  expect(requests.size).toBe(12);
});

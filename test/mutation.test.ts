/** All that can be broken in a run is broken, alone: some expectation notices, and the diagnosis says what it was. */
import { expect, test } from "vitest";
import { judgeRun } from "../src/campaign/judge-run.ts";
import { loadScenarios } from "../src/campaign/load.ts";
import { ALL_MUTANTS, type MutatedHop, mutantsOf } from "../src/campaign/mutants.ts";
import type { RunResult } from "../src/campaign/result.ts";
import { execute } from "../src/run/execute.ts";
import { plan } from "../src/scenario/plan.ts";
import { type Mutation, MUTATIONS } from "../src/scenario/survivor.ts";
import type { Cause } from "../src/trace/evidence.ts";
import { severalCalls } from "./processes/fixtures/faults.scenario.ts";

/** Of a span that ends early the context may be whole. */
const CAUSES: Readonly<Partial<Record<Mutation, Cause>>> = {
  dropped: "not-injected",
  namespaced: "bad-carrier",
  "upper-cased": "bad-carrier",
  malformed: "bad-carrier",
  stale: "bad-carrier",
  duplicated: "bad-carrier",
  "flags-cleared": "sampled-out",
  "new-root": "not-extracted",
  "never-ended": "never-exported",
  "error-as-ok": "wrong-status",
};

/** The causes of the hop that was broken. */
function causesAt({ hops }: RunResult, { from, to, method, occurrence }: MutatedHop): readonly Cause[] {
  const alike = hops.filter((hop) => hop.from === from && hop.to === to && hop.method === method);
  return alike[occurrence - 1]?.causes ?? [];
}

const FILES = ["refund-handoff", "tool-loop"].map((name) => `scenarios/${name}.scenario.ts`);

test("what is broken is noticed, and named at the hop where it was broken", { timeout: 30_000 }, async () => {
  const named = new Set<Mutation>();
  for (const { scenario, expectations } of await loadScenarios(FILES)) {
    const planned = plan(scenario, 1);
    for (const { hop, mutants } of mutantsOf(await execute(planned), ALL_MUTANTS))
      for (const { mutation, breaks } of mutants) {
        if (breaks === null) continue;
        const run = await execute(planned, { breaks });
        const result = judgeRun(run, { file: null, expectations, repeat: "" });
        const cause = CAUSES[mutation];
        // Between two agents of one service nothing crosses.
        const isJudged = cause !== undefined && hop.from !== hop.to;
        const found = {
          mutant: `${hop.label}: ${mutation}`,
          hits: run.tallies.flatMap(({ fired }) => fired).length + run.spoiltSpans.length,
          isNoticed: result.expectations.some(({ verdict }) => verdict !== "passed"),
          causes: isJudged ? causesAt(result, hop) : [],
        };
        expect(found).toEqual({ ...found, hits: 1, isNoticed: true, causes: isJudged ? [cause] : [] });
        named.add(mutation);
      }
  }
  expect([...named].toSorted()).toEqual(MUTATIONS.toSorted());
});

test("what a program told that it has sent itself is not ours to break", async () => {
  const run = await execute(plan(severalCalls, 1));
  const ofProgram = run.ledger.map((entry) => (entry.from === "agents" ? { ...entry, isTold: true } : entry));
  const froms = (ledger: typeof run.ledger): readonly string[] =>
    mutantsOf({ ...run, ledger }, ALL_MUTANTS).map(({ hop }) => hop.from);
  expect(froms(run.ledger)).toContain("agents");
  expect(froms(ofProgram)).toEqual(froms(run.ledger).filter((from) => from !== "agents"));
});

test("what a scenario's own fault has spoilt is not there to be broken, and what comes behind it still is", async () => {
  const planned = plan({ ...severalCalls, faults: [{ carrier: "dropped", tool: "price", occurrence: 2 }] }, 1);
  const calls = mutantsOf(await execute(planned), { mutations: ["namespaced"], isOncePerKind: false }).filter(
    ({ hop }) => hop.method === "tools/call",
  );
  // The second left without anything that could be broken.
  expect(calls.map(({ hop }) => hop.occurrence)).toEqual([1, 3, 4]);
  for (const { hop, mutants } of calls) {
    const run = await execute(planned, { breaks: mutants[0]?.breaks ?? {} });
    const [own, ...fired] = run.tallies
      .flatMap((tally) => tally.fired)
      .toSorted((one, other) => one.index - other.index);
    expect(own).toMatchObject({ index: 0, detail: "dropped", occurrence: 2 });
    expect(fired).toMatchObject([{ index: 1, detail: "namespaced", occurrence: hop.occurrence }]);
  }
});

import { expect, test } from "vitest";
import { jsonSchemas } from "../../src/report/json-schema.ts";
import { mutationJson, mutationSchema } from "../../src/report/mutation-json.ts";
import { mutationText } from "../../src/report/mutation-text.ts";
import { mutationOf, scenarioMutation } from "./mutations.ts";
import { FAILED, runOf } from "./results.ts";

test("each hop says of each mutant who noticed it, or why nobody did; then what each expectation adds", () => {
  expect(mutationText(mutationOf(scenarioMutation()))).toMatchInlineSnapshot(`
    "refund-handoff seed 7 · sim: 2 hops, 8 mutants: 5 caught, 1 survived, 1 accepted, 1 without effect, score 71.4 %

      agents -> orders tools/call lookup_order
        ✓ dropped, namespaced: every expectation
        ✓ malformed: propagation
        ~ stale: accepted, orders keeps no trace
        ! duplicated: without effect, nothing that it was put into came by

      agents -> orders tools/call lookup_order #2
        ✗ ended-early: survived
        - error-as-ok: not applicable, nothing failed there
        ✓ never-ended: oneTrace (inconclusive)
        ✓ new-root: the run itself

      what each expectation adds
        oneTrace     caught 3, 1 alone: without it 57.1 %
        propagation  caught 3

      stale: the scenario accepts flags-cleared to orders, and no such mutant survives

      repeat: troupe mutate a.scenario.ts --seed 7 --only ended-early"
  `);
});

test("of several scenarios the sum is told", () => {
  const text = mutationText(mutationOf(scenarioMutation(), scenarioMutation()));
  expect(text.split("\n").at(-1)).toBe(
    "2 scenarios: 16 mutants: 10 caught, 2 survived, 2 accepted, 2 without effect, score 71.4 %",
  );
});

test("where the whole run failed, its report stands in place of the mutants", () => {
  const none = { caught: 0, survived: 0, accepted: 0, "not-applicable": 0, "without-effect": 0 };
  const text = mutationText(mutationOf(scenarioMutation({ whole: FAILED, hops: [], tally: none })));
  expect(text).toMatch(/^✗ failed refund-handoff[^]*nothing was broken: refund-handoff has to pass first$/);
});

test("a share is rounded down, so that only all of them are 100 %", () => {
  const tally = { caught: 9999, survived: 1, accepted: 0, "not-applicable": 0, "without-effect": 0 };
  expect(mutationText(mutationOf(scenarioMutation({ tally })))).toContain("score 99.9 %");
});

test("the document is what its schema says", () => {
  const document = mutationJson(mutationOf(scenarioMutation()));
  expect(mutationSchema.parse(document)).toEqual(document);
  expect(document.scenarios[0]).toMatchObject({
    score: 5 / 7,
    mutants: { caught: 5, survived: 1, accepted: 1, notApplicable: 1, withoutEffect: 1 },
    stale: [{ mutation: "flags-cleared", to: "orders", why: "it was so once" }],
  });
  expect(jsonSchemas().mutate).toMatchObject({ additionalProperties: false });
});

test("what a stopped command did not play is counted", () => {
  expect(mutationJson({ ...mutationOf(), notRun: 3 }).notRun).toBe(3);
  expect(mutationText({ ...mutationOf(), notRun: 3 })).toBe("stopped with 3 not run");
});

test("a scenario without mutants has no score", () => {
  const tally = { caught: 0, survived: 0, accepted: 0, "not-applicable": 0, "without-effect": 0 };
  const whole = runOf({ verdict: "skipped", skipped: "it runs in wire only (modes)" });
  expect(mutationJson(mutationOf(scenarioMutation({ whole, tally }))).scenarios[0]?.score).toBeNull();
});

import { expect, test } from "vitest";
import { judge } from "../../src/check/judge.ts";
import { reachesOutcome } from "../../src/check/outcome.ts";
import type { ExpectationResult } from "../../src/check/verdict.ts";
import { type Draft, agent, treesOf } from "./traces.ts";

function workflow(outcome: string | undefined): Draft {
  const attributes = {
    "gen_ai.operation.name": "invoke_workflow",
    "troupe.persona.name": "ann",
    ...(outcome !== undefined && { "troupe.outcome": outcome }),
  };
  return { name: "invoke_workflow refunds", attributes, under: [agent("triage")] };
}

function judged(...drafts: readonly Draft[]): ExpectationResult {
  return judge(reachesOutcome(), { trees: treesOf(...drafts), ledger: [], isComplete: true });
}

test.each([
  ["satisfied", "passed", []],
  ["out of patience", "failed", ["persona ann left out of patience"]],
  ["script over", "failed", ["persona ann was not satisfied when the script was over"]],
  [undefined, "inconclusive", ["no span says how the persona left (troupe.outcome)"]],
])("a persona that left %s: %s", (outcome, verdict, messages) => {
  const result = judged(workflow(outcome));
  expect(result.verdict).toBe(verdict);
  expect(result.mismatches.map(({ message }) => message)).toEqual(messages);
});

test("of several runs, each one that fell short is named", () => {
  const traceId = "ffffffffffffffffffffffffffffffff";
  const { mismatches } = judged(workflow("satisfied"), { ...workflow("script over"), traceId });
  expect(mismatches).toMatchObject([{ kind: "missing", found: { traceId, label: "workflow refunds" } }]);
});

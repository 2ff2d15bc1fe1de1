/** Results of `troupe mutate`, as a campaign gives them. */
import type { MutantResult, MutationResult, ScenarioMutation } from "../../src/campaign/mutation.ts";
import type { MutatedHop } from "../../src/campaign/mutants.ts";
import { runOf } from "./results.ts";

const TO_ORDERS: MutatedHop = {
  from: "agents",
  to: "orders",
  method: "tools/call",
  protocol: "mcp",
  occurrence: 1,
  label: "tools/call lookup_order",
};

const caught = (mutation: MutantResult["mutation"], ...names: readonly string[]): MutantResult => ({
  mutation,
  outcome: "caught",
  caughtBy: names.map((name) => ({ name, verdict: "failed" })),
  why: "",
});
const left = (mutation: MutantResult["mutation"], outcome: MutantResult["outcome"], why = ""): MutantResult => ({
  mutation,
  outcome,
  caughtBy: [],
  why,
});

/** A scenario with one mutant of each outcome, two of them alike. */
export function scenarioMutation(changes: Partial<ScenarioMutation> = {}): ScenarioMutation {
  const whole = runOf({
    expectations: ["oneTrace", "propagation"].map((name) => {
      return { name, verdict: "passed", inverted: false, mismatches: [] };
    }),
  });
  return {
    whole,
    hops: [
      {
        hop: TO_ORDERS,
        mutants: [
          caught("dropped", "oneTrace", "propagation"),
          caught("namespaced", "oneTrace", "propagation"),
          caught("malformed", "propagation"),
          left("stale", "accepted", "orders keeps no trace"),
          left("duplicated", "without-effect", "nothing that it was put into came by"),
        ],
      },
      {
        hop: { ...TO_ORDERS, occurrence: 2 },
        mutants: [
          left("ended-early", "survived"),
          left("error-as-ok", "not-applicable", "nothing failed there"),
          { ...caught("never-ended"), caughtBy: [{ name: "oneTrace", verdict: "inconclusive" }] },
          caught("new-root", ""),
        ],
      },
    ],
    expectations: [
      { name: "oneTrace", caught: 3, caughtAlone: 1 },
      { name: "propagation", caught: 3, caughtAlone: 0 },
    ],
    stale: [{ mutation: "flags-cleared", to: "orders", why: "it was so once" }],
    tally: { caught: 5, survived: 1, accepted: 1, "not-applicable": 1, "without-effect": 1 },
    repeat: "troupe mutate a.scenario.ts --seed 7 --only ended-early",
    ...changes,
  };
}

export function mutationOf(...scenarios: readonly ScenarioMutation[]): MutationResult {
  return { version: "0.0.0", node: "v20.0.0", faults: [], notRun: 0, scenarios };
}

import { ATTR } from "../trace/conventions.ts";
import type { Mismatch } from "../trace/mismatch.ts";
import type { SpanNode } from "../trace/tree.ts";
import type { CheckExpectation } from "./expectation.ts";
import { checkOf } from "./expectation.ts";
import { nodesOf, placeOf } from "./place.ts";

/** The persona leaves satisfied. Where no workflow span says how it left, as in a foreign trace, it cannot be decided. */
export function reachesOutcome(): CheckExpectation {
  return checkOf("reachesOutcome", ({ trees, outcome: known }) => {
    const base = { expectedAt: "reachesOutcome", expected: "a persona that leaves satisfied" } as const;
    const workflows = nodesOf(trees).filter(({ span }) => span.attributes[ATTR.outcome] !== undefined);
    // A run of one trace a turn has no span around them all.
    if (workflows.length === 0 && known !== undefined)
      return known === "satisfied" ? [] : [{ ...base, kind: "missing", message: `the persona ${leftText(known)}` }];
    if (workflows.length === 0) {
      const message = `no span says how the persona left (${ATTR.outcome})`;
      return [{ ...base, kind: "undecided", message }];
    }
    return workflows.flatMap((node): readonly Mismatch[] => {
      const outcome = textIn(node, ATTR.outcome);
      if (outcome === "satisfied") return [];
      const message = `persona ${textIn(node, ATTR.persona)} ${leftText(outcome)}`;
      return [{ ...base, kind: "missing", message, found: placeOf(node) }];
    });
  });
}

function leftText(outcome: string): string {
  return outcome === "script over" ? "was not satisfied when the script was over" : `left ${outcome}`;
}

function textIn({ span }: SpanNode, key: string): string {
  const value = span.attributes[key];
  return typeof value === "string" ? value : "(not said)";
}

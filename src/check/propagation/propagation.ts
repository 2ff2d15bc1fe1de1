import type { Hop } from "../../trace/evidence.ts";
import type { Mismatch } from "../../trace/mismatch.ts";
import type { CheckExpectation } from "../expectation.ts";
import { checkOf } from "../expectation.ts";
import { placeOf } from "../place.ts";
import { MEANINGS } from "./causes.ts";
import { judgedHops } from "./hops.ts";

/** Trace context survived every hop of the run. Without a ledger, as for a trace file, it cannot be decided. */
export function propagation(): CheckExpectation {
  return checkOf("propagation", (subject) => {
    const judged = judgedHops(subject);
    if (judged.length === 0) {
      const message = "nothing is known to have crossed between services, so there is no hop to judge";
      return [{ kind: "undecided", expectedAt: "propagation", expected: "every hop whole", message }];
    }
    return judged.flatMap(({ hop, caller }): readonly Mismatch[] => {
      if (hop.verdict === "whole") return [];
      const mismatch = {
        kind: "broken-trace",
        expectedAt: "propagation",
        expected: `${hop.method} to arrive @${hop.to}`,
        message: hopSentence(hop),
        ...(caller !== undefined && { under: placeOf(caller) }),
      } as const;
      return [mismatch];
    });
  });
}

/** What broke on a hop, as one sentence with its mend. */
export function hopSentence({ from, to, method, causes, detail }: Hop): string {
  const reasons = causes.map((cause) => `${MEANINGS[cause].what} (${cause})`).join(", or ");
  const found = detail === null ? "" : `: ${detail}`;
  return `${from} -> ${to} ${method}: ${reasons}${found}. ${mendOf(causes)}`;
}

/** What mends a hop that is broken for one of these causes. */
export function mendOf(causes: Hop["causes"]): string {
  return causes.map((cause) => MEANINGS[cause].mend).join(" Or: ");
}

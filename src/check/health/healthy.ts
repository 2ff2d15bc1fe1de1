import { nearestWord, TroupeError } from "../../core/errors.ts";
import { type Examination, examineByRules, findingsOf, newExamination } from "../../trace/health/examination.ts";
import { activeRules, RULES } from "../../trace/health/rules.ts";
import { REQUIRED } from "../../trace/health/attributes.ts";
import type { Mismatch } from "../../trace/mismatch.ts";
import { checkOf, type CheckExpectation } from "../expectation.ts";

/**
 * A rule of health finds nothing in the traces of the run; `thresholds` take the place of the rule's own.
 *
 * @throws TroupeError `SCENARIO_INVALID` for a rule or threshold that there is not.
 * @see docs/health.md for the rules
 */
export function healthy(rule: string, thresholds: Readonly<Record<string, number>> = {}): CheckExpectation {
  const names = RULES.map(({ name }) => name);
  const known = RULES.find(({ name }) => name === rule);
  if (known === undefined) throw unknown(`healthy("${rule}")`, "rule", rule, names);
  for (const threshold of Object.keys(thresholds))
    if (!Object.hasOwn(known.thresholds, threshold))
      throw unknown(`healthy("${rule}")`, "threshold", threshold, Object.keys(known.thresholds));
  const name = `healthy ${rule}`;
  const rules = activeRules({ [rule]: { thresholds } }).filter((active) => active.rule === known);
  return checkOf(name, ({ trees }) => {
    const examination: Examination = newExamination({ rules, required: REQUIRED });
    for (const tree of trees) examineByRules(examination, tree);
    return findingsOf(examination)
      .flatMap(({ shown }) => shown)
      .map(({ traceId, spanId, label, seen }): Mismatch => {
        const found =
          traceId === null || spanId === null || label === null ? {} : { found: { traceId, spanId, label } };
        const message = label === null ? seen : `${label}: ${seen}`;
        return { kind: "forbidden", expectedAt: name, expected: name, message, ...found };
      });
  });
}

function unknown(where: string, what: string, word: string, known: readonly string[]): TroupeError {
  const nearest = nearestWord(word, known);
  const list = known.length === 0 ? "It has none." : `Known: ${known.join(", ")}.`;
  const mend = nearest === undefined ? list : `Did you mean "${nearest}"?`;
  return new TroupeError("SCENARIO_INVALID", { where, what: `there is no ${what} "${word}"`, mend });
}

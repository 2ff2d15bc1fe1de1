import { examine, findingsOf, newExamination } from "../../../src/trace/health/examination.ts";
import { REQUIRED } from "../../../src/trace/health/attributes.ts";
import type { Thresholds } from "../../../src/trace/health/rule.ts";
import { activeRules } from "../../../src/trace/health/rules.ts";
import type { Span } from "../../../src/trace/span.ts";
import { buildTrees } from "../../../src/trace/tree.ts";

/** What one rule says of the traces that spans are: `span id: what was seen`, or what was seen in the whole trace. */
export function seenBy(rule: string, spans: readonly Span[], thresholds: Thresholds = {}): readonly string[] {
  const examination = newExamination({ rules: activeRules({ [rule]: { thresholds } }), required: REQUIRED });
  for (const tree of buildTrees(spans)) examine(examination, tree);
  const found = findingsOf(examination).find((each) => each.rule === rule);
  if (found === undefined) throw new Error(`no rule ${rule}`);
  return found.shown.map(({ spanId, seen }) => (spanId === null ? seen : `${spanId}: ${seen}`));
}

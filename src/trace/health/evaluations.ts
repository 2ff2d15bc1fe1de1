import { evaluationsOf } from "../evaluations.ts";
import type { SpanNode } from "../tree.ts";

const FAILED_LABELS: ReadonlySet<string> = new Set(["fail", "failed", "false", "no", "incorrect", "bad", "rejected"]);

/** The first evaluation of a span that failed: by its label or, where a least score is given, by its score. */
export function failedEvaluation({ span }: SpanNode, scoreMin?: number): string | undefined {
  const failed = evaluationsOf(span).find(
    ({ score, label }) =>
      (label !== undefined && FAILED_LABELS.has(label.toLowerCase())) ||
      (score !== undefined && scoreMin !== undefined && score < scoreMin),
  );
  return failed?.name;
}

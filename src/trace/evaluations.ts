import { DIALECTS } from "./dialects/order.ts";
import type { Evaluation } from "./dialects/evaluation-source.ts";
import type { Span } from "./span.ts";

/** An evaluation, and where it was found. */
export interface FoundEvaluation extends Evaluation {
  readonly dialect: string;
  readonly rule: string;
}

/** What was found of a span by those who judged it, in the order of the dialects; no two dialects keep the same one. */
export function evaluationsOf(span: Span): readonly FoundEvaluation[] {
  return DIALECTS.flatMap(({ name: dialect, evaluations = [] }) =>
    evaluations.flatMap(({ rule, read }) => read(span).map((evaluation) => ({ ...evaluation, dialect, rule }))),
  );
}

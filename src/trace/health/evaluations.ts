import type { Attributes, AttributeValue } from "../span.ts";
import type { SpanNode } from "../tree.ts";

/** One verdict of an evaluator on a span. */
interface Evaluation {
  readonly name: string;
  readonly score: number | undefined;
  readonly label: string | undefined;
}

const FAILED_LABELS: ReadonlySet<string> = new Set(["fail", "failed", "false", "no", "incorrect", "bad", "rejected"]);

/** The first evaluation of a span that failed: by its label or, where a least score is given, by its score. */
export function failedEvaluation(node: SpanNode, scoreMin?: number): string | undefined {
  const failed = evaluationsOf(node).find(
    ({ score, label }) =>
      (label !== undefined && FAILED_LABELS.has(label.toLowerCase())) ||
      (score !== undefined && scoreMin !== undefined && score < scoreMin),
  );
  return failed?.name;
}

/** OpenTelemetry's `gen_ai.evaluation.result` events, the same as attributes of a span, and OpenInference's numbered ones. */
function evaluationsOf({ span: { attributes, events } }: SpanNode): readonly Evaluation[] {
  const found = events
    .filter(({ name }) => name === "gen_ai.evaluation.result")
    .map((event) => evaluationIn(event.attributes, "gen_ai.evaluation.", ["score.value", "score.label"]));
  if ("gen_ai.evaluation.name" in attributes)
    found.push(evaluationIn(attributes, "gen_ai.evaluation.", ["score.value", "score.label"]));
  for (const key in attributes) {
    const [, prefix] = /^((?:evaluations|annotations)\.\d+\.(?:evaluation|annotation)\.)name$/.exec(key) ?? [];
    if (prefix !== undefined) found.push(evaluationIn(attributes, prefix, ["score", "label"]));
  }
  return found;
}

function evaluationIn(
  attributes: Attributes,
  prefix: string,
  [score, label]: readonly [score: string, label: string],
): Evaluation {
  const text = (key: string): AttributeValue | undefined => attributes[prefix + key];
  const [name, value, word] = [text("name"), text(score), text(label)];
  return {
    name: typeof name === "string" ? name : "",
    score: typeof value === "number" ? value : typeof value === "string" && value !== "" ? Number(value) : undefined,
    label: typeof word === "string" ? word : undefined,
  };
}

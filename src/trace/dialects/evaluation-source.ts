import type { Attributes, AttributeValue, Span } from "../span.ts";
import { valueAt } from "./members.ts";
import { unflattened } from "./message-source.ts";
import { numberOf } from "./number.ts";

/** What somebody or something found of a span: a score, a label such as "pass", or both, and why. */
export interface Evaluation {
  readonly name: string;
  readonly score?: number;
  readonly label?: string;
  readonly explanation?: string;
}

/** One place in which a dialect keeps evaluations. */
export interface EvaluationSource {
  readonly rule: string;
  readonly read: (span: Span) => readonly Evaluation[];
}

type Keys = Readonly<Record<keyof Evaluation, string>>;

/** Events that are an evaluation each. */
export function evaluationEvent(event: string, keys: Keys): EvaluationSource {
  return {
    rule: `the event ${event}`,
    read: ({ events }) =>
      events.flatMap(({ name, attributes }) => (name === event ? evaluationIn(attributes, keys) : [])),
  };
}

/** One evaluation in attributes that begin with `prefix`. */
export function evaluationAt(prefix: string, keys: Keys): EvaluationSource {
  return {
    rule: `${prefix}.*`,
    read: ({ attributes }) =>
      evaluationIn(attributes, {
        name: `${prefix}.${keys.name}`,
        score: `${prefix}.${keys.score}`,
        label: `${prefix}.${keys.label}`,
        explanation: `${prefix}.${keys.explanation}`,
      }),
  };
}

/** A list flattened into attributes `prefix.{i}.member.*`. */
export function flattenedEvaluations(prefix: string, member: string): EvaluationSource {
  const keys: Keys = { name: "name", score: "score", label: "label", explanation: "explanation" };
  return {
    rule: `${prefix}.{i}.${member}.*`,
    read: ({ attributes }) =>
      (unflattened(attributes, prefix) ?? []).flatMap((item) => {
        const inner: unknown = typeof item === "object" && item !== null ? Reflect.get(item, member) : undefined;
        return isAttributes(inner) ? evaluationIn(inner, keys) : [];
      }),
  };
}

function evaluationIn(attributes: Attributes, keys: Keys): readonly Evaluation[] {
  const name = textAt(attributes, keys.name);
  const score = numberOf(valueAt(attributes, keys.score));
  const label = textAt(attributes, keys.label);
  const explanation = textAt(attributes, keys.explanation);
  if (score === undefined && label === undefined) return [];
  return [
    {
      name: name ?? "",
      ...(score !== undefined && { score }),
      ...(label !== undefined && { label }),
      ...(explanation !== undefined && { explanation }),
    },
  ];
}

function textAt(attributes: Attributes, key: string): string | undefined {
  const value = valueAt(attributes, key);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isAttributes(value: unknown): value is Readonly<Record<string, AttributeValue>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

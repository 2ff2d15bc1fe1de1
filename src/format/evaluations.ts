import type { Span, SpanEvent } from "../trace/span.ts";
import { given } from "./attributes.ts";
import type { TraceFaults } from "./faults.ts";
import { textOr } from "./json-value.ts";

/** What a store keeps apart of a span, or of a whole trace, that somebody or something judged. */
export interface StoredEvaluation {
  readonly traceId: string;
  /** Absent where the trace as a whole was judged. */
  readonly spanId: string | undefined;
  readonly name: string;
  /** A number, a word, or whether it holds, which is written as 1 or 0: a store does not say which of the two is good. */
  readonly value: unknown;
  readonly explanation: unknown;
  readonly timeUnixNano: bigint | undefined;
}

/**
 * The spans, with what was found of each as an event of OpenTelemetry's GenAI conventions; what is about a trace stands at
 * its first root, or at its first span where it has none. What is about a span that is not there is told.
 */
export function withEvaluations(
  spans: readonly Span[],
  evaluations: readonly StoredEvaluation[],
  faults: TraceFaults,
): readonly Span[] {
  if (evaluations.length === 0) return spans;
  const [bySpan, byTrace] = [new Map<string, number>(), new Map<string, number>()];
  for (const [index, { traceId, spanId, parentSpanId }] of spans.entries()) {
    bySpan.set(`${traceId}/${spanId}`, index);
    const first = byTrace.get(traceId);
    const isRootBefore = first !== undefined && spans[first]?.parentSpanId === undefined;
    if (first === undefined || (parentSpanId === undefined && !isRootBefore)) byTrace.set(traceId, index);
  }
  const events = new Map<number, SpanEvent[]>();
  for (const evaluation of evaluations) {
    const { traceId, spanId, name } = evaluation;
    const index = spanId === undefined ? byTrace.get(traceId) : bySpan.get(`${traceId}/${spanId}`);
    const span = index === undefined ? undefined : spans[index];
    if (index === undefined || span === undefined)
      faults.lack(`the evaluation ${JSON.stringify(name)} is about a span that is not here`);
    else events.set(index, [...(events.get(index) ?? []), eventOf(evaluation, span)]);
  }
  return spans.map((span, index) => {
    const found = events.get(index);
    return found === undefined ? span : { ...span, events: [...span.events, ...found] };
  });
}

function eventOf({ name, value, explanation, timeUnixNano }: StoredEvaluation, span: Span): SpanEvent {
  const score = typeof value === "boolean" ? Number(value) : value;
  return {
    name: "gen_ai.evaluation.result",
    timeUnixNano: timeUnixNano ?? span.endTimeUnixNano ?? span.startTimeUnixNano,
    attributes: given({
      "gen_ai.evaluation.name": name,
      "gen_ai.evaluation.score.value": typeof score === "number" ? score : undefined,
      "gen_ai.evaluation.score.label": textOr(value) || undefined,
      "gen_ai.evaluation.explanation": textOr(explanation) || undefined,
    }),
  };
}

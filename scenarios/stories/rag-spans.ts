import { SpanKind, trace } from "@opentelemetry/api";

/** A passage that a search found, and how well it fits. */
export interface Passage {
  readonly id: string;
  readonly score: number;
}

// As instrumented code does: the tracer is taken once, when the module loads.
const tracer = trace.getTracer("rag");

/** Searches a data source; the span says what was found. */
export async function retrieve(
  source: string,
  query: string,
  find: () => readonly Passage[],
): Promise<readonly Passage[]> {
  const attributes = {
    "gen_ai.operation.name": "retrieval",
    "gen_ai.data_source.id": source,
    "gen_ai.retrieval.query.text": query,
  };
  return await tracer.startActiveSpan(`retrieval ${source}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const passages = find();
    await wait(12);
    span.setAttribute("gen_ai.retrieval.documents", JSON.stringify(passages));
    span.end();
    return passages;
  });
}

/** Puts passages in a better order, which takes as long as the model that does it. */
export async function rerank(
  model: string,
  passages: readonly Passage[],
  perPassageMs: number,
): Promise<readonly Passage[]> {
  const attributes = { "gen_ai.operation.name": "rerank", "gen_ai.request.model": model };
  return await tracer.startActiveSpan(`rerank ${model}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    await wait(perPassageMs * passages.length);
    const best = passages.toSorted((a, b) => b.score - a.score).slice(0, 3);
    span.setAttribute("gen_ai.retrieval.documents", JSON.stringify(best));
    span.end();
    return best;
  });
}

/** What a search or a model takes; in a simulated run the time is virtual. */
function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

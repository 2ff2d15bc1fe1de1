import type { Attributes } from "../span.ts";
import type { SpanNode } from "../tree.ts";
import { many, type Rule, ruleOf, type Sighting } from "./rule.ts";

/** Whether searches found anything worth reading. */
export const RETRIEVAL_RULES: readonly Rule[] = [
  ruleOf({
    name: "retrieval-low-score",
    level: "warning",
    reason: "Where even the best document hardly fits, the model answers from nothing, and sounds as sure as ever.",
    mend: "Look at the query that was sent, the index, and the filter; let the agent say that it found nothing.",
    thresholds: { scoreMin: 0.3 },
    find: ({ nodes }, { scoreMin }) =>
      searches(nodes).flatMap(({ node, documents }): Sighting[] => {
        const scores = documents.flatMap(({ score }) => score ?? []);
        const best = scores.reduce((most, score) => Math.max(most, score), -Infinity);
        if (scores.length === 0 || best >= scoreMin) return [];
        const seen = `the best of ${many(scores.length, "document")} scores ${Number(best.toPrecision(3))}, below ${scoreMin}`;
        return [{ node, seen }];
      }),
  }),
  ruleOf({
    name: "retrieval-empty",
    level: "warning",
    reason: "A search without a result is a silent failure: the answer has nothing to stand on.",
    mend: "Check the query, the filter and the index, and let the agent say that it found nothing.",
    thresholds: {},
    find: ({ nodes }) =>
      searches(nodes)
        .filter(({ documents }) => documents.length === 0)
        .map(({ node }) => ({ node, seen: "it found no document" })),
  }),
];

interface Document {
  readonly score?: number;
}

/** Searches whose documents were recorded. */
function searches(
  nodes: readonly SpanNode[],
): readonly { readonly node: SpanNode; readonly documents: readonly Document[] }[] {
  return nodes
    .filter(({ meaning: { kind } }) => kind === "retrieval" || kind === "rerank")
    .flatMap((node) => {
      const documents = documentsIn(node);
      return documents === undefined ? [] : [{ node, documents }];
    });
}

const LISTS = ["gen_ai.retrieval.documents", "retrieval.documents"] as const;

/** OpenInference and traceAI: `retrieval.documents.0.document.score`. What goes into a reranker says nothing of what comes out. */
const NUMBERED = /^(?:(?:gen_ai\.)?retrieval\.documents|reranker\.output_documents)\.(\d+)\.(?:document\.)?(\w+)$/;

function documentsIn({ span: { attributes, events } }: SpanNode): readonly Document[] | undefined {
  for (const key of LISTS) {
    const value = attributes[key];
    const list: unknown = typeof value === "string" ? parsed(value) : value;
    if (Array.isArray(list)) return (list as readonly unknown[]).map(documentOf);
  }
  const numbered = numberedIn(attributes);
  // OpenLLMetry's vector stores record each document as an event.
  const results = events.filter(({ name }) => name === "db.query.result");
  for (const [index, result] of results.entries())
    numbered.set(`event ${index}`, scored(result.attributes["db.query.result.score"]));
  return numbered.size === 0 ? undefined : [...numbered.values()];
}

function numberedIn(attributes: Attributes): Map<string, Document> {
  const documents = new Map<string, Document>();
  for (const key in attributes) {
    const [, number, part] = NUMBERED.exec(key) ?? [];
    if (number === undefined) continue;
    const known = documents.get(number) ?? {};
    documents.set(number, part === "score" ? scored(attributes[key]) : known);
  }
  return documents;
}

/** A document with its score in itself or in what it wraps. */
function documentOf(value: unknown): Document {
  return scored(memberOf(value, "score") ?? memberOf(memberOf(value, "document"), "score"));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function scored(value: unknown): Document {
  const score = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof score === "number" && Number.isFinite(score) ? { score } : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

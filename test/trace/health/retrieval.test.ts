import { expect, test } from "vitest";
import type { Attributes } from "../../../src/trace/span.ts";
import { agent, at, span } from "../spans.ts";
import { seenBy } from "./findings.ts";

const root = at(1n, "a", undefined, agent("librarian"));
const search = { "gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": "kb" };
const found = (documents: unknown): Attributes => ({
  ...search,
  "gen_ai.retrieval.documents": JSON.stringify(documents),
});
const low = (attributes: Attributes): readonly string[] =>
  seenBy("retrieval-low-score", [root, at(2n, "b", "a", attributes)]);

test("retrieval-low-score looks at the best document", () => {
  expect(low(found([{ score: 0.1 }, { score: 0.25 }]))).toEqual(["b: the best of 2 documents scores 0.25, below 0.3"]);
  expect(low(found([{ score: 0.1 }, { score: 0.3 }]))).toEqual([]);
  expect(seenBy("retrieval-low-score", [root, at(2n, "b", "a", found([{ score: 0 }]))], { scoreMin: 0 })).toEqual([]);
});

test("retrieval-low-score reads a score of 0, and documents without scores are no bad ones", () => {
  expect(low(found([{ id: "x", score: 0 }]))).toHaveLength(1);
  expect(low(found([{ id: "x" }]))).toEqual([]);
});

test("retrieval-low-score reads OpenInference, nested documents, rerankers and the events of vector stores", () => {
  const retriever = { "openinference.span.kind": "RETRIEVER" };
  expect(
    low({ ...retriever, "retrieval.documents.0.document.score": 0.2, "retrieval.documents.0.document.id": "x" }),
  ).toHaveLength(1);
  expect(low({ ...retriever, "retrieval.documents.0.document.score": 0.9 })).toEqual([]);
  expect(low(found([{ document: { score: 0.2 } }]))).toHaveLength(1);
  const reranker = { "openinference.span.kind": "RERANKER", "reranker.input_documents.0.document.score": 0.9 };
  expect(low({ ...reranker, "reranker.output_documents.0.document.score": 0.2 })).toHaveLength(1);
  const event = { name: "db.query.result", timeUnixNano: 3n, attributes: { "db.query.result.score": 0.2 } };
  expect(seenBy("retrieval-low-score", [root, span("b", "a", { attributes: search, events: [event] })])).toHaveLength(
    1,
  );
});

test("retrieval-empty tells a search that found nothing, and none whose documents were not recorded", () => {
  expect(seenBy("retrieval-empty", [root, at(2n, "b", "a", found([]))])).toEqual(["b: it found no document"]);
  expect(seenBy("retrieval-empty", [root, at(2n, "b", "a", search)])).toEqual([]);
  expect(seenBy("retrieval-empty", [root, at(2n, "b", "a", found([{ id: "x" }]))])).toEqual([]);
});

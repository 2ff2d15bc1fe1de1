/** Whatever a trace holds, no rule and no figure crashes or takes for ever. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { examine, findingsOf, newExamination } from "../../../src/trace/health/examination.ts";
import { figuresOf } from "../../../src/trace/health/figures/figures.ts";
import type { AttributeValue, Span } from "../../../src/trace/span.ts";
import { buildTrees } from "../../../src/trace/tree.ts";
import { agent, at, chat, span, tool } from "../spans.ts";

function examined(spans: readonly Span[]): number {
  const examination = newExamination();
  for (const tree of buildTrees(spans)) examine(examination, tree);
  findingsOf(examination);
  return figuresOf(examination.tally).spans;
}

/** A value inside of lists inside of lists. */
function nested(depth: number, open: string, close: string): string {
  return open.repeat(depth) + close.repeat(depth);
}

/** Attributes that rules read, with values of any sort. */
const KEYS = [
  "gen_ai.tool.definitions",
  "gen_ai.retrieval.documents",
  "retrieval.documents.0.document.score",
  "gen_ai.tool.call.arguments",
  "gen_ai.evaluation.name",
  "evaluations.0.evaluation.name",
  "gen_ai.response.time_to_first_chunk",
  "langfuse.observation.completion_start_time",
  "gen_ai.usage.input_tokens",
  "gen_ai.cost.total",
  "user.id",
  "prompt.version",
  "troupe.outcome",
];

const value = fc.oneof(
  fc.string(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom<AttributeValue>(
    null,
    2n ** 80n,
    "[]",
    "{}",
    "[null]",
    '[{"name":"x","parameters":{"type":"string"}}]',
    [{ a: [1n] }],
  ),
  fc.array(fc.string()),
);
const operations = fc.constantFrom("chat", "execute_tool", "retrieval", "rerank", "invoke_agent", "embeddings");

test("no value of an attribute that rules read crashes any of them", () => {
  fc.assert(
    fc.property(
      operations,
      fc.dictionary(fc.constantFrom(...KEYS), value, { noNullPrototype: true }),
      (operation, attributes) => {
        const spans = [
          at(1n, "a", undefined, agent("triage")),
          at(2n, "b", "a", { ...attributes, "gen_ai.operation.name": operation, "gen_ai.tool.name": "x" }),
        ];
        expect(examined(spans)).toBe(2);
      },
    ),
    { numRuns: 100 },
  );
});

test("what is nested without end crashes nothing", () => {
  let deep: AttributeValue = "AKIA";
  for (let depth = 0; depth < 50_000; depth++) deep = [deep];
  const attributes = {
    ...tool("x"),
    deep,
    "gen_ai.tool.call.arguments": nested(50_000, "[", "]"),
    "gen_ai.retrieval.documents": nested(5000, '{"document":', "}").replace(":}", ":1}"),
    "gen_ai.tool.definitions": `{"tools":[{"name":"x","parameters":{"$ref":"#/$defs/l","$defs":{"l":{"type":"array","items":{"$ref":"#/$defs/l"}}}}}]}`,
  };
  expect(examined([at(1n, "a", undefined, attributes)])).toBe(1);
});

test("a cost that nobody could pay, and one below 0, crash nothing", () => {
  for (const cost of [1e300, -1e300, -1])
    expect(examined([at(1n, "a", undefined, { ...chat(1, 1), "gen_ai.cost.total": cost })])).toBe(1);
});

test("10,000 siblings are looked at once each", () => {
  const siblings = Array.from({ length: 10_000 }, (_, index) => span(`s${index}`, "a", { attributes: tool("x") }));
  expect(examined([at(1n, "a", undefined, agent("triage")), ...siblings])).toBe(10_001);
});

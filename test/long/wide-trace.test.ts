import { expect, test } from "vitest";
import { traceTextReader } from "../../src/format/read.ts";
import { explainSpan } from "../../src/trace/explain.ts";
import type { Span } from "../../src/trace/span.ts";
import { summarize } from "../../src/trace/summary.ts";
import { buildTrees } from "../../src/trace/tree.ts";

const SIBLINGS = 1_000_000;
const LINE = 10_000;

test("a million siblings under one root are read, and none is lost", { timeout: 600_000 }, () => {
  const spans: Span[] = [];
  const reader = traceTextReader("wide.jsonl", (record) => {
    for (const span of record) spans.push(span);
  });
  const id = (number: number): string => number.toString(16).padStart(16, "0");
  const spanText = (number: number): string =>
    `{"traceId":"${"a".repeat(32)}","spanId":"${id(number)}","parentSpanId":"${number === 1 ? "" : id(1)}","name":"n",` +
    `"startTimeUnixNano":"${5_000_000_000 + number}","endTimeUnixNano":"${5_000_000_001 + number}"}`;
  reader.push(`{"resourceSpans":[{"scopeSpans":[{"spans":[${spanText(1)}]}]}]}\n`);
  for (let from = 2; from < SIBLINGS + 2; from += LINE) {
    const line = Array.from({ length: LINE }, (_, index) => spanText(from + index));
    reader.push(`{"resourceSpans":[{"scopeSpans":[{"spans":[${line.join(",")}]}]}]}\n`);
  }
  const { isWhole } = reader.end();
  const [tree] = buildTrees(spans);
  if (tree === undefined) throw new Error("the spans are a trace");
  expect(isWhole).toBe(true);
  expect(summarize(tree)).toMatchObject({ spans: SIBLINGS + 1, roots: 1, orphans: 0, depth: 2, lateEnds: SIBLINGS });
  const [last] = tree.roots[0]?.children.slice(-1) ?? [];
  expect(last === undefined ? "" : explainSpan(last).spanId).toBe(id(SIBLINGS + 1));
});

import { expect, test } from "vitest";
import { jsonText } from "../../src/report/json.ts";
import { mineJson, mineSchema, readMineJson } from "../../src/report/mine-json.ts";
import { drawComparison, drawMine } from "../../src/report/mine-text.ts";
import { compareMines } from "../../src/shape/mine/compare.ts";
import { miner, type Mine } from "../../src/shape/mine/mine.ts";
import { sketch, treeOf } from "../shape/sketch.ts";

function mineOf(texts: readonly string[], limit = 5000): Mine {
  const gathering = miner({ isCounted: false, limit });
  for (const [index, text] of texts.entries()) gathering.add({ ...sketch(text), traceId: `t${index}` }, "a.jsonl");
  const priced = {
    kind: "llm",
    name: "m",
    start: 0,
    end: 1234,
    meaning: { inputTokens: 7, costUsd: 0.000_123_456 },
  } as const;
  gathering.add(treeOf([priced], "priced"), "b.jsonl");
  return gathering.result();
}

const MINE = mineOf(["agent a(tool x)", "agent a(tool x)", "agent b {status=error}"]);

test("a document is what its schema promises, and read again it is the mine", () => {
  for (const mine of [MINE, mineOf(["agent a(tool x, llm m)"], 1), miner({ isCounted: true }).result()]) {
    const text = jsonText(mineJson(mine));
    expect(mineSchema.parse(JSON.parse(text))).toEqual(mineJson(mine));
    expect(readMineJson(text, "mine.json")).toEqual(mine);
  }
});

test("a cluster has the promised keys in the promised order", () => {
  expect(Object.keys(mineJson(MINE).clusters[0] ?? {})).toEqual(
    "key steps count errors spans tokens cost priced durations example shape".split(" "),
  );
});

test("what is no such document, or one of another version, is refused with what is wrong", () => {
  expect(() => readMineJson("{", "x.json")).toThrow(
    /^x\.json: this is no document of troupe mine \(it is not valid JSON\)/,
  );
  expect(() => readMineJson('{"traces":[]}', "x.json")).toThrow(/document: /);
  const text = jsonText(mineJson(MINE));
  expect(() => readMineJson(text.replace('"version": 1', '"version": 2'), "x.json")).toThrow(/version: /);
  expect(() => readMineJson(text.replace('"count": 2', '"count": -2'), "x.json")).toThrow(/count: /);
});

test("a mine is drawn with the shapes that matter first, and says how many are not drawn", () => {
  expect(drawMine(MINE, { top: 2 }).split("\n")).toEqual([
    "4 traces in 3 shapes, 1 failed; failing shapes first, then the rarer",
    "",
    expect.stringMatching(/^[0-9a-f]{16} 1 of 4 traces \(25%\), failed$/),
    "  0 ms",
    "  e.g. t2 in a.jsonl",
    "  - agent b {status = error}",
    "",
    expect.stringMatching(/^[0-9a-f]{16} 1 of 4 traces \(25%\)$/),
    "  7 tokens in, 0 out · $0.000123 · 1.23 µs",
    "  e.g. priced in b.jsonl",
    "  - llm m",
    "",
    "drawn: 2 of 3 shapes",
  ]);
  expect(drawMine(mineOf(["agent a(tool x, llm m)"], 1), { top: 9 })).toContain(
    "remainder: 1 trace of larger shapes than the 1 that are kept",
  );
});

test("a comparison is drawn change by change", () => {
  const text = drawComparison(compareMines(mineOf(["tool old"]), mineOf(["tool new"])), { top: 9 });
  expect(text).toMatch(/^2 traces before, 2 now\n\nnew [0-9a-f]{16} 0 → 1 trace \(0% → 50%\), may be chance\n/);
  expect(text).toMatch(/\n\ngone [0-9a-f]{16} 1 → 0 traces .*\n {2}e\.g\. t0 in a\.jsonl\n {2}- tool old\n/);
  expect(text).toMatch(/\n\n1 shape is as frequent as before$/);
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { randomStream, type Random } from "../../../src/core/random.ts";
import { matchShape } from "../../../src/shape/match/match.ts";
import { formReader } from "../../../src/shape/mine/form-reader.ts";
import { shapeTextOf } from "../../../src/shape/mine/form-shape.ts";
import { printShape } from "../../../src/shape/print.ts";
import { parseShape } from "../../../src/shape/text/parse.ts";
import { draftForest, EDITS, listsOf, type Draft } from "../infer/forests.ts";
import { randomTrace } from "./traces.ts";
import { sketch, treeOf, type Sketch } from "../sketch.ts";

const digest = (text: string, isCounted = false): string => formReader(isCounted).formOf(sketch(text)).digest;

/** The shape of a trace without its header. */
function shapeOf(text: string, isCounted = false): string {
  const shape = shapeTextOf(formReader(isCounted).formOf(sketch(text)));
  return shape.replace("children: exactly\ntrace:\n", "").replaceAll(/^ {2}/gm, "");
}

function overSeeds(claim: (random: Random) => void, numRuns = 150): void {
  fc.assert(
    fc.property(fc.integer(), (seed) => claim(randomStream(seed, "mine"))),
    { numRuns },
  );
}

test("a loop of three rounds and one of five are one shape, and once is another", () => {
  const loop = (rounds: number): string => `agent a(${"llm m, tool search, ".repeat(rounds)}llm m)`;
  expect(digest(loop(3))).toBe(digest(loop(5)));
  expect(digest(loop(2))).toBe(digest(loop(5)));
  expect(digest(loop(1))).not.toBe(digest(loop(2)));
  expect(digest(loop(3), true)).not.toBe(digest(loop(5), true));
  expect(shapeOf(loop(4))).toBe(
    ["- agent a:", "    - in-order x2..*:", "        - llm m", "        - tool search", "    - llm m", ""].join("\n"),
  );
  expect(shapeOf(loop(4), true)).toContain("in-order x4:");
});

test("neighbours of one head are one line with the forms they had, however often and in whatever order", () => {
  const ok = "tool search(mcp.server s)";
  const failed = "tool search {status=error}";
  expect(digest(`agent a(${ok}, ${failed}, ${ok})`)).toBe(digest(`agent a(${failed}, ${failed}, ${ok}, ${ok})`));
  expect(digest(`agent a(${ok}, ${ok})`)).not.toBe(digest(`agent a(${ok}, ${failed})`));
  expect(
    shapeOf(`agent a(${ok}, ${failed})`)
      .split("\n")
      .map((line) => line.trim())
      .toSorted(),
  ).toEqual(
    [
      "",
      "- agent a:",
      "- mcp.server s",
      "- one-of x2..*:",
      "- tool search {status = error}",
      "- tool search:",
    ].toSorted(),
  );
});

test("siblings that overlap have no order, and those that do not have one", () => {
  expect(digest("agent a 0-9(tool x 1-5, tool y 2-6)")).toBe(digest("agent a 0-9(tool y 1-5, tool x 2-6)"));
  expect(digest("agent a 0-9(tool x 1-2, tool y 3-4)")).not.toBe(digest("agent a 0-9(tool y 1-2, tool x 3-4)"));
});

test("transparent spans, ids in names, times and content make no other shape; kind, name, service and status do", () => {
  const plain = "agent a @s(tool export-[id])";
  const base = digest("agent a @s(tool export-call_1a2b3c4d5e)");
  expect(base).toBe(digest("agent a @s 5-90(http GET 6-80(tool export-call_9f8e7d6c5b {k=v} 7-70))"));
  for (const other of [
    plain,
    "agent b @s(tool x)",
    "agent a @t(tool export-call_1a2b3c4d5e)",
    "agent a @s(retrieval export-call_1a2b3c4d5e)",
  ])
    expect(digest(other)).not.toBe(base);
  expect(digest("agent a(llm gpt.20240101)")).not.toBe(digest("agent a(llm gpt.20250101)"));
});

test("a trace without a semantic span has the empty shape", () => {
  expect(shapeOf("http GET")).toBe("- exactly: []\n");
  expect(digest("http GET")).toBe(digest("span x(http POST)"));
});

test("property: the shape of a form is read as it is printed, and every trace of the form matches it", () => {
  overSeeds((random) => {
    const tree = treeOf(randomTrace(random));
    for (const isCounted of [false, true]) {
      const text = shapeTextOf(formReader(isCounted).formOf(tree));
      const shape = parseShape(text, "mined");
      expect(printShape(shape)).toBe(text);
      expect(matchShape(shape, [tree]).verdict).toBe("matched");
    }
  });
});

test("property: siblings that overlap may be told in any order, and traces of one form match each other's shape", () => {
  const byForm = new Map<string, string>();
  let met = 0;
  overSeeds((random) => {
    const tree = treeOf(randomTrace(random));
    const form = formReader(false).formOf(tree);
    const known = byForm.get(form.digest);
    if (known !== undefined) {
      met++;
      expect(matchShape(parseShape(known, "mined"), [tree]).verdict).toBe("matched");
    }
    byForm.set(form.digest, shapeTextOf(form));
  });
  expect(met).toBeGreaterThan(5);
});

test("property: an edit that infers another shape gives another form, unless it changes nothing but what is folded", () => {
  overSeeds((random) => {
    const forest = draftForest(random, 8);
    const edited: Draft[] = structuredClone(forest);
    if (edited.length === 0) return;
    EDITS["a span has another name"](edited, random);
    const [before, after] = [formReader(true), formReader(true)];
    const isEqual = before.formOf(treeOf(forest)).digest === after.formOf(treeOf(edited)).digest;
    if (isEqual) expect(namesOf(edited)).toEqual(namesOf(forest));
  });
});

function namesOf(forest: Draft[]): readonly string[] {
  return [...new Set(listsOf(forest).flatMap((list) => list.map(({ kind, name }) => `${kind} ${name}`)))].toSorted();
}

test("a shape that is too long tells what stands high up, and still matches", () => {
  const wide = Array.from({ length: 60 }, (_, index) => `agent a${index}(tool x, llm m, tool y, llm n, tool z)`);
  const chain = `${"agent a(".repeat(500)}tool x${")".repeat(500)}`;
  for (const text of [`workflow w(${wide.join(", ")})`, chain]) {
    const tree = sketch(text);
    const shape = shapeTextOf(formReader(false).formOf(tree));
    expect(shape).toContain("- ...");
    expect(shape.split("\n").length).toBeLessThan(300);
    expect(matchShape(parseShape(shape, "mined"), [tree]).verdict).toBe("matched");
  }
});

test("traces 10,000 levels deep and 10,000 siblings wide have a form", { timeout: 60_000 }, () => {
  let chain: Sketch = { kind: "tool", name: "t", start: 10_000 };
  for (let start = 9_999; start > 0; start--) chain = { kind: "agent", name: "a", start, children: [chain] };
  const row = Array.from({ length: 10_000 }, (_, start): Sketch => ({ kind: "tool", name: `t${start % 7}`, start }));
  for (const roots of [[chain], row]) {
    const form = formReader(false).formOf(treeOf(roots));
    expect(shapeTextOf(form).length).toBeLessThan(25_000);
  }
});

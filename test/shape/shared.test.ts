import { expect, test } from "vitest";
import { randomStream } from "../../src/core/random.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import type { Item } from "../../src/shape/pattern.ts";
import { sharedShape } from "../../src/shape/shared.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { randomCases } from "./random-case.ts";
import { randomShape } from "./random-shape.ts";
import { treeOf } from "./sketch.ts";

function itemsOf(text: string): readonly Item[] {
  const shape = sharedShape(parseShape(text, "shared"));
  return "trace" in shape ? (shape.trace.list?.items ?? []) : [];
}

test("lines that say the same are one, wherever they stand and whatever is below them", () => {
  const [first, second] = itemsOf("- agent a: [tool x: [llm]]\n- agent a: [tool x: [llm]]\n");
  expect(first).toBe(second);
});

test.for([
  ["- tool x x2", "- tool x x3"],
  ["- tool x", "- //tool x"],
  ["- tool x: [llm]", "- tool x: [exactly: [llm]]"],
  ["- tool x: [llm]", "- tool x: [never: llm]"],
  ["- tool x: [any-order: [llm, tool]]", "- tool x: [in-order: [llm, tool]]"],
  ["- tool x {a = b}", '- tool x {a = "b"}'],
])("%s and %s stay two", ([one, other]) => {
  const [first, second] = itemsOf(`${one}\n${other}\n`);
  expect(first).not.toBe(second);
});

test("a shape whose equal lines are one matches what it matched before", () => {
  let matched = 0;
  for (const { shape, traces } of randomCases(1, 60, () => undefined)) {
    const trees = traces.map((forest, index) => treeOf(forest, `trace ${index}`));
    const { verdict } = matchShape(shape, trees);
    expect(matchShape(sharedShape(shape), trees).verdict).toBe(verdict);
    if (verdict === "matched") matched++;
  }
  expect(matched).toBeGreaterThan(20);
});

test("sharing changes neither the shape nor a shape with captures", () => {
  const random = randomStream(1, "shared");
  const shape = randomShape(random, 6);
  const before = structuredClone(shape);
  sharedShape(shape);
  expect(shape).toEqual(before);
  const captured = parseShape("- tool x {a = $v}\n- tool y {a = $v}\n", "shared");
  expect(sharedShape(captured)).toBe(captured);
});

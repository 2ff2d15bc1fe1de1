import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { matchShape } from "../src/shape/match/match.ts";
import { printShape } from "../src/shape/print.ts";
import { parseShape } from "../src/shape/text/parse.ts";
import { sketch } from "./shape/sketch.ts";

interface Example {
  readonly line: number;
  readonly shape: string;
  readonly trees: readonly { readonly text: string; readonly isMatch: boolean }[];
}

/** Every fenced shape of the page, with the trees of the fence that follows it. */
function examplesOf(page: string): readonly Example[] {
  const fences = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  return fences.flatMap(([, language, shape = ""], index) => {
    if (language !== "yaml") return [];
    const [, next, trees = ""] = fences[index + 1] ?? [];
    const line = page.slice(0, fences[index]?.index).split("\n").length;
    return [{ line, shape, trees: next === "text" ? treesOf(trees) : [] }];
  });
}

function treesOf(text: string): Example["trees"] {
  return text
    .trim()
    .split("\n")
    .map((line) => ({ text: line.slice(2), isMatch: line.startsWith("✓") }));
}

const examples = examplesOf(readFileSync("docs/shapes.md", "utf8"));

test("the page on shapes has examples with trees that match and trees that do not", () => {
  const trees = examples.flatMap((example) => example.trees);
  expect(trees.filter(({ isMatch }) => isMatch).length).toBeGreaterThan(15);
  expect(trees.filter(({ isMatch }) => !isMatch).length).toBeGreaterThan(15);
});

test.for(examples)(
  "the shape at line $line of the page on shapes is strict YAML, and is printed as it reads",
  (example) => {
    const { errors, warnings } = parseDocument(example.shape, { strict: true, version: "1.2" });
    expect([...errors, ...warnings]).toEqual([]);
    expect(printShape(parseShape(example.shape, "page"))).toBe(example.shape);
  },
);

test.for(examples.flatMap(({ line, shape, trees }) => trees.map((tree) => ({ line, shape, ...tree }))))(
  "line $line: whether $text matches",
  ({ shape, text, isMatch }) => {
    const { verdict } = matchShape(parseShape(shape, "page"), [sketch(text)]);
    expect(verdict).toBe(isMatch ? "matched" : "mismatched");
  },
);

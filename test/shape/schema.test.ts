import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { GROUP_TYPES } from "../../src/shape/pattern.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { KINDS } from "../../src/trace/kinds.ts";
import { isValidShape, shapeSchema } from "./schema.ts";

const files = readdirSync("scenarios", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".shape.yaml"))
  .map((file) => `scenarios/${file}`);

const fences = readdirSync("docs")
  .filter((file) => file.endsWith(".md"))
  .flatMap((file) => {
    const blocks = [...readFileSync(`docs/${file}`, "utf8").matchAll(/^```yaml\n([\s\S]*?)^```$/gm)];
    return blocks.map(([, text = ""], index) => ({ place: `docs/${file}, fence ${index + 1}`, text }));
  })
  .filter(({ text }) => /^(?:- |shape:|children:|include:|define:|trace:|traces:|# yaml-language-server)/.test(text));

const published = [...files.map((place) => ({ place, text: readFileSync(place, "utf8") })), ...fences];

test("there are shapes in scenarios and pages to look at", () => {
  expect(files.length).toBeGreaterThan(4);
  expect(fences.length).toBeGreaterThan(10);
});

test.for(published)("$place is strict YAML, a shape, and valid against the published schema", ({ place, text }) => {
  expect(isValidShape(parse(text, { strict: true, version: "1.2" }))).toBe(true);
  expect(() => parseShape(text, place)).not.toThrow();
});

test("the schema knows every kind, group and header word, and no other", () => {
  const words = (...path: readonly string[]): readonly string[] => Object.keys(at("$defs", ...path, "properties"));
  expect(words("block")).toEqual([...GROUP_TYPES, ...KINDS, "any"]);
  expect(words("pattern", "anyOf", "1")).toEqual([...KINDS, "any"]);
  expect(at("$defs", "line", "anyOf", "0", "enum")).toEqual([...KINDS, "any"]);
  expect(words("side")).toEqual(["exactly", "contain", "never", "link", "event", "where"]);
  const header = words("file");
  const broken = (): unknown => parseShape("x: y\ntrace: [llm]\n", "f.yaml");
  expect(broken).toThrow(`The header of a file knows ${header.join(", ")}.`);
});

test("every word of the schema says what it means", () => {
  for (const definition of ["file", "block", "side"]) {
    for (const [word, property] of Object.entries(at("$defs", definition, "properties"))) {
      expect(property, word).toHaveProperty(property.$ref?.match(/exactly|contain|never/) ? "$ref" : "description");
    }
  }
});

test.for([
  "[]",
  "just text",
  "- tol lookup",
  "- tool a {step: 2}",
  "- llm:\n    - tol x",
  "- in-order: []",
  "- in-order foo: [llm]",
  "- in_order: [llm]",
  "- <a b>",
  "- <a> more",
  "- [llm]",
  "- llm:\n  tool:",
  "- agent:\n    - any-order:\n        - never: tool",
  "- any-order:\n    - exactly: [llm]",
  "- link: llm",
  "- where: a = 1",
  "- llm:\n    - where: [a b]",
  "- llm:\n    - event: {a: 1}",
  "- never: [any-order: [llm]]",
  "shap: x\ntrace: [llm]",
  "children: exact\ntrace: [llm]",
  "children: exactly",
  "trace: [llm]\ntraces: [trace: [llm]]",
  "traces: []",
  "traces: [llm]",
  "traces: [trace x: [llm]]",
  "define: {}\ntrace: [llm]",
  "define:\n  a b: [llm]\ntrace: [llm]",
  "define:\n  a: [never: llm]\ntrace: [<a>]",
  "include: []\ntrace: [llm]",
])("the schema refuses %j, and so does the reader", (text) => {
  expect(isValidShape(parse(text))).toBe(false);
  expect(() => parseShape(text, "f.yaml", () => "define:\n  b: [llm]\n")).toThrow();
});

function at(...path: readonly string[]): Record<string, { readonly $ref?: string }> {
  let part: unknown = shapeSchema;
  for (const step of path) part = Object.entries(Object(part)).find(([key]) => key === step)?.[1];
  return Object(part);
}

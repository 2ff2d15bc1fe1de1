import { expect, test } from "vitest";
import { faultSentence, isTroupeError } from "../../src/core/errors.ts";
import type { Shape } from "../../src/shape/pattern.ts";
import { printShape } from "../../src/shape/print.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { placeless } from "./random-language.ts";

const FILES: Readonly<Record<string, string>> = {
  "shapes/lib.yaml": "include: deep/more.yaml\nchildren: exactly\ndefine:\n  call:\n    - tool:\n        - <server>\n",
  "shapes/deep/more.yaml": "include: [../lib.yaml, ./more.yaml]\ndefine:\n  server: [mcp.server]\n",
  "shapes/broken.yaml": "define:\n  bad:\n    - tol\n  worse: [<nothing>]\n",
  "shapes/list.yaml": "- llm\n",
  "shapes/again.yaml": "define:\n  call: [llm]\n",
};

function read(text: string, asked: [string, string][] = []): Shape {
  const texts: Readonly<Record<string, string>> = FILES;
  return parseShape(text, "shapes/own.yaml", (path, from) => {
    asked.push([path, from]);
    const folder = from.split("/").slice(0, -1);
    for (const step of path.split("/")) {
      if (step === "..") folder.pop();
      else if (step !== ".") folder.push(step);
    }
    const found = texts[folder.join("/")];
    if (found === undefined) throw new Error("there is no such file.");
    return found;
  });
}

function faultsOf(text: string): readonly string[] {
  try {
    read(text);
    return [];
  } catch (error) {
    if (isTroupeError(error)) return error.faults.map(faultSentence);
    throw error;
  }
}

test("an included file brings its definitions, and those that it includes, each file read once", () => {
  const asked: [string, string][] = [];
  const text = "include: lib.yaml\ndefine:\n  own:\n    - <call> x2\ntrace:\n  - <own>\n";
  const shape = read(text, asked);
  expect(asked).toEqual([
    ["lib.yaml", "shapes/own.yaml"],
    ["deep/more.yaml", "shapes/lib.yaml"],
  ]);
  expect(shape.include).toEqual(["lib.yaml"]);
  expect(shape.define.map(({ name, from, at }) => [name, from, at])).toEqual([
    ["own", undefined, "shapes/own.yaml:3:3"],
    ["call", "lib.yaml", "shapes/lib.yaml:4:3"],
    ["server", "deep/more.yaml", "shapes/deep/more.yaml:3:3"],
  ]);
});

test("the header of an included file decides the mode of its own lists alone", () => {
  const shape = read("include: lib.yaml\ntrace:\n  - agent: <call>\n");
  const [call] = shape.define;
  const [tool] = call?.items ?? [];
  expect(tool).toMatchObject({ kind: "tool", list: { mode: "exactly" } });
  expect(shape).toMatchObject({ children: "contain", trace: { list: { mode: "contain" } } });
});

test("printing writes what is included by its path, and reading that gives the same", () => {
  const text = "include:\n  - lib.yaml\n  - ./deep/more.yaml\ntrace:\n  - <call>\n  - <server>\n";
  const shape = read(text);
  expect(printShape(shape)).toBe(text);
  expect(placeless(read(printShape(shape)))).toEqual(placeless(shape));
});

test("what an included file defines and nobody uses is no fault", () => {
  expect(faultsOf("include: lib.yaml\ntrace:\n  - llm\n")).toEqual([]);
});

test.for<readonly [text: string, ...faults: readonly string[]]>([
  [
    "include: [lib.yaml, gone.yaml]\ntrace:\n  - <gone>\n",
    "shapes/own.yaml:1:21: gone.yaml cannot be included: there is no such file. A path starts at the folder of the file that names it.",
  ],
  [
    "include: broken.yaml\ntrace:\n  - <bad>\n  - tol\n",
    "shapes/own.yaml:4:5: unknown kind",
    "shapes/broken.yaml:3:7: unknown kind",
    "shapes/broken.yaml:4:11: unknown <nothing>. Defined are <bad>, <worse>; add it under define:.",
  ],
  [
    "include: list.yaml\ntrace:\n  - llm\n",
    "shapes/list.yaml:1:1: this file is included and has no define:. Only definitions can be included.",
  ],
  [
    "include: lib.yaml\ndefine:\n  call: [llm]\ntrace:\n  - <call>\n",
    "shapes/own.yaml:3:3: <call> is defined twice, also at shapes/lib.yaml:4:3. Give one of them another name.",
  ],
  [
    "include: [lib.yaml, again.yaml]\ntrace:\n  - <call>\n",
    "shapes/again.yaml:2:3: <call> is defined twice, also at shapes/lib.yaml:4:3. Give one of them another name.",
  ],
  [
    "include: [[lib.yaml], '']\ntrace:\n  - llm\n",
    "shapes/own.yaml:1:11: include: names files. Write include: other.shape.yaml, or a list.",
    "shapes/own.yaml:1:23: include: names files. Write include: other.shape.yaml, or a list.",
  ],
])("%j is refused where it is wrong", ([text, ...faults]) => {
  const found = faultsOf(text).map((fault) => fault.replace(/unknown kind.*/, "unknown kind"));
  expect(found).toEqual(faults);
});

test("a file that includes itself is read once", () => {
  const text = "include: [own.yaml, ./../shapes/own.yaml]\ndefine:\n  a: [llm]\ntrace:\n  - <a>\n";
  const asked: [string, string][] = [];
  expect(read(text, asked).define.map(({ name }) => name)).toEqual(["a"]);
  expect(asked).toEqual([]);
});

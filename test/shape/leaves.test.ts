/** What a line says of children that it does not name, in a file that begins with `children: exactly`. */
import { expect, test } from "vitest";
import { shape } from "../../src/shape/builders/shape.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import type { Shape } from "../../src/shape/pattern.ts";
import { printShape } from "../../src/shape/print.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { sketch } from "./sketch.ts";

const exactly = (lines: string): Shape => parseShape(`children: exactly\n${lines}`, "leaves");
const isMatch = (made: Shape, tree: string): boolean => matchShape(made, [sketch(tree)]).verdict === "matched";

test.for([
  ["a line with nothing under it has no children", "trace: [agent a: [tool x]]", true],
  ["also with conditions", "trace: [agent a: [tool x: [never: llm]]]", true],
  ["also in a group", "trace: [agent a: [any-order: [tool x, tool y x0..1]]]", true],
  ["also in traces", "traces: [trace: [agent a: [tool x]]]", true],
  ["with contain: [] nothing is said of them", "trace: [agent a: [tool x: [contain: []]]]", false],
  ["nor with ... alone", "trace: [agent a: [tool x: [...]]]", false],
  ["nor in a list that contains", "trace: [agent a: [contain: [tool x]]]", false],
  ["nor in a definition", "define: {one: [tool x]}\ntrace: [agent a: [<one>]]", false],
] as const)("%s: %s", ([, text, isEmpty]) => {
  expect(isMatch(exactly(text), "agent a(tool x)")).toBe(true);
  expect(isMatch(exactly(text), "agent a(tool x(llm))")).toBe(!isEmpty);
});

test.for(["trace: [agent a: [..., never: tool x]]", "define: {one: [tool x]}\ntrace: [agent a: [..., never: <one>]]"])(
  "what never forbids may have children of its own: %s",
  (text) => {
    expect(isMatch(exactly(text), "agent a(tool y)")).toBe(true);
    expect(isMatch(exactly(text), "agent a(tool x(llm))")).toBe(false);
  },
);

test("in other files a line says nothing of its children", () => {
  const contains = parseShape("- agent a: [exactly: [tool x]]\n", "leaves");
  expect(isMatch(contains, "agent a(tool x(llm))")).toBe(true);
});

test("builders and text say the same", () => {
  const built = shape.of(
    { children: "exactly" },
    shape.agent("a", shape.llm(), shape.tool("x", shape.contain()), shape.agent("b", shape.contain(shape.llm()))),
  );
  const text = `children: exactly
trace:
  - agent a:
      - llm
      - tool x:
          - contain: []
      - agent b:
          - contain:
              - llm
`;
  expect(printShape(built)).toBe(text);
  expect(printShape(parseShape(text, "leaves"))).toBe(text);
  expect(isMatch(built, "agent a(llm, tool x(llm), agent b(llm(tool), tool))")).toBe(true);
  expect(isMatch(built, "agent a(llm(tool), tool x, agent b(llm))")).toBe(false);
});

test("contain: [] beside items is refused, and where children may stand anyway", () => {
  expect(() => exactly("trace: [agent a: [contain: [], tool x]]")).toThrow("items stand beside exactly: or contain:");
  expect(() => parseShape("- agent a: [contain: []]\n", "leaves")).toThrow("contain: is empty");
});

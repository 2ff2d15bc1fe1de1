import { expect, test } from "vitest";
import { matchShape } from "../../src/shape/match/match.ts";
import type { Item, Shape } from "../../src/shape/pattern.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { sketch, treeOf } from "./sketch.ts";

type Row = readonly [shape: string, tree: string, verdict: "matched" | "mismatched"];

const SEQUENCE = "- sequence: [llm, tool x, llm]";
const REPEATED = "- exactly:\n    - sequence x1..*: [llm, tool x0..*]\n";
const TWICE = "- exactly:\n    - sequence: [tool]\n    - sequence: [tool]\n";

test.for<Row>([
  [SEQUENCE, "llm 0-1, tool x 1-2, llm 2-3", "matched"],
  [SEQUENCE, "llm 0-2, tool x 1-2, llm 2-3", "mismatched"],
  [SEQUENCE, "llm 0-2, llm 0-1, tool x 1-2, llm 2-3", "matched"],
  [SEQUENCE, "llm 0-1, tool x 1-1, llm 1-3", "matched"],
  [SEQUENCE, "llm 0-0, tool x 0-0, llm 0-3", "matched"],
  [SEQUENCE, "llm 0-0, tool x 0-1, llm 0-3", "mismatched"],
  [SEQUENCE, "llm 3-1, tool x 3-4, llm 4-5", "matched"],
  ["- sequence: [llm x2]", "llm 0-2, llm 1-2", "mismatched"],
  ["- sequence: [llm x2]", "llm 0-1, llm 1-2", "matched"],
  ["- sequence:\n    - one-of: [tool a, tool b]\n    - llm\n", "tool a 0-9, tool b 1-2, llm 2-3", "matched"],
  [REPEATED, "llm 0-1, tool a 1-2, tool b 2-3, llm 3-4", "matched"],
  [REPEATED, "llm 0-1, tool a 1-2, tool b 1-3, llm 3-4", "mismatched"],
  [REPEATED, "llm 0-1, tool a 1-4, llm 3-4", "mismatched"],
  [TWICE, "tool a 0-5, tool b 1-2", "matched"],
  [TWICE, "tool a 0-5, tool b 0-5", "matched"],
  ["- exactly:\n    - sequence: [tool, tool]\n    - tool\n", "tool 0-3, tool 0-9, tool 3-4", "mismatched"],
  ["- exactly:\n    - sequence: [tool, tool]\n    - tool\n", "tool 0-3, tool 3-9, tool 3-4", "matched"],
  ["- in-order x2:\n    - sequence: [tool, llm]\n", "tool 0-1, llm 1-9, tool 2-3, llm 3-4", "matched"],
  ["- exactly:\n    - sequence: [tool, tool]\n    - sequence: [tool]\n", "tool 0-0, tool 0-1, tool 0-2", "matched"],
  ["- exactly:\n    - sequence: [tool, tool]\n    - sequence: [tool]\n", "tool 0-1, tool 0-1, tool 0-2", "mismatched"],
])("in sequence: %j and %s", ([shape, tree, verdict]) => {
  expect(verdictOf(shape, tree)).toBe(verdict);
});

test.for<Row>([
  ["- parallel: [tool a, tool b]", "tool a 0-5, tool b 4-9", "matched"],
  ["- parallel: [tool a, tool b]", "tool a 0-4, tool b 4-9", "mismatched"],
  ["- parallel: [tool a, tool b]", "tool a 0-4, tool a 1-6, tool b 4-9", "matched"],
  ["- parallel: [tool a, tool b, llm]", "tool a 0-3, tool b 2-5, llm 4-6", "mismatched"],
  ["- parallel: [tool a, tool b, llm]", "tool a 0-5, tool b 2-5, llm 4-6", "matched"],
  ["- parallel: [tool a, tool b]", "tool a 4-4, tool b 4-9", "matched"],
  ["- parallel: [tool a, tool b]", "tool a 4-4, tool b 3-9", "matched"],
  ["- parallel: [tool a, tool b]", "tool a 4-4, tool b 3-4", "mismatched"],
  ["- parallel: [tool a, tool b]", "tool a 4-4, tool b 4-4", "matched"],
  // What takes no time is over when the next starts, also where a longer one of its kind ends just then.
  ["- parallel: [tool, llm]", "tool 1-3, tool 2-2, llm 3-3", "mismatched"],
  ["- parallel: [tool, llm]", "tool 1-3, tool 3-3, llm 3-3", "matched"],
  ["- parallel: [tool x3]", "tool 0-9, tool 1-8, tool 2-7", "matched"],
  ["- parallel: [tool x3]", "tool 0-9, tool 1-2, tool 2-7", "mismatched"],
  ["- exactly:\n    - parallel x2: [tool, tool]\n", "tool 0-2, tool 1-3, tool 4-6, tool 5-7", "matched"],
  ["- exactly:\n    - parallel x2: [tool, tool]\n", "tool 0-2, tool 2-3, tool 4-6, tool 5-7", "mismatched"],
  ["- exactly:\n    - parallel x1..*: [tool, llm]\n", "tool 0-2, llm 1-9, tool 2-3, llm 2-3", "matched"],
  ["- parallel: [tool a, tool b]\n- llm\n", "llm 0-1, tool a 1-3, tool b 2-4, llm 3-5", "matched"],
  ["- parallel:\n    - one-of x2: [tool a, tool b]\n    - llm\n", "tool a 0-3, tool a 1-3, llm 2-4", "matched"],
])("in parallel: %j and %s", ([shape, tree, verdict]) => {
  expect(verdictOf(shape, tree)).toBe(verdict);
});

const APART =
  "- exactly:\n    - any-order:\n        - in-order: [tool a, tool b x1..*]\n        - sequence: [llm, llm]\n        - agent x1..2\n";

test.for<Row>([
  [APART, "llm 0-1, tool a 1-2, agent 1-1, tool b 2-3, llm 2-3, tool b 4-5", "matched"],
  [APART, "tool a 0-1, llm 0-3, agent 1-1, tool b 2-3, llm 2-3", "mismatched"],
  [APART, "tool b 0-1, llm 0-1, agent 1-1, tool a 2-3, llm 2-3", "mismatched"],
  [APART, "tool a 0-1, tool b 0-1, llm 0-1, llm 2-3", "mismatched"],
  [
    "- llm\n- any-order:\n    - in-order: [tool a, tool b]\n    - agent\n- llm\n",
    "llm, agent, tool a, tool b, llm",
    "matched",
  ],
  [
    "- llm\n- any-order:\n    - in-order: [tool a, tool b]\n    - agent\n- llm\n",
    "llm, tool a, agent, llm, tool b",
    "mismatched",
  ],
])("lists in any order: %j and %s", ([shape, tree, verdict]) => {
  expect(verdictOf(shape, tree)).toBe(verdict);
});

test("lists in any order that one span fits both of are undecided", () => {
  const tool = { type: "node", isDeep: false, kind: "tool", predicates: [], never: [], links: [], events: [] } as const;
  const list: Item = { type: "in-order", items: [tool] };
  const items: readonly Item[] = [{ type: "any-order", items: [list, { ...list }] }];
  const body = { list: { mode: "contain", items }, never: [], links: [], events: [] } as const;
  const shape: Shape = { children: "contain", include: [], define: [], trace: body };
  expect(matchShape(shape, [sketch("tool a, tool b")]).verdict).toBe("undecided");
});

test("an open span has not ended", () => {
  const { endTimeUnixNano: _, ...open } = sketch("tool a 0-1").roots[0]?.span ?? {};
  const tree = treeOf([
    { kind: "tool", name: "a", start: 0 },
    { kind: "tool", name: "b", start: 5, end: 6 },
  ]);
  const [first, second] = tree.roots;
  if (first === undefined || second === undefined) throw new Error("no spans");
  const opened = {
    ...tree,
    roots: [{ ...first, span: { ...first.span, ...open, endTimeUnixNano: undefined } }, second],
  };
  const trees = [opened] as unknown as readonly (typeof tree)[];
  expect(matchShape(parseShape("- sequence: [tool a, tool b]", "f.yaml"), trees).verdict).toBe("mismatched");
  expect(matchShape(parseShape("- parallel: [tool a, tool b]", "f.yaml"), trees).verdict).toBe("matched");
});

function verdictOf(shape: string, tree: string): string {
  return matchShape(parseShape(shape, "f.yaml"), [sketch(tree)]).verdict;
}

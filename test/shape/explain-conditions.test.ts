import { expect, test } from "vitest";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import type { Tree } from "../../src/trace/tree.ts";
import type { Sketch } from "./sketch.ts";
import { treeOf, treesOf } from "./sketch.ts";

function told(text: string, trees: readonly Tree[]): readonly string[] {
  const { mismatches } = matchShape(parseShape(text, "f.yaml"), trees);
  return mismatches.map(({ kind, message }) => `${kind} ${message}`);
}

function agent(changes: Partial<Sketch>): Sketch {
  return { kind: "agent", name: "a", start: 0, ...changes };
}

test.for<readonly [events: Sketch["events"], line: string, sentence: string]>([
  [[], "retry x2", "missing f.yaml:2:12: expected 2 events retry in agent a; found none"],
  [[{ name: "retry" }], "retry x2", "missing f.yaml:2:12: expected 2 events retry in agent a; found 1"],
  [[{ name: "retry" }], "retry x0", "too-many f.yaml:2:12: expected no events retry in agent a; found 1"],
  [
    [{ name: "retry", attributes: { n: 1 } }],
    "retry {n = 2}",
    "missing f.yaml:2:12: expected an event retry {n = 2} in agent a; found one, but n is 1",
  ],
])("of the events %j, event: %s says what is wrong", ([events = [], line, sentence]) => {
  expect(told(`- agent a:\n  - event: ${line}\n`, [treeOf([agent({ events })])])).toEqual([sentence]);
});

test.for<readonly [links: readonly string[], sentence: string]>([
  [[], "no-link f.yaml:2:11: expected a link from agent a to agent b; it has no links"],
  [["trace/s2"], "no-link f.yaml:2:11: expected a link from agent a to agent b; it links to agent c instead"],
  [
    ["other/s9"],
    "undecided f.yaml:2:11: expected a link from agent a to agent b; it links to span s9 of trace other, which is not at hand, and the answer rests on it",
  ],
])("of the links %j, link: says what is wrong", ([links, sentence]) => {
  const trees = [treeOf([agent({ links }), agent({ name: "c", start: 1 })])];
  expect(told("- agent a:\n  - link: agent b\n", trees)).toEqual([sentence]);
});

test.for<readonly [text: string, names: readonly string[], sentence: string]>([
  ["- trace x2:\n    - agent b\n", ["b"], "missing f.yaml:2:3: expected 2 traces with agent b; found 1"],
  [
    "- trace x1:\n    - agent b\n",
    ["b", "b"],
    "too-many f.yaml:2:3: expected one trace like this; trace t2 (agent b) is one more",
  ],
  [
    "- trace:\n    - agent b\n- trace:\n    - agent *\n",
    ["b"],
    "missing f.yaml:4:3: expected a trace with agent * of its own; the one that fits is needed by another body",
  ],
  [
    "- trace:\n    - agent b:\n        - llm\n",
    ["b"],
    "missing f.yaml:4:11: expected llm under agent b; there is none",
  ],
  [
    "- trace:\n    - agent b\n- trace:\n    - agent c\n",
    ["b", "d"],
    "missing f.yaml:4:3: expected a trace with agent c of its own; there is none",
  ],
])("traces %j with agents %j say which is wrong", ([text, names, sentence]) => {
  const trees = treesOf(names.map((name, start) => [agent({ name, start })]));
  expect(told(`traces:\n${text}`, trees)).toEqual([sentence]);
});

test("a trace that no body asks for is extra where the traces are listed exactly", () => {
  const trees = treesOf([[agent({ name: "b" })], [agent({ name: "c" })]]);
  expect(told("children: exactly\ntraces:\n  - trace:\n      - agent b\n", trees)).toEqual([
    "extra f.yaml:1:1: unexpected trace t2 (agent c); the shape lists exactly the traces that may be there",
  ]);
});

test("a capture that joins two traces says which link is missing", () => {
  const text =
    "traces:\n  - trace:\n      - //a2a.client S* {span.id = $asked}\n  - trace:\n      - a2a.server push*:\n          - link: a2a.client {span.id = $asked}\n";
  const trees = treesOf([
    [agent({ children: [{ kind: "a2a.client", name: "Send", start: 2 }] })],
    [{ kind: "a2a.server", name: "push x", start: 3 }],
  ]);
  expect(told(text, trees)).toEqual([
    "no-link f.yaml:6:19: expected a link from a2a.server push x to a2a.client {span.id = $asked}; it has no links",
  ]);
});

test("a path into JSON text is named as it was written", () => {
  const attributes = { out: '{"order":{"id":"B-3"}}' };
  const trees = [treeOf([agent({ children: [{ kind: "tool", name: "x", start: 1, attributes }] })])];
  expect(told("- agent a:\n    - tool x {out#order.id = A-17}\n", trees)).toEqual([
    "changed f.yaml:2:7: expected tool x {out#order.id = A-17} under agent a; found tool x, but out#order.id is B-3",
  ]);
});

test("what hangs in another trace is said to", () => {
  const [first, second] = treesOf([
    [agent({ children: [{ kind: "a2a.client", name: "b", start: 1 }] })],
    [{ kind: "a2a.server", name: "b", start: 2 }],
  ]);
  const trees = [first, second].flatMap((tree) => tree ?? []);
  expect(told("- agent a:\n    - a2a.client b:\n        - a2a.server b\n", trees)).toEqual([
    "moved f.yaml:3:11: expected a2a.server b under a2a.client b; it is at the top of another trace",
  ]);
});

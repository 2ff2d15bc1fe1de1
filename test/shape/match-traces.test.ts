import { expect, test } from "vitest";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { sketch } from "./sketch.ts";

const AGENT_AND_ANY = "traces:\n  - trace: [agent a]\n  - trace: [any]\n";
const TWICE = "traces:\n  - trace: [agent a]\n  - trace: [agent a]\n";
const COUNTED = "traces:\n  - trace x2: [agent a]\n  - trace: [tool]\n";
const NONE = "traces:\n  - trace x0: [tool]\n  - trace: [agent a]\n";
const EXACT = "children: exactly\ntraces:\n  - trace: [agent a]\n  - trace x0..1: [agent b]\n";
const APART = "traces:\n  - trace: [agent a, agent b]\n";

test.for<readonly [shape: string, traces: readonly string[], verdict: "matched" | "mismatched"]>([
  [AGENT_AND_ANY, ["agent a", "llm"], "matched"],
  [AGENT_AND_ANY, ["llm", "agent a"], "matched"],
  [AGENT_AND_ANY, ["agent a"], "mismatched"],
  [AGENT_AND_ANY, ["agent a", "agent a", "tool"], "matched"],
  [TWICE, ["agent a", "tool"], "mismatched"],
  [TWICE, ["agent a", "tool", "agent a"], "matched"],
  [COUNTED, ["agent a", "tool", "agent a"], "matched"],
  [COUNTED, ["agent a", "tool"], "mismatched"],
  [COUNTED, ["agent a", "tool", "agent a", "agent a"], "mismatched"],
  [COUNTED, ["agent a", "tool, agent a"], "mismatched"],
  [COUNTED, ["agent a", "tool, agent a", "tool"], "matched"],
  [NONE, ["agent a"], "matched"],
  [NONE, ["agent a", "tool"], "mismatched"],
  [EXACT, ["agent a"], "matched"],
  [EXACT, ["agent a", "agent b"], "matched"],
  [EXACT, ["agent a", "agent c"], "mismatched"],
  [EXACT, ["agent a", "http x"], "matched"],
  [EXACT, ["agent a", "agent a"], "mismatched"],
  [APART, ["agent a", "agent b"], "mismatched"],
  [APART, ["agent b", "agent a, agent b"], "matched"],
  [APART, [], "mismatched"],
])("%j and traces %j", ([shape, traces, verdict]) => {
  const { verdict: found } = matchShape(parseShape(shape, "f.yaml"), traces.map(sketch));
  expect(found).toBe(verdict);
});

test.for<readonly [shape: string, isMonotone: boolean]>([
  [AGENT_AND_ANY, true],
  [COUNTED, false],
  [EXACT, false],
  ["define:\n  a: [tool x1..*]\ntrace:\n  - <a>\n", false],
  ["define:\n  a: [tool]\ntrace:\n  - <a>\n", true],
  ["- <a> x2\n", false],
  ["- sequence: [tool a, tool b]\n- parallel: [tool c, tool d]\n", true],
  ["- agent:\n    - link: agent\n    - event: e x2\n", true],
  ["- agent:\n    - link: agent {tokens < 5}\n", false],
  ["- tool {a = $x}\n- tool {b = $x}\n", true],
])("%j: whether late spans cannot undo a match", ([shape, isMonotone]) => {
  const text = shape.includes("define") || !shape.includes("<a>") ? shape : `define:\n  a: [tool]\ntrace:\n  ${shape}`;
  expect(matchShape(parseShape(text, "f.yaml"), []).isMonotone).toBe(isMonotone);
});

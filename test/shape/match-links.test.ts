import { expect, test } from "vitest";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import type { Sketch } from "./sketch.ts";
import { treesOf } from "./sketch.ts";

type Verdict = "matched" | "mismatched" | "undecided";

const ASKING: readonly Sketch[] = [
  { kind: "agent", name: "a", start: 0, children: [{ kind: "a2a.client", name: "ask", start: 1 }] },
];

const LINKED = "- agent b:\n    - link: a2a.client ask\n";
const DEEP = "- agent b:\n    - link:\n        - agent a:\n            - a2a.client\n";
const FORBIDDEN = "- never:\n    - any:\n        - link: a2a.client ask\n- agent b\n";
const COUNTED = "- agent b x0:\n    - link: a2a.client ask\n";
const TWO = "- agent b:\n    - link: agent a\n    - link: a2a.client ask\n";
const ONE_OF_TWO = "- agent x1:\n    - link: a2a.client ask\n";

test.for<readonly [shape: string, links: readonly string[], verdict: Verdict]>([
  [LINKED, ["t1/s2"], "matched"],
  [LINKED, ["t1/s1"], "mismatched"],
  [LINKED, [], "mismatched"],
  [LINKED, ["t1/s1", "t1/s2"], "matched"],
  [LINKED, ["t1/s9"], "undecided"],
  [LINKED, ["t9/s2"], "undecided"],
  [LINKED, ["t1/s9", "t1/s2"], "matched"],
  ["- agent c:\n    - link: a2a.client ask\n", ["t1/s9"], "mismatched"],
  ["- agent b:\n    - link: a2a.client ask\n    - tool none\n", ["t1/s9"], "mismatched"],
  ["- one-of:\n    - agent a\n    - agent b:\n        - link: a2a.client ask\n", ["t1/s9"], "matched"],
  [DEEP, ["t1/s1"], "matched"],
  [DEEP, ["t1/s2"], "mismatched"],
  [TWO, ["t1/s1", "t1/s2"], "matched"],
  [TWO, ["t1/s1"], "mismatched"],
  [TWO, ["t1/s1", "t1/s9"], "undecided"],
  [FORBIDDEN, ["t1/s2"], "mismatched"],
  [FORBIDDEN, ["t1/s1"], "matched"],
  [FORBIDDEN, ["t1/s9"], "undecided"],
  [COUNTED, ["t1/s9"], "undecided"],
  [ONE_OF_TWO, ["t9/s9"], "undecided"],
])("%j with links %j is %s", ([shape, links, verdict]) => {
  const traces = [ASKING, [{ kind: "agent", name: "b", start: 2, links }] as const];
  expect(matchShape(parseShape(shape, "f.yaml"), treesOf(traces)).verdict).toBe(verdict);
});

test("the reason names the absent span", () => {
  const traces = [[{ kind: "agent", name: "b", start: 2, links: ["t7/s9"] }] as const];
  const [reason] = matchShape(parseShape(LINKED, "f.yaml"), treesOf(traces)).mismatches;
  expect(reason?.kind).toBe("undecided");
  expect(reason?.message).toContain("s9");
  expect(reason?.message).toContain("t7");
});

test("of two absent spans one may match and the other not", () => {
  const traces = [
    [
      { kind: "agent", name: "b", start: 1, links: ["t9/s1"] },
      { kind: "agent", name: "b", start: 2, links: ["t9/s2"] },
    ] as const,
  ];
  const verdictOf = (count: string): string => {
    const shape = `- agent b ${count}:\n    - link: a2a.client\n`;
    return matchShape(parseShape(shape, "f.yaml"), treesOf(traces)).verdict;
  };
  // None and both are too few and too many: only the ways between match.
  expect(verdictOf("x1")).toBe("undecided");
  expect(verdictOf("x0..2")).toBe("matched");
  expect(verdictOf("x3")).toBe("mismatched");
});

const RETRIES = [
  { name: "retry", attributes: { reason: "timeout", body: '{"n": [1, 2]}' } },
  { name: "retry", attributes: { reason: "refused" } },
  { name: "done", attributes: { duration: "2s" } },
];

test.for<readonly [event: string, isMatch: boolean]>([
  ["retry", true],
  ["retr*", true],
  ["/^ret/", true],
  ["start", false],
  ["retry x2", true],
  ["retry x1", false],
  ["retry x0", false],
  ["start x0", true],
  ["retry x3..*", false],
  ["retry {reason = timeout} x1", true],
  ["retry {reason = none}", false],
  ["retry {body#n = 2}", true],
  ["retry {body#n = 3}", false],
  ["done {duration = 2s}", true],
  ["done {reason}", false],
])("event: %s", ([event, isMatch]) => {
  const traces = [[{ kind: "tool", start: 0, events: RETRIES }] as const];
  const { verdict } = matchShape(parseShape(`- tool:\n    - event: '${event}'\n`, "f.yaml"), treesOf(traces));
  expect(verdict).toBe(isMatch ? "matched" : "mismatched");
});

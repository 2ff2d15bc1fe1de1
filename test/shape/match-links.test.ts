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

const IN_DEFINITION = `define:
  one:
    - http:
        - link:
            - tool:
                - event: '{k = $x}'
                - event: '{m = $x}'
traces:
  - trace:
      - <one>
`;
const IN_COUNTED = `- one-of:
    - tool x1:
        - agent {k = $z}:
            - link:
                - turn:
                    - link:
                        - tool {m = $x}:
                            - link: llm {m = $x}
    - llm:
        - tool {k = $z}
`;
const BESIDE_ANOTHER = `- llm {m = $x}
- agent {m = $z} x1:
    - tool {m = $z}:
        - link: tool {m = $y}
    - never:
        - http {m = $x}:
            - event: '{k = $y}'
`;
const OPTIONAL = `traces:
  - trace:
      - exactly:
          - agent x0..1:
              - link:
                  - tool {m = $y}:
                      - event: '{m = $y}'
          - tool {k = $z}:
              - turn {k = $z}
  - trace:
      - exactly:
          - llm {m = $x}
  - trace:
      - never: http {k = $x}
`;

const at = { start: 0 } as const;
const linking = (target: string): Sketch => ({ kind: "http", ...at, links: [target] });
const toolOf = (...values: readonly string[]): Sketch => {
  const events = values.map((value, index) => ({ name: "e", attributes: { [index === 0 ? "k" : "m"]: value } }));
  return { kind: "tool", ...at, events };
};
const TO_ITSELF = [[{ kind: "llm", ...at, attributes: { k: "b" }, links: ["t1/s1"] }]] as const;
const chained = (last: string): readonly (readonly Sketch[])[] => [
  [
    { kind: "tool", ...at, children: [{ kind: "agent", ...at, attributes: { k: "b" }, links: ["t1/s4"] }] },
    { kind: "llm", ...at, attributes: { m: last } },
    { kind: "turn", ...at, links: ["t2/s1"] },
  ],
  [{ kind: "tool", ...at, attributes: { m: "a" }, links: ["t1/s3"] }],
];
const agentWithTool = (below: readonly Sketch[]): readonly Sketch[] => [
  { kind: "tool", ...at, attributes: { m: "b" } },
  { kind: "llm", ...at, attributes: { m: 1 } },
  {
    kind: "agent",
    ...at,
    attributes: { m: 2 },
    children: [{ kind: "tool", ...at, attributes: { m: 2 }, links: ["t1/s1"] }, ...below],
  },
];
const forbidden = (k: string): Sketch => {
  return { kind: "http", ...at, attributes: { m: 1 }, events: [{ name: "e", attributes: { k } }] };
};
const toolTurnAndLlm: readonly (readonly Sketch[])[] = [
  [{ ...toolOf("", "b"), attributes: { m: "b" } }],
  [{ kind: "llm", ...at, attributes: { m: "b" } }],
];
const toolWithTurn: Sketch = {
  kind: "tool",
  ...at,
  attributes: { k: 1 },
  children: [{ kind: "turn", ...at, attributes: { k: 1 } }],
};

test.for<readonly [says: string, shape: string, traces: readonly (readonly Sketch[])[], verdict: Verdict]>([
  ["the scope is a definition", IN_DEFINITION, [[linking("t1/s2"), toolOf("b", "b")]], "matched"],
  ["there is no such value", IN_DEFINITION, [[linking("t1/s2"), toolOf("b", "c")]], "mismatched"],
  ["it is in another trace", IN_DEFINITION, [[linking("t2/s1")], [toolOf("b", "b")]], "matched"],
  ["the link leads elsewhere", IN_DEFINITION, [[linking("t1/s3"), toolOf("b", "b"), toolOf()]], "mismatched"],
  ["a span links to itself", "- llm {k = $x} x1:\n    - link: any {k = $x}\n", TO_ITSELF, "matched"],
  ["a link leads to a link", IN_COUNTED, chained("a"), "matched"],
  ["a link leads to a link with another value", IN_COUNTED, chained("b"), "mismatched"],
  ["beside one of the whole shape", BESIDE_ANOTHER, [agentWithTool([])], "matched"],
  ["where it is not forbidden", BESIDE_ANOTHER, [agentWithTool([forbidden("c")])], "matched"],
  ["where it is forbidden", BESIDE_ANOTHER, [agentWithTool([forbidden("b")])], "mismatched"],
  [
    "of an optional line",
    OPTIONAL,
    [...toolTurnAndLlm, [{ kind: "agent", ...at, links: ["t1/s1"] }, toolWithTurn]],
    "matched",
  ],
  [
    "of an optional line that may not be there",
    OPTIONAL,
    [...toolTurnAndLlm, [{ kind: "agent", ...at, links: ["t2/s1"] }, toolWithTurn]],
    "mismatched",
  ],
])("the values of captures may lie where links lead: %s", ([, shape, traces, verdict]) => {
  expect(matchShape(parseShape(shape, "f.yaml"), treesOf(traces)).verdict).toBe(verdict);
});

const JOINED = "- tool {k = $x}\n- agent:\n    - link: any {m = $x}\n";
const EITHER = `- tool {k = $x}
- one-of:
    - in-order:
        - llm {k = $x}
        - agent x0:
            - link: any {m = $x}
    - in-order:
        - http {k = $x}
        - agent:
            - link: any {m = $x}
`;
const agentToAbsent: Sketch = { kind: "agent", ...at, links: ["t9/s9"] };
const withK = (kind: Sketch["kind"], k: number): Sketch => ({ kind, ...at, attributes: { k } });

test("an absent span may have any value of a capture", () => {
  const verdictOf = (roots: readonly Sketch[]): string => {
    return matchShape(parseShape(JOINED, "f.yaml"), treesOf([roots])).verdict;
  };
  expect(verdictOf([withK("tool", 1), agentToAbsent])).toBe("undecided");
  expect(verdictOf([withK("llm", 1), agentToAbsent])).toBe("mismatched");
});

test("an absent span may have one value of a capture and not another", () => {
  const shape = parseShape(EITHER, "f.yaml");
  // Whether it has both or neither, one of the ways is there; if it has 1 alone, there is none.
  const roots = [withK("tool", 1), withK("tool", 2), withK("llm", 1), withK("http", 2), agentToAbsent];
  expect(matchShape(shape, treesOf([roots])).verdict).toBe("undecided");
  expect(matchShape(shape, treesOf([[...roots, withK("http", 1)]])).verdict).toBe("matched");
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

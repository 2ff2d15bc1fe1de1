import { expect, test } from "vitest";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import type { Sketch } from "./sketch.ts";
import { sketch, treeOf, treesOf } from "./sketch.ts";

const JOIN = "- //tool find {order = $order}\n- //tool refund {order = $order}\n";
const TURNS = "- turn x1..*:\n    - tool find {order = $order}\n    - tool refund {order = $order}\n";
const EXACT_TURNS = `children: exactly\ntrace:\n${TURNS.replace(/^(?=.)/gm, "  ")}`;
const NOT_BELOW = "- tool find {order = $o}\n- agent x1..*:\n    - never: tool refund {order = $o}\n";
const COUNTED = "- tool find {order = $o}\n- tool refund {order = $o} x2\n";
const TWO = "- //tool find {order = $o, item = $i}\n- //tool pay {order = $o}\n- //tool send {item = $i}\n";
const OPTIONAL =
  "- exactly:\n    - one-of:\n        - tool find {order = $o}\n        - llm\n    - tool refund {order = $o} x0..*\n";
const RECURSIVE = `define:
  worker:
    - agent {task = $t}:
        - tool done {task = $t}
        - <worker> x0..1
trace:
  - exactly: [<worker>]
`;
const NESTED = `- workflow {id = $id}:
    - agent x1..*:
        - tool find {order = $o, run = $id}
        - tool refund {order = $o}
`;
// From here on the captures of a counted line stand within those of the whole shape.
const WITHIN = `- exactly:
    - tool {m = $x}
    - tool {m = $x} x0..1:
        - tool {m = $y}
        - http {k = $y}
`;
const WITHIN_FORBIDDEN = `- tool {k = $y}
- tool {k = $y} x1:
    - sequence x0:
        - llm {k = $x}
    - http {m = $x}
`;
const WITHIN_OPTIONAL = `- exactly:
    - tool {m = $x}
    - llm x0..1:
        - in-order x0:
            - turn {k = $x}
            - turn:
                - tool {k = $z}
        - http:
            - http {m = $z}
`;
const WITHIN_CHOICE = `- exactly:
    - tool {k = $x}
    - llm
    - agent x0..1:
        - one-of x0:
            - tool:
                - tool {m = $z}
            - tool {m = $x}
        - tool:
            - http {m = $z}
`;
const THREE_DEEP = `- workflow {run = $run}:
    - agent {team = $team, run = $run} x1..*:
        - exactly:
            - tool {team = $team, call = $call} x2:
                - http {call = $call, run = $run}
            - llm {team = $team}
`;
const TOOLS_OF_TEAM_A = "tool {team=a; call=1}(http {call=1; run=7}), tool {team=a; call=2}(http {call=2; run=7})";

test.for<readonly [shape: string, tree: string, verdict: "matched" | "mismatched"]>([
  [JOIN, "agent(tool find {order=1}), tool refund {order=1}", "matched"],
  [JOIN, "agent(tool find {order=1}), tool refund {order=2}", "mismatched"],
  [JOIN, "tool find {order=1}, tool find {order=2}, tool refund {order=2}", "matched"],
  [JOIN, "tool find {order=2}, tool refund {order=3}, tool find {order=3}", "mismatched"],
  [JOIN, "tool find, tool refund", "mismatched"],
  [
    TURNS,
    "turn(tool find {order=1}, tool refund {order=1}), turn(tool find {order=2}, tool refund {order=2})",
    "matched",
  ],
  // A turn that does not match is none that counts, and nothing says that there may be no others.
  [
    TURNS,
    "turn(tool find {order=1}, tool refund {order=1}), turn(tool find {order=2}, tool refund {order=1})",
    "matched",
  ],
  [EXACT_TURNS, "turn(tool find {order=1}, tool refund {order=2})", "mismatched"],
  [NOT_BELOW, "tool find {order=1}, agent(tool refund {order=2})", "matched"],
  [NOT_BELOW, "tool find {order=1}, agent(tool refund {order=1})", "mismatched"],
  [NOT_BELOW, "tool find {order=1}, tool find {order=2}, agent(tool refund {order=1})", "matched"],
  [COUNTED, "tool find {order=1}, tool refund {order=1}, tool refund {order=2}, tool refund {order=1}", "matched"],
  [COUNTED, "tool find {order=1}, tool refund {order=1}, tool refund {order=2}", "mismatched"],
  [TWO, "tool find {order=1; item=a}, tool find {order=2; item=b}, tool pay {order=2}, tool send {item=b}", "matched"],
  [
    TWO,
    "tool find {order=1; item=a}, tool find {order=2; item=b}, tool pay {order=2}, tool send {item=a}",
    "mismatched",
  ],
  // The value of $o may be one that occurs nowhere.
  [OPTIONAL, "llm", "matched"],
  [OPTIONAL, "tool find {order=1}, tool refund {order=1}", "matched"],
  [OPTIONAL, "llm, tool refund {order=2}, tool refund {order=2}", "matched"],
  [OPTIONAL, "llm, tool refund {order=2}, tool refund {order=3}", "mismatched"],
  [RECURSIVE, "agent {task=1}(tool done {task=1}, agent {task=2}(tool done {task=2}))", "matched"],
  [RECURSIVE, "agent {task=1}(tool done {task=2}, agent {task=2}(tool done {task=2}))", "mismatched"],
  [
    RECURSIVE,
    "agent {task=1}(tool done {task=1}, agent {task=2}(tool done {task=2}), agent {task=2}(tool done {task=2}))",
    "mismatched",
  ],
  [NESTED, "~workflow {id=7}(agent(tool find {order=1; run=7}, tool refund {order=1}))", "matched"],
  [NESTED, "~workflow {id=7}(agent(tool find {order=1; run=8}, tool refund {order=1}))", "mismatched"],
  [
    NESTED,
    "~workflow {id=7}(agent(tool find {order=1; run=7}, tool find {order=2; run=8}, tool refund {order=2}))",
    "mismatched",
  ],
  [WITHIN, "tool {m=2}, tool {m=2}(tool {m=2}, http {k=2})", "matched"],
  [WITHIN, "tool {m=2}, tool {m=2}(tool {m=3}, http {k=3})", "matched"],
  [WITHIN, "tool {m=2}, tool {m=2}(tool {m=2}, http {k=3})", "mismatched"],
  [WITHIN, "tool {m=2}, tool {m=3}(tool {m=2}, http {k=2})", "mismatched"],
  [WITHIN_FORBIDDEN, "tool {k=1} 0-0, tool {k=1} 0-0(http {m=2} 0-0)", "matched"],
  [WITHIN_FORBIDDEN, "tool {k=1} 0-0, tool {k=1} 0-0(http {m=2} 0-0, llm {k=2} 0-0)", "mismatched"],
  [WITHIN_OPTIONAL, "tool {m=1}, llm(http(http {m=a}))", "matched"],
  [WITHIN_OPTIONAL, "tool {m=1}, llm(~turn(tool {k=a}), http(http {m=a}))", "mismatched"],
  [WITHIN_OPTIONAL, "tool {m=1}, llm(~turn(tool {k=a}), http(http {m=b}))", "matched"],
  [WITHIN_CHOICE, "tool {k=a}, llm, agent(tool(http {m=b}))", "matched"],
  [WITHIN_CHOICE, "tool {k=a}, llm, agent(tool(http {m=b}), tool {m=a})", "mismatched"],
  [THREE_DEEP, `~workflow {run=7}(agent {team=a; run=7}(${TOOLS_OF_TEAM_A}, llm {team=a}))`, "matched"],
  [THREE_DEEP, `~workflow {run=8}(agent {team=a; run=8}(${TOOLS_OF_TEAM_A}, llm {team=a}))`, "mismatched"],
  [THREE_DEEP, `~workflow {run=7}(agent {team=b; run=7}(${TOOLS_OF_TEAM_A}, llm {team=b}))`, "mismatched"],
  [
    THREE_DEEP,
    `~workflow {run=7}(agent {team=b; run=7}, agent {team=a; run=7}(${TOOLS_OF_TEAM_A}, llm {team=a}))`,
    "matched",
  ],
])("%j and %s", ([shape, tree, verdict]) => {
  expect(matchShape(parseShape(shape, "f.yaml"), [sketch(tree)]).verdict).toBe(verdict);
});

test.for<readonly [first: Sketch["attributes"], second: Sketch["attributes"], isMatch: boolean]>([
  [{ order: "2" }, { order: 2 }, true],
  [{ order: "2.0" }, { order: 2 }, true],
  [{ order: "02x" }, { order: "2x" }, false],
  [{ order: ["a", "b"] }, { order: ["c", "b"] }, true],
  [{ order: ["a", "b"] }, { order: ["c"] }, false],
  [{ order: "9007199254740993" }, { order: "9007199254740992" }, false],
  [{ order: "" }, { order: "" }, true],
  [{ order: "a" }, {}, false],
])("%j and %j have the same value", ([first, second, isMatch]) => {
  const tree = treeOf([
    { kind: "tool", name: "find", start: 0, ...(first === undefined ? {} : { attributes: first }) },
    { kind: "tool", name: "refund", start: 1, ...(second === undefined ? {} : { attributes: second }) },
  ]);
  expect(matchShape(parseShape(JOIN, "f.yaml"), [tree]).verdict).toBe(isMatch ? "matched" : "mismatched");
});

test("a capture joins an event, a link and another trace", () => {
  const shape = parseShape(
    `traces:
  - trace:
      - //a2a.client {span.id = $asked}:
          - event: sent {task = $task}
  - trace:
      - a2a.server:
          - link: a2a.client {span.id = $asked}
          - tool {task = $task}
`,
    "f.yaml",
  );
  const asking = (task: string): readonly Sketch[] => [
    {
      kind: "agent",
      start: 0,
      children: [{ kind: "a2a.client", start: 1, events: [{ name: "sent", attributes: { task } }] }],
    },
  ];
  const serving = (link: string): readonly Sketch[] => [
    { kind: "a2a.server", start: 2, links: [link], children: [{ kind: "tool", start: 3, attributes: { task: "7" } }] },
  ];
  expect(matchShape(shape, treesOf([asking("7"), serving("t1/s2")])).verdict).toBe("matched");
  expect(matchShape(shape, treesOf([asking("8"), serving("t1/s2")])).verdict).toBe("mismatched");
  expect(matchShape(shape, treesOf([asking("7"), serving("t1/s1")])).verdict).toBe("mismatched");
});

test.for<readonly [says: string, shape: string, traces: readonly (readonly Sketch[])[]]>([
  [
    "of a counted trace, beside one of the whole shape",
    `traces:
  - trace:
      - exactly:
          - llm x0..1:
              - one-of:
                  - turn:
                      - agent {m = $y}:
                          - tool:
                              - tool {m = $z}
                  - tool:
                      - tool {m = $z}
  - trace:
      - any {m = $y}
`,
    [
      [{ kind: "agent", start: 0, attributes: { m: "b" } }],
      [
        {
          kind: "llm",
          start: 0,
          children: [{ kind: "tool", start: 0, children: [{ kind: "tool", start: 0, attributes: { m: "a" } }] }],
        },
      ],
    ],
  ],
  [
    "of events, two scopes within that of the whole shape",
    `traces:
  - trace:
      - exactly:
          - any {m = $x}:
              - exactly:
                  - llm
                  - tool {k = $y} x0..1:
                      - exactly:
                          - tool {k = $z} x0..1:
                              - any {k = $z}
                              - event: '{m = $y}'
                              - event: '{m = $x}'
`,
    [
      [
        {
          kind: "llm",
          start: 0,
          attributes: { m: "a" },
          children: [
            { kind: "llm", start: 0 },
            {
              kind: "tool",
              start: 0,
              attributes: { k: "a" },
              children: [
                {
                  kind: "tool",
                  start: 0,
                  attributes: { k: "a" },
                  events: [{ name: "e", attributes: { m: "a" } }],
                  children: [{ kind: "agent", start: 0, attributes: { k: "a" } }],
                },
              ],
            },
          ],
        },
      ],
    ],
  ],
  [
    "of a counted line that holds another's",
    `traces:
  - trace:
      - any {m = $z} x0..1:
          - tool {k = $z}
      - agent {m = $x} x0..1:
          - one-of:
              - tool {m = $y}
              - tool {k = $y}
  - trace x0:
      - exactly:
          - any {m = $x}
`,
    [
      [
        { kind: "llm", start: 0, attributes: { m: 1 }, children: [{ kind: "tool", start: 0, attributes: { k: 1 } }] },
        {
          kind: "agent",
          start: 0,
          attributes: { m: "b" },
          children: [{ kind: "tool", start: 0, attributes: { k: "b" } }],
        },
      ],
    ],
  ],
])("a capture has any value that makes its scope match: one %s", ([, shape, traces]) => {
  expect(matchShape(parseShape(shape, "f.yaml"), treesOf(traces)).verdict).toBe("matched");
});

function calls(count: number, value: (index: number) => Sketch["attributes"]): readonly Sketch[] {
  return Array.from({ length: count }, (_, index) => {
    const attributes = value(index);
    return { kind: "tool", name: "t", start: index, ...(attributes === undefined ? {} : { attributes }) };
  });
}

test("more than 10,000 combinations of values are undecided, and the reason says which captures", () => {
  const shape = parseShape("- tool t {a = $x}\n- tool t {b = $y}\n- tool u {a = $x, b = $y}\n", "f.yaml");
  const values = calls(101, (index) => ({ a: index, b: index }));
  const meeting: Sketch = { kind: "tool", name: "u", start: 101, attributes: { a: 5, b: 6 } };
  // The last line says which values go together, so there is one combination.
  expect(matchShape(shape, [treeOf([...values, meeting])]).verdict).toBe("matched");
  const apart = parseShape("- tool t {a = $x}\n- tool t {b = $y}\n- tool u {a = $x}\n- tool u {b = $y}\n", "f.yaml");
  const others = calls(101, (index) => ({ a: index, b: index })).map((call) => ({ ...call, name: "u", start: 200 }));
  const { verdict, mismatches } = matchShape(apart, [treeOf([...values, ...others])]);
  expect(verdict).toBe("undecided");
  expect(mismatches[0]?.message).toMatch(/\$x.*\$y/);
});

test("one of 5,000 values is found among 10,000 spans", () => {
  const shape = parseShape("- agent:\n    - tool t {a = $x}\n    - llm {a = $x}\n", "f.yaml");
  const children = [
    ...calls(9999, (index) => ({ a: index % 5000 })),
    { kind: "llm", start: 10_000, attributes: { a: 4999 } },
  ] as const;
  expect(matchShape(shape, [treeOf([{ kind: "agent", start: 0, children }])]).verdict).toBe("matched");
});

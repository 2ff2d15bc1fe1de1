import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { matchShape } from "../../src/shape/match/match.ts";
import { printShape } from "../../src/shape/print.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { placeless } from "./random-language.ts";
import type { Sketch } from "./sketch.ts";
import { sketch, treesOf } from "./sketch.ts";

interface Example {
  readonly says: string;
  readonly shape: string;
  readonly matching: readonly string[];
  readonly refused: readonly string[];
}

// The examples of the language's reference, section 2.4, and the corners that its prose names.
const EXAMPLES: readonly Example[] = [
  {
    says: "1: somewhere",
    shape: "- //tool lookup_order",
    matching: ["workflow(agent triage(tool lookup_order))"],
    refused: ["workflow(agent triage(tool refund))"],
  },
  {
    says: "2: in order, ties free",
    shape: "- agent triage:\n    - llm\n    - tool lookup_order\n    - llm\n",
    matching: [
      "agent triage 0-9(llm 0-1, tool get_time 1-2, tool lookup_order 2-3, llm 3-4)",
      "agent triage 0-9(tool lookup_order 0-0, llm 0-0, llm 0-0)",
    ],
    refused: [
      "agent triage 0-9(llm 0-1, llm 1-2, tool lookup_order 2-3)",
      "agent triage 0-9(tool lookup_order 0-0, llm 1-1, llm 1-1)",
    ],
  },
  {
    says: "3: counts claim",
    shape: "- agent triage:\n    - tool search x1..3\n    - tool delete_* x0\n",
    matching: ["agent triage(tool search, llm, tool search)"],
    refused: [
      "agent triage(tool search, tool search, tool search, tool search)",
      "agent triage(tool search, tool delete_all)",
      "agent triage(llm)",
    ],
  },
  {
    says: "3b: the scope of a count is the whole list, so a late one is out of order and not invisible",
    shape: "- agent a:\n    - tool x1..3\n    - llm\n",
    matching: ["agent a(tool a, llm, llm)"],
    refused: ["agent a(tool a, llm, tool b)"],
  },
  {
    says: "4: a loop and nothing else",
    shape:
      "- agent triage:\n    - exactly:\n        - in-order x1..*: [llm, tool x0..*]\n        - handoff triage -> billing\n",
    matching: ["agent triage(llm, tool a, tool b, llm, handoff triage -> billing)"],
    refused: [
      "agent triage(tool a, llm, handoff triage -> billing)",
      "agent triage(llm, handoff triage -> billing, llm)",
    ],
  },
  {
    says: "5: free order, then",
    shape:
      "- agent billing:\n    - any-order:\n        - tool get_invoice\n        - tool get_contract x1..3\n    - llm\n",
    matching: [
      "agent billing 0-9(tool get_contract 0-2, tool get_invoice 1-2, tool get_contract 1-3, llm 3-4)",
      "agent billing 0-9(tool get_invoice 0-1, tool get_contract 0-1, llm 0-4)",
    ],
    refused: ["agent billing 0-9(tool get_invoice 0-1, llm 1-2, tool get_contract 2-3)"],
  },
  {
    says: "6: time",
    shape:
      "- agent research:\n    - parallel:\n        - agent web\n        - agent papers\n    - sequence:\n        - llm\n        - tool write_report\n",
    matching: ["agent research 0-20(agent web 0-9, agent papers 1-8, llm 9-10, tool write_report 10-12)"],
    refused: [
      "agent research 0-20(agent web 0-4, agent papers 4-8, llm 9-10, tool write_report 10-12)",
      "agent research 0-20(agent web 0-9, agent papers 1-8, llm 9-11, tool write_report 10-12)",
    ],
  },
  {
    says: "7: attributes",
    shape: "- agent billing {duration < 2s}:\n    - tool refund {args.amount <= 50, status != error, !retry.of}\n",
    matching: ["agent billing 0-1999999999(tool refund {args.amount=42} 0-1)"],
    refused: [
      "agent billing 0-2000000000(tool refund {args.amount=42} 0-1)",
      "agent billing 0-9(tool refund {args.amount=42; retry.of=s9} 0-1)",
      "agent billing 0-9(tool refund {args.amount=51} 0-1)",
      "agent billing 0-9(tool refund {args.amount=42; status=error} 0-1)",
      "agent billing 0-9(tool refund 0-1)",
    ],
  },
  {
    says: "8: propagation",
    shape: "- agent triage:\n    - //a2a.client:\n        - a2a.server @billing:\n            - agent billing\n",
    matching: ["agent triage(handoff x(a2a.client(a2a.server @billing(agent billing))))"],
    refused: [
      "agent triage(handoff x(a2a.client)), a2a.server @billing(agent billing)",
      "agent triage(handoff x(a2a.client(a2a.server @risk(agent billing))))",
    ],
  },
  {
    says: "9: dialects",
    shape:
      "- handoff triage -> billing:\n    - one-of:\n        - agent billing\n        - tool transfer_to_billing:\n            - agent billing\n",
    matching: [
      "handoff triage -> billing(tool transfer_to_billing(agent billing))",
      "handoff triage -> billing(agent billing)",
    ],
    refused: ["handoff triage -> billing(tool transfer_to_billing)"],
  },
  {
    says: "10: one order throughout",
    shape:
      "- workflow refund:\n    - //tool lookup_order {args.order = $order}\n    - //tool refund {args.order = $order}\n    - never: tool /^delete_/\n",
    matching: [
      'workflow refund(agent a(tool lookup_order {args.order="A-17"}), tool refund {args.order="A-17"})',
      'workflow refund(tool lookup_order {args.order="B-3"}, tool lookup_order {args.order="A-17"}, tool refund {args.order="A-17"})',
    ],
    refused: [
      'workflow refund(tool lookup_order {args.order="A-17"}, tool refund {args.order="B-3"})',
      "workflow refund(tool lookup_order, tool refund)",
    ],
  },
  {
    says: "11: agents that delegate",
    shape: `define:
  worker:
    - agent:
        - exactly:
            - in-order x1..*:
                - llm
                - one-of:
                    - tool x0..*
                    - <worker>
trace:
  - <worker>
`,
    matching: ["agent a(llm, agent b(llm, agent c(llm)), llm)", "agent a(llm, tool x, tool y)"],
    refused: ["agent a(llm, agent b(agent c(llm)), llm)", "agent a(llm, agent b(llm, retrieval))"],
  },
  {
    says: "13: a reviewed snapshot",
    shape: `children: exactly
trace:
  - workflow refund:
      - turn 1:
          - agent triage:
              - llm
              - tool lookup_order {agent.trajectory.step = 2}:
                  - mcp.server tools/call lookup_order @orders
              - handoff triage -> billing:
                  - a2a.client:
                      - a2a.server @billing:
                          - agent billing:
                              - any-order:
                                  - tool get_invoice
                                  - tool get_contract x2
                              - ...
                              - llm
`,
    matching: [snapshotTree("tool get_contract 14-20, tool get_invoice 14-18, tool get_contract 15-30")],
    refused: [
      snapshotTree("tool get_contract 14-20, tool get_invoice 14-18, tool get_contract 15-30, tool get_contract 16-17"),
      snapshotTree("tool get_contract 14-20, tool get_invoice 14-18"),
    ],
  },
  {
    says: "an unknown child is extra in exactly, and nowhere else",
    shape: "- agent a:\n    - exactly:\n        - llm\n",
    matching: ["agent a(llm)"],
    refused: ["agent a(llm, tool x)", "agent a(llm, llm)", "agent a"],
  },
  {
    says: "exactly is one level deep",
    shape: "- exactly:\n    - agent a:\n        - llm\n",
    matching: ["agent a(llm, tool x)"],
    refused: ["agent a(llm), agent b"],
  },
  {
    says: "an empty exactly means no children",
    shape: "- llm:\n    - exactly: []\n",
    matching: ["llm"],
    refused: ["llm(tool x)"],
  },
  {
    says: "children that are only transparent are none for exactly",
    shape: "- llm:\n    - exactly: []\n",
    matching: ["llm(http POST /v1(span x))"],
    refused: ["llm(http POST /v1(span x(tool y)))"],
  },
  {
    says: "transparent spans are spliced out, harness spans too",
    shape: "- agent a:\n    - llm\n",
    matching: ["~workflow w(~turn 1(agent a(http GET /(llm))))", "span s(agent a(llm))"],
    refused: ["workflow w(agent a(llm))"],
  },
  {
    says: "a transparent span is seen by being named, and its list speaks of what is below it",
    shape: "- agent a:\n    - http GET*:\n        - llm\n",
    matching: ["agent a(http GET /(llm))", "agent a(span s(http GET /(span t(llm))))"],
    refused: ["agent a(llm, http GET /)", "agent a(tool x(http GET /(llm)))"],
  },
  {
    says: "any is any semantic span",
    shape: "- agent a:\n    - any x*\n",
    matching: ["agent a(tool x1)", "agent a(llm x2)"],
    refused: ["agent a(span x1)"],
  },
  {
    says: "a turn is seen by being named, harness or not",
    shape: "- workflow w:\n    - turn 1:\n        - agent a\n",
    matching: ["~workflow w(~turn 1(agent a))", "workflow w(turn 1(agent a))"],
    refused: ["~workflow w(~turn 2(agent a))"],
  },
  {
    says: "never looks at any depth",
    shape: "- agent a:\n    - never: tool /^delete_/\n",
    matching: ["agent a(tool create_x)", "agent a(tool x(llm)), tool delete_all"],
    refused: ["agent a(agent b(tool delete_all))"],
  },
  {
    says: "never at the top forbids everywhere",
    shape: "- never:\n    - tool x\n    - llm:\n        - tool y\n",
    matching: ["agent a(tool z, llm)"],
    refused: ["agent a(tool x)", "agent a(llm(tool y))"],
  },
  {
    says: "zero is a number",
    shape: "- agent a:\n    - tool x x0\n",
    matching: ["agent a(tool y)", "agent a"],
    refused: ["agent a(tool x)"],
  },
  {
    says: "a // item takes part in order by its own start and shares no span with others of its list",
    shape: "- //tool a\n- //tool a\n",
    matching: ["agent x(tool a, agent y(tool a))"],
    refused: ["agent x(tool a)"],
  },
  {
    says: "//p xN counts all below",
    shape: "- agent a:\n    - //tool t x2\n",
    matching: ["agent a(tool t, llm(tool t))"],
    refused: ["agent a(tool t, llm(tool t, tool t))", "agent a(tool t)"],
  },
  {
    says: "... takes only what no counted item matches",
    shape: "- agent a:\n    - exactly:\n        - tool t x1\n        - ...\n",
    matching: ["agent a(tool t, llm, llm)"],
    refused: ["agent a(tool t, llm, tool t)", "agent a(llm, tool t)"],
  },
  {
    says: "a count inside one-of claims whichever alternative is taken",
    shape: "- agent a:\n    - one-of:\n        - tool t x2\n        - llm\n",
    matching: ["agent a(llm)", "agent a(tool t, tool t, llm)"],
    refused: ["agent a(llm, tool t)", "agent a"],
  },
  {
    says: "a repeated choice in any-order",
    shape:
      "- agent a:\n    - any-order:\n        - one-of x2:\n            - tool a\n            - tool b\n        - llm\n",
    matching: ["agent a(tool a, llm, tool b)", "agent a(llm, tool b, tool b)"],
    refused: ["agent a(llm, tool a)", "agent a(llm, tool a, tool b, tool a)"],
  },
  {
    says: "regular expressions are anchored nowhere",
    shape: "- tool /look.p/i",
    matching: ["tool my_LOOKUP_order"],
    refused: ["tool lookp"],
  },
  {
    says: "a quoted name is literal, star included",
    shape: '- tool "a*"',
    matching: ["tool a*"],
    refused: ["tool ab"],
  },
  {
    says: "tokens of an agent are those of its model calls, each once",
    shape: "- agent a {tokens = 15, tokens.input = 11, tokens.output = 4}",
    matching: ["agent a {in=99; out=99}(llm m {in=10; out=4}(llm m {in=10; out=4}), tool t(llm m {in=1; out=0}))"],
    refused: ["agent a(llm m {in=10; out=4})", "agent a"],
  },
  {
    says: "where: states predicates of the line above",
    shape: "- tool x:\n    - where:\n        - args.n = 0\n        - '!gone'\n",
    matching: ["tool x {args.n=0}"],
    refused: ["tool x {args.n=1}", "tool x {args.n=0; gone=1}", "tool x"],
  },
];

test.for(EXAMPLES.flatMap((example) => example.matching.map((tree) => ({ ...example, tree }))))(
  "$says: matches $tree",
  ({ shape, tree }) => {
    const match = matchShape(parseShape(shape, "example.yaml"), [sketch(tree)]);
    expect(match).toEqual({ verdict: "matched", mismatches: [], isMonotone: match.isMonotone });
  },
);

test.for(EXAMPLES.flatMap((example) => example.refused.map((tree) => ({ ...example, tree }))))(
  "$says: refuses $tree",
  ({ shape, tree }) => {
    const match = matchShape(parseShape(shape, "example.yaml"), [sketch(tree)]);
    expect(match.verdict).toBe("mismatched");
    expect(match.mismatches.map(({ message }) => message)).not.toContain(expect.stringContaining("no name"));
    expect(match.mismatches.length).toBeGreaterThan(0);
  },
);

test("12: two traces, joined by a link and a capture", () => {
  const shape = parseShape(
    `traces:
  - trace:
      - //a2a.client SendMessage* {span.id = $asked}
  - trace:
      - a2a.server push*:
          - link: a2a.client {span.id = $asked}
`,
    "example.yaml",
  );
  const asking: readonly Sketch[] = [
    { kind: "agent", start: 0, end: 9, children: [{ kind: "a2a.client", name: "SendMessage x", start: 1 }] },
  ];
  const pushing = (links: readonly string[]): readonly Sketch[] => [
    { kind: "a2a.server", name: "push/notify", start: 2, links },
  ];
  expect(matchShape(shape, treesOf([asking, pushing(["t1/s2"])])).verdict).toBe("matched");
  expect(matchShape(shape, treesOf([asking, pushing(["t1/s1"])])).verdict).toBe("mismatched");
  expect(matchShape(shape, treesOf([asking, pushing([])])).verdict).toBe("mismatched");
});

test.for(EXAMPLES)("$says: is strict YAML, is printed, and reads back as the same", ({ shape }) => {
  const { errors, warnings } = parseDocument(shape, { strict: true, version: "1.2" });
  expect([...errors, ...warnings]).toEqual([]);
  const read = parseShape(shape, "example.yaml");
  expect(placeless(parseShape(printShape(read), "example.yaml"))).toEqual(placeless(read));
});

function snapshotTree(calls: string): string {
  return `workflow refund 0-99(turn 1 0-99(agent triage 0-99(llm 0-1, tool lookup_order {agent.trajectory.step=2} 1-9(
    mcp.server tools/call lookup_order @orders 2-3), handoff triage -> billing 10-90(a2a.client 11-80(
    a2a.server @billing 12-70(agent billing 13-60(${calls}, retrieval 40-41, llm 50-51)))))))`;
}

import { expect, test } from "vitest";
import { shape } from "../../src/shape/builders/shape.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { sketch, treeOf } from "./sketch.ts";

const AGENT = "- agent a:\n    ";
const EXACTLY = "- agent a:\n    - exactly:\n        ";

test.for<readonly [shape: string, tree: string, ...told: readonly string[]]>([
  [
    `- agent billing:\n    - tool refund\n`,
    "agent billing(tool get_invoice)",
    "missing 2:7: expected tool refund under agent billing; nearest: tool get_invoice",
  ],
  [`${AGENT}- llm\n`, "agent a", "missing 2:7: expected llm under agent a; there is none"],
  [`${AGENT}- llm\n`, "agent a(tool x)", "missing 2:7: expected llm under agent a; there is none"],
  [`- agent a\n`, "agent b(llm)", "missing 1:3: expected agent a at the top; nearest: agent b"],
  [`- agent a\n`, "", "missing 1:3: expected agent a at the top; there is no span at all"],
  [`${AGENT}- tool s x3\n`, "agent a(tool s, tool s)", "missing 2:7: expected 3 of tool s under agent a; found 2"],
  [`${AGENT}- tool s x2..5\n`, "agent a(tool s)", "missing 2:7: expected at least 2 of tool s under agent a; found 1"],
  [`${AGENT}- tool s x1..*\n`, "agent a(llm)", "missing 2:7: expected tool s under agent a; there is none"],
  [
    `${AGENT}- tool x\n    - tool *\n`,
    "agent a(tool x)",
    "missing 3:7: expected tool * under agent a, after tool x; the only span that fits it, tool x, is needed by another item",
  ],
  [
    `${AGENT}- any-order:\n        - tool a\n        - tool *\n        - tool /b|c/\n`,
    "agent a(tool a, tool b)",
    "missing 5:11: expected tool /b|c/ under agent a; 3 items fit only 2 spans: tool a, tool b",
  ],
  [
    `${AGENT}- one-of:\n        - tool x\n        - tool y\n`,
    "agent a(tool z)",
    "missing 2:7: expected tool x or tool y under agent a; nearest: tool z",
  ],
  [
    `${AGENT}- one-of:\n        - tool x\n        - tool y {n = 1}\n`,
    "agent a(tool y {n=2})",
    "changed 2:7: expected tool x or tool y {n = 1} under agent a; found tool y, but n is 2",
  ],
  [
    `${AGENT}- one-of:\n        - tool x\n        - in-order:\n            - tool y\n            - tool z\n`,
    "agent a(tool y, llm)",
    "missing 6:15: expected tool z under agent a, after tool y; there is none",
  ],
  [
    `${AGENT}- tool refund {args.amount <= 50}\n`,
    "agent a(tool refund {args.amount=80})",
    "changed 2:7: expected tool refund {args.amount <= 50} under agent a; found tool refund, but args.amount is 80",
  ],
  [
    `${AGENT}- tool x @s {!gone}\n`,
    "agent a(tool x @t {gone=1})",
    "changed 2:7: expected tool x @s {!gone} under agent a; found tool x, but service is t and gone is 1",
  ],
  [
    `${AGENT}- tool x {n = 1, m}\n`,
    "agent a(tool x {n=2})",
    "changed 2:7: expected tool x {n = 1, m} under agent a; found tool x, but n is 2 and there is no m",
  ],
  [
    `${EXACTLY}- tool lookup_order\n`,
    "agent a(tool lookup_orders)",
    "changed 3:11: expected tool lookup_order under agent a; found tool lookup_orders instead",
  ],
  [
    `${EXACTLY}- llm\n        - tool lookup_order\n        - llm\n`,
    "agent a(llm, tool pay, llm)",
    "changed 4:11: expected tool lookup_order under agent a; found tool pay instead",
  ],
  [
    `${EXACTLY}- llm\n        - tool lookup_order:\n            - mcp.server orders\n`,
    "agent a(llm, tool pay(mcp.server orders))",
    "changed 4:11: expected tool lookup_order under agent a; found tool pay instead",
  ],
  [
    `${EXACTLY}- tool find x3\n`,
    "agent a(tool find, tool search, tool find)",
    "changed 3:11: expected tool find under agent a; found tool search instead",
  ],
  [
    `${EXACTLY}- llm\n`,
    "agent a(llm, tool x)",
    "extra 1:3: unexpected tool x under agent a, after llm; the shape lists exactly what may stand there",
  ],
  [
    `- tool x:\n    - exactly: []\n`,
    "tool x(llm m)",
    "extra 1:3: unexpected llm m under tool x; the shape lists exactly what may stand there",
  ],
  [
    `- exactly:\n    - agent a\n`,
    "agent a, agent b",
    "extra 1:1: unexpected agent b at the top, after agent a; the shape lists exactly what may stand there",
  ],
  [
    `${AGENT}- tool s x1..3\n`,
    "agent a(tool s, tool s, tool s, tool s)",
    "too-many 2:7: expected at most 3 of tool s under agent a; found 4",
  ],
  [`${AGENT}- tool s x0\n`, "agent a(tool s)", "too-many 2:7: expected no tool s under agent a; found 1"],
  [
    `${EXACTLY}- llm\n        - tool retry\n        - llm\n`,
    "agent a(llm, tool retry, tool retry, llm)",
    "too-many 4:11: expected tool retry once under agent a; found 2",
  ],
  [
    `${AGENT}- tool x:\n        - mcp.server m\n`,
    "agent a(tool x, llm(mcp.server m))",
    "moved 3:11: expected mcp.server m under tool x; it is under llm",
  ],
  [
    `children: exactly\ntrace:\n  - agent a:\n      - tool x:\n          - mcp.server m\n      - llm\n`,
    "agent a(tool x, llm(mcp.server m))",
    "moved 5:13: expected mcp.server m under tool x; it is under llm",
  ],
  [
    `${AGENT}- llm\n    - tool x\n    - llm\n`,
    "agent a(tool x, llm, llm)",
    "out-of-order 2:7: expected llm under agent a, before tool x; llm (2nd of 2) starts after it",
  ],
  [
    `${AGENT}- tool x1..3\n    - llm\n`,
    "agent a(tool a, llm, tool b)",
    "out-of-order 2:7: expected tool under agent a, before llm; tool b starts after it",
  ],
  [
    `${EXACTLY}- llm\n        - tool a\n        - tool b\n`,
    "agent a(llm, tool b, tool a)",
    "out-of-order 5:11: expected tool b under agent a, after tool a; tool b starts before it",
  ],
  [
    `${EXACTLY}- llm\n        - tool a\n        - tool b\n        - llm\n`,
    "agent a(tool a, tool b, llm, llm)",
    "out-of-order 3:11: expected llm under agent a, before tool a; llm (2nd of 2) starts after it",
  ],
  [
    `${EXACTLY}- llm\n        - tool search_1\n        - tool search_2\n`,
    "agent a(llm, tool search_2, tool search_1)",
    "out-of-order 5:11: expected tool search_2 under agent a, after tool search_1; tool search_2 starts before it",
  ],
  [
    `${AGENT}- tool a\n    - tool b\n    - tool c\n`,
    "agent a(tool c, tool b, tool a)",
    "out-of-order 3:7: expected tool b under agent a, after tool a; tool b starts before it",
    "out-of-order 4:7: expected tool c under agent a, after tool a; tool c starts before it",
  ],
  [
    `${EXACTLY}- in-order x1..*: [llm, tool x0..*]\n        - handoff\n`,
    "agent a(tool x, llm, handoff y)",
    "out-of-order 3:28: expected llm under agent a; found tool x there",
  ],
  [
    `${EXACTLY}- in-order x3:\n            - llm\n            - tool a\n`,
    "agent a(llm, tool a, tool a, llm, tool a)",
    "missing 4:15: expected llm under agent a, after tool a (1st of 3); found tool a (2nd of 3) there",
  ],
  [
    `${EXACTLY}- in-order x3:\n            - llm\n            - tool a\n`,
    "agent a(llm, tool a, llm, tool a)",
    "missing 3:11: expected 3 rounds of in-order (llm, tool a) under agent a, after tool a (2nd of 2); found 2",
  ],
  [
    `${EXACTLY}- in-order x1..*:\n            - llm\n            - tool x1..*\n        - handoff b\n`,
    "agent a(llm, tool a, llm, llm, tool b, handoff b)",
    "out-of-order 5:15: expected tool under agent a, after llm (2nd of 3); found llm (3rd of 3) there",
  ],
  [
    `${EXACTLY}- in-order x1..*:\n            - llm\n            - tool x1..*\n        - handoff b\n`,
    "agent a(llm, tool a, guardrail g, llm, tool b, handoff b)",
    "extra 1:3: unexpected guardrail g under agent a, after tool a; the shape lists exactly what may stand there",
  ],
  [
    `${AGENT}- never: tool /^d/\n`,
    "agent a(llm(tool delete))",
    "forbidden 2:14: tool /^d/ must never be under agent a; found tool delete, 2 levels down under llm",
  ],
  [
    `${AGENT}- never: tool /^d/\n`,
    "agent a(tool delete)",
    "forbidden 2:14: tool /^d/ must never be under agent a; found tool delete",
  ],
  [
    `- workflow:\n    - agent:\n        - tool x:\n            - mcp.server q\n`,
    "workflow w(agent a(tool x(mcp.server p)), agent b(llm))",
    "missing 4:15: expected mcp.server q under tool x; nearest: mcp.server p",
  ],
  [
    `- //agent b:\n    - llm\n    - tool x\n`,
    "workflow w(agent a(llm, agent b(llm, tool y)))",
    "missing 3:7: expected tool x under agent b, after llm; nearest: tool y",
  ],
  [
    `${AGENT}- tool s x2:\n        - llm\n`,
    "agent a(tool s(llm), tool s)",
    "missing 3:11: expected llm under tool s; there is none",
  ],
  [
    `${EXACTLY}- any-order:\n            - tool a\n            - tool b x2\n            - tool c\n`,
    "agent a(tool b, tool c, tool a)",
    "missing 5:15: expected 2 of tool b under agent a; found 1",
  ],
  [
    `${EXACTLY}- any-order:\n            - tool a\n            - tool b\n        - llm\n`,
    "agent a(tool a, llm, tool b)",
    "out-of-order 6:11: expected llm under agent a, after tool b; llm starts before it",
  ],
  [
    `${EXACTLY}- any-order:\n            - tool a:\n                - llm\n            - tool b\n        - llm\n`,
    "agent a(tool b, tool a(rerank), llm)",
    "missing 5:19: expected llm under tool a; there is none",
  ],
  [
    `${AGENT}- sequence:\n        - tool a\n        - tool b\n`,
    "agent a 0-9000000(tool a 0-4000000, tool b 2000000-5000000)",
    "out-of-order 2:7: expected tool b under agent a to start after tool a ends; it starts 2 ms before",
  ],
  [
    `${AGENT}- sequence:\n        - llm x2\n        - tool b\n`,
    "agent a 0-9(llm 0-2, llm 2-5, tool b 4-6)",
    "out-of-order 2:7: expected tool b under agent a to start after llm (2nd of 2) ends; it starts 1 ns before",
  ],
  [
    `${AGENT}- parallel:\n        - tool a\n        - tool b\n        - tool c\n`,
    "agent a 0-9(tool a 0-4, tool b 2-6, tool c 5-7)",
    "not-overlapping 2:7: expected tool a and tool c under agent a to overlap; tool c starts 1 ns after tool a ends",
  ],
  [
    `${AGENT}- parallel:\n        - tool a\n        - tool b\n`,
    "agent a 0-9(tool a 0-4, tool b 4-6)",
    "not-overlapping 2:7: expected tool a and tool b under agent a to overlap; tool b starts just when tool a ends",
  ],
  [
    `${AGENT}- parallel:\n        - tool a\n        - tool b\n`,
    "agent a 0-9(tool a 0-4)",
    "missing 4:11: expected tool b under agent a; there is none",
  ],
  [
    `${AGENT}- any-order:\n        - in-order:\n            - tool a\n            - tool b\n        - sequence:\n            - llm m\n            - llm n\n`,
    "agent a 0-9(tool b 0-1, llm m 0-2, tool a 2-3, llm n 3-4)",
    "out-of-order 5:15: expected tool b under agent a, after tool a; tool b starts before it",
  ],
  [
    `${AGENT}- any-order:\n        - in-order:\n            - tool a\n            - tool b\n        - sequence:\n            - llm m\n            - llm n\n`,
    "agent a 0-9(tool a 0-1, llm m 0-4, tool b 2-3, llm n 3-4)",
    "out-of-order 6:11: expected llm n under agent a to start after llm m ends; it starts 1 ns before",
  ],
  [
    `define:\n  worker:\n    - agent w:\n        - llm\ntrace:\n  - agent a:\n      - <worker>\n`,
    "agent a(agent w(tool x))",
    "missing 4:11: expected llm under agent w; there is none",
  ],
  [
    `define:\n  worker:\n    - agent w:\n        - llm\ntrace:\n  - agent a:\n      - <worker>\n`,
    "agent a(agent v(llm))",
    "missing 7:9: expected agent w (<worker>, f.yaml:2:3) under agent a; nearest: agent v",
  ],
  [
    `define:\n  worker:\n    - agent w:\n        - llm\ntrace:\n  - agent a:\n      - <worker> x2\n`,
    "agent a(agent w(llm))",
    "missing 7:9: expected 2 of agent w (<worker>, f.yaml:2:3) under agent a; found 1",
  ],
  [
    `define:\n  pair:\n    - llm\n    - tool x\ntrace:\n  - agent a:\n      - <pair> x2\n`,
    "agent a(llm, tool x, llm)",
    "missing 7:9: expected 2 of tool x (<pair>, f.yaml:2:3) under agent a, after llm (2nd of 2); found 1",
  ],
  [
    `define:\n  pair:\n    - llm\n    - tool x\ntrace:\n  - agent a:\n      - <pair>\n`,
    "agent a(llm)",
    "missing 7:9: expected tool x (<pair>, f.yaml:2:3) under agent a, after llm; there is none",
  ],
  [
    `define:\n  worker:\n    - agent w:\n        - llm\ntrace:\n  - agent a:\n      - never: <worker>\n`,
    "agent a(tool q(agent w(llm)))",
    "forbidden 7:16: agent w (<worker>, f.yaml:2:3) must never be under agent a; found agent w, 2 levels down under tool q",
  ],
  [`${AGENT}- event: retry x2\n`, "agent a", "missing 2:14: expected 2 events retry in agent a; found none"],
  [
    `${AGENT}- event: retry {n = 2}\n`,
    "agent a",
    "missing 2:14: expected an event retry {n = 2} in agent a; found none",
  ],
  [`${AGENT}- link: agent b\n`, "agent a", "no-link 2:13: expected a link from agent a to agent b; it has no links"],
  [
    `${AGENT}- tool x {out#order.id = A-17}\n`,
    "agent a(tool x)",
    "changed 2:7: expected tool x {out#order.id = A-17} under agent a; found tool x, but there is no out#order.id",
  ],
  [
    `${AGENT}- tool fetch-[uuid]\n`,
    "agent a(tool fetch-12)",
    "changed 2:7: expected tool fetch-[uuid] under agent a; found tool fetch-12 instead",
  ],
  [
    `${AGENT}- tool x:\n        - llm\n    - tool y\n`,
    "agent a(tool x(rerank), tool y)",
    "missing 3:11: expected llm under tool x; there is none",
  ],
  [
    `${AGENT}- agent b:\n        - agent c:\n            - agent d:\n                - agent e:\n                    - agent f:\n                        - agent g:\n                            - agent h:\n                                - agent i:\n                                    - tool x {n = 1}\n`,
    "agent a(agent b(agent c(agent d(agent e(agent f(agent g(agent h(agent i(tool x {n=2})))))))))",
    "changed 10:39: expected tool x {n = 1} under agent i; found tool x, but n is 2",
  ],
  [
    `${EXACTLY}- tool a\n        - tool b\n        - llm\n`,
    "agent a(llm, tool a, tool b)",
    "out-of-order 5:11: expected llm under agent a, after tool b; llm starts before it",
  ],
  [
    `- workflow w:\n    - //tool lookup {order = $order}\n    - //tool refund {order = $order}\n    - //tool mail {order = $order}\n`,
    "workflow w(tool lookup {order=A-17}, tool refund {order=B-3}, tool mail {order=A-17})",
    "changed 3:7: expected tool refund {order = $order} anywhere under workflow w; found tool refund, but order is B-3, while $order is A-17 at f.yaml:2:7",
  ],
  [
    `- turn x2:\n    - //tool lookup {order = $order}\n    - //tool refund {order = $order}\n`,
    "turn 1(tool lookup {order=A-17}, tool refund {order=A-17}), turn 2(tool lookup {order=B-1}, tool refund {order=B-2})",
    "changed 3:7: expected tool refund {order = $order} anywhere under turn 2; found tool refund, but order is B-2, while $order is B-1 at f.yaml:2:7",
  ],
])("%j on %s says why not", ([text, tree, ...told]) => {
  const { mismatches } = matchShape(parseShape(text, "f.yaml"), tree === "" ? [] : [sketch(tree)]);
  expect(mismatches.map(({ kind, message }) => `${kind} ${message.replace("f.yaml:", "")}`)).toEqual(told);
});

test("a mismatch names the spans it speaks of", () => {
  const { mismatches } = matchShape(parseShape("- agent a:\n    - tool x {n = 1}\n", "f.yaml"), [
    sketch("agent a(llm, tool x {n=2})"),
  ]);
  expect(mismatches).toEqual([
    {
      kind: "changed",
      expectedAt: "f.yaml:2:7",
      expected: "tool x {n = 1}",
      message: "f.yaml:2:7: expected tool x {n = 1} under agent a; found tool x, but n is 2",
      under: { traceId: "trace", spanId: "s1", label: "agent a" },
      found: { traceId: "trace", spanId: "s3", label: "tool x" },
      failed: [{ key: "n", expected: "n = 1", got: "2" }],
    },
  ]);
});

test("a span that hangs under no one since its parent never arrived is said to", () => {
  const orphan = treeOf([
    { kind: "agent", name: "a", start: 0, children: [{ kind: "tool", name: "x", start: 1 }] },
    { kind: "mcp.server", name: "m", start: 2, span: { parentSpanId: "absent" } },
  ]);
  const { mismatches } = matchShape(parseShape("- agent a:\n    - tool x:\n        - mcp.server m\n", "f.yaml"), [
    orphan,
  ]);
  expect(mismatches.map(({ message }) => message)).toEqual([
    "f.yaml:3:11: expected mcp.server m under tool x; it is at the top of its trace, since its parent never arrived",
  ]);
});

test("of several faults each is named, in the order of the shape", () => {
  const text = "- agent a:\n    - tool one:\n        - llm m\n    - tool two\n    - tool x x0\n";
  const { mismatches } = matchShape(parseShape(text, "f.yaml"), [sketch("agent a(tool one(agent q), tool x)")]);
  expect(mismatches.map(({ kind, expectedAt }) => `${kind} ${expectedAt}`)).toEqual([
    "missing f.yaml:3:11",
    "missing f.yaml:4:7",
    "too-many f.yaml:5:7",
  ]);
});

test("a built shape is named by its title, or as shape", () => {
  const [titled, plain] = [shape.of({ title: "refunds" }, shape.llm()), shape.of(shape.llm())];
  expect(matchShape(titled, []).mismatches[0]?.expectedAt).toBe("refunds");
  expect(matchShape(plain, []).mismatches[0]?.expectedAt).toBe("shape");
});

test("at most 20 mismatches are given", () => {
  const many = Array.from({ length: 50 }, (_, index) => `tool t${index}`).join(", ");
  const { mismatches } = matchShape(parseShape("- agent a:\n    - exactly: []\n", "f.yaml"), [
    sketch(`agent a(${many})`),
  ]);
  expect(mismatches).toHaveLength(20);
});

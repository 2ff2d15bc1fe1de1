import { expect, test } from "vitest";
import { shape } from "../../src/shape/builders.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import type { Mismatch } from "../../src/trace/mismatch.ts";
import { sketch, treeOf } from "./sketch.ts";

const AGENT = "- agent a:\n    ";

test.for<readonly [shape: string, tree: string, kind: Mismatch["kind"], sentence: string]>([
  [
    "- agent billing:\n    - tool refund\n",
    "agent billing(tool get_invoice)",
    "missing",
    "2:7: expected tool refund under agent billing; nearest: tool get_invoice (name differs)",
  ],
  [`${AGENT}- llm\n`, "agent a", "missing", "2:7: expected llm under agent a; found nothing there"],
  ["- agent a\n", "agent b(llm)", "missing", "1:3: expected agent a at the top; nearest: agent b (name differs)"],
  [
    `${AGENT}- tool s x3\n`,
    "agent a(tool s, tool s)",
    "missing",
    "2:7: expected tool s x3 under agent a; found 2 of 3",
  ],
  [
    `${AGENT}- tool x\n    - tool *\n`,
    "agent a(tool x)",
    "missing",
    "3:7: expected tool * under agent a; the only span that fits it is needed by another item",
  ],
  [
    `${AGENT}- one-of:\n        - tool x\n        - tool y\n`,
    "agent a(tool z)",
    "missing",
    "2:7: expected tool x or tool y under agent a; nearest: tool z (name differs)",
  ],
  [
    `${AGENT}- tool refund {args.amount <= 50}\n`,
    "agent a(tool refund {args.amount=80})",
    "changed",
    "2:7: expected tool refund {args.amount <= 50} under agent a; nearest: tool refund (args.amount is 80, expected args.amount <= 50)",
  ],
  [
    `${AGENT}- tool x @s {!gone}\n`,
    "agent a(tool x @t {gone=1})",
    "changed",
    "2:7: expected tool x @s {!gone} under agent a; nearest: tool x (service differs, gone is 1, expected !gone)",
  ],
  [
    `${AGENT}- exactly:\n        - tool lookup_order\n`,
    "agent a(tool lookup_orders)",
    "changed",
    "3:11: expected tool lookup_order under agent a; nearest: tool lookup_orders (name differs)",
  ],
  [
    `${AGENT}- exactly:\n        - llm\n`,
    "agent a(llm, tool x)",
    "extra",
    "3:11: unexpected tool x under agent a, whose children are listed exactly",
  ],
  [
    "- tool x:\n    - exactly: []\n",
    "tool x(llm m)",
    "extra",
    "1:3: unexpected llm m under tool x, whose children are listed exactly",
  ],
  [
    `${AGENT}- tool s x1..3\n`,
    "agent a(tool s, tool s, tool s, tool s)",
    "too-many",
    "2:7: expected tool s x1..3 and no more under agent a; found 4, the last of them tool s",
  ],
  [
    `${AGENT}- tool s x0\n`,
    "agent a(tool s)",
    "too-many",
    "2:7: expected tool s x0 and no more under agent a; found 1, the last of them tool s",
  ],
  [
    `${AGENT}- tool x:\n        - mcp.server m\n`,
    "agent a(tool x, llm(mcp.server m))",
    "moved",
    "3:11: expected mcp.server m under tool x; it is under llm",
  ],
  [
    `${AGENT}- llm\n    - tool x\n    - llm\n`,
    "agent a(tool x, llm, llm)",
    "out-of-order",
    "3:7: expected tool x under agent a after llm; tool x starts too early",
  ],
  [
    `${AGENT}- tool x1..3\n    - llm\n`,
    "agent a(tool a, llm, tool b)",
    "out-of-order",
    "3:7: expected llm under agent a to come last; llm starts too early",
  ],
  [
    `${AGENT}- exactly:\n        - in-order x1..*: [llm, tool x0..*]\n        - handoff\n`,
    "agent a(tool x, llm, handoff y)",
    "out-of-order",
    "3:28: expected llm under agent a next; found tool x",
  ],
  [
    `${AGENT}- never: tool /^d/\n`,
    "agent a(llm(tool delete))",
    "forbidden",
    "2:14: expected never tool /^d/ under agent a; found tool delete",
  ],
  [
    "- workflow:\n    - agent:\n        - tool x:\n            - mcp.server q\n",
    "workflow w(agent a(tool x(mcp.server p)), agent b(llm))",
    "missing",
    "4:15: expected mcp.server q under tool x; nearest: mcp.server p (name differs)",
  ],
] as const)("%j on %s is %s", ([text, tree, kind, sentence]) => {
  const { mismatches } = matchShape(parseShape(text, "f.yaml"), [sketch(tree)]);
  expect(mismatches.map((mismatch) => [mismatch.kind, mismatch.message])).toEqual([[kind, `f.yaml:${sentence}`]]);
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
      message: "f.yaml:2:7: expected tool x {n = 1} under agent a; nearest: tool x (n is 2, expected n = 1)",
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
  const [titled, plain] = [shape.titled("refunds", shape.llm()), shape.of(shape.llm())];
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

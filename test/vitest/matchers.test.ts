import { shape } from "troupe";
import "troupe/vitest";
import { describe, expect, test } from "vitest";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { agent, handoff, llm, mcpServer, tool, treesOf } from "../check/traces.ts";

const TREES = treesOf(
  agent("triage", [
    llm("gpt"),
    tool("lookup_order", { id: "A-17" }, [mcpServer("tools/call", "lookup_order", "orders")]),
    handoff("triage", "billing", [agent("billing", [tool("refund", { amount: 80 })])]),
  ]),
);

const SHAPE = `
- agent triage:
    - tool lookup_order:
        - mcp.server tools/call* @orders
    - handoff triage -> billing
`;

/** What a matcher that has to fail says. */
function messageOf(assert: () => void): string {
  try {
    assert();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it passed");
}

test("toMatchShape passes for a shape in text that matches", () => {
  expect(TREES).toMatchShape(SHAPE);
});

test("toMatchShape passes for a shape of builders that matches", () => {
  expect(TREES).toMatchShape(shape.of(shape.agent("triage", shape.tool("lookup_order"), shape.handoff("*"))));
});

test("toMatchShape fails with the mismatch, its place in the shape, and the tree with a mark", () => {
  const wanted = SHAPE.replace("tool lookup_order", "tool lookup_orders");
  const [mismatch] = matchShape(parseShape(wanted, "shape"), TREES).mismatches;
  expect(messageOf(() => expect(TREES).toMatchShape(wanted))).toBe(`expected the trace to match the shape

✗ shape
    ${mismatch?.message}

trace 0af7651916cd43dd8448eb211c80319c: 7 spans in 2 services, 13 ms
agent triage @agents 13 ms
├─ llm gpt 1 ms
├─ tool lookup_order {"id":"A-17"} 3 ms ✗ expected tool lookup_orders
│  └─ mcp.server tools/call lookup_order @orders 1 ms
└─ handoff triage -> billing 5 ms
   └─ agent billing 3 ms
      └─ tool refund {"amount":80} 1 ms`);
  expect(mismatch?.message).toMatch(/^shape:3:\d+: /);
});

test("toMatchShape names a shape by its title", () => {
  const titled = shape.of({ title: "refund" }, shape.agent("nobody"));
  expect(messageOf(() => expect(TREES).toMatchShape(titled))).toContain("✗ refund\n");
});

test("not.toMatchShape passes for a shape that does not match, and fails for one that does", () => {
  expect(TREES).not.toMatchShape("- agent billing:\n    - llm");
  const message = messageOf(() => expect(TREES).not.toMatchShape(SHAPE));
  const stated = `expected the trace not to match the shape\n\n${SHAPE.trim()}\n\ntrace 0af7651916cd43dd8448eb211c80319c: `;
  expect(message.slice(0, stated.length)).toBe(stated);
});

test("a shape with faults is refused with every one of them, also after not", () => {
  for (const assert of [
    () => expect(TREES).toMatchShape("- agnet triage\n- tol x"),
    () => expect(TREES).not.toMatchShape("- agnet triage\n- tol x"),
  ]) {
    const message = messageOf(assert);
    expect(message).toMatch(/^shape:1:3: /);
    expect(message).toMatch(/^shape:2:3: /m);
  }
});

test.each([undefined, 3, null, {}, shape.agent("triage")])("what is no shape is refused: %#", (wrong) => {
  expect(messageOf(() => expect(TREES).toMatchShape(wrong as never))).toBe(
    "this is no shape. Give its YAML text, or what shape.of(…) makes",
  );
});

test("toHaveStep finds a step at any depth, by a line with predicates or by a builder", () => {
  expect(TREES).toHaveStep("tool refund");
  expect(TREES).toHaveStep("tool refund {args.amount > 50}");
  expect(TREES).toHaveStep("//mcp.server tools/call* @orders");
  expect(TREES).toHaveStep(shape.tool("refund").where({ "args.amount": 80 }));
  expect(TREES).toHaveStep("agent triage");
});

test("toHaveStep counts where the line has a count", () => {
  expect(TREES).toHaveStep("agent x2");
  expect(TREES).toHaveStep("tool cancel x0");
  expect(TREES).not.toHaveStep("agent x1");
  expect(TREES).toHaveStep(shape.tool().times(2));
});

test("toHaveStep fails with what is nearest", () => {
  const message = messageOf(() => expect(TREES).toHaveStep("tool refunds"));
  expect(message).toMatch(/^expected the trace to have the step tool refunds\n\n✗ step tool refunds\n/);
  expect(message).toContain('tool refund {"amount":80} 1 ms ✗ expected //tool refunds');
});

test("not.toHaveStep fails with each such step marked", () => {
  expect(TREES).not.toHaveStep("tool cancel");
  const message = messageOf(() => expect(TREES).not.toHaveStep("tool lookup_order"));
  expect(message).toMatch(/^expected the trace not to have the step tool lookup_order\n/);
  expect(message).toContain('tool lookup_order {"id":"A-17"} 3 ms ✗ forbidden');
  expect(messageOf(() => expect(TREES).not.toHaveStep("agent x2"))).toContain("not to have the step agent x2");
});

test("a step's line with what YAML would take apart is read whole", () => {
  expect(treesOf(tool("book: a # b"))).toHaveStep('tool "book: a # b"');
});

test("a step's line that cannot be read is refused", () => {
  expect(messageOf(() => expect(TREES).toHaveStep("tol refund"))).toMatch(/^step:1:\d+: /);
});

test("toHaveHandoff passes for a handoff, and else says which there are", () => {
  expect(TREES).toHaveHandoff("triage", "billing");
  expect(TREES).not.toHaveHandoff("billing", "triage");
  expect(messageOf(() => expect(treesOf(agent("solo"))).toHaveHandoff("solo", "billing")))
    .toBe(`expected the trace to have a handoff solo -> billing

✗ handsOff solo -> billing
    solo never handed off to billing; there was no handoff

trace 0af7651916cd43dd8448eb211c80319c: 1 span, 1 ms
agent solo @agents 1 ms

✗ missing: handoff solo -> billing`);
  expect(messageOf(() => expect(TREES).not.toHaveHandoff("triage", "billing"))).toMatch(
    /^expected the trace not to have a handoff triage -> billing\n/,
  );
});

test("toBeOneTrace passes for one trace with one root, and fails for two and for none", () => {
  expect(TREES).toBeOneTrace();
  const two = treesOf(agent("a"), agent("b", [], { traceId: "f".repeat(32) }));
  expect(two).not.toBeOneTrace();
  expect(messageOf(() => expect(two).toBeOneTrace())).toContain(
    `a second root: agent b begins trace ${"f".repeat(32)} beside agent a`,
  );
  expect(messageOf(() => expect([]).toBeOneTrace())).toBe(`expected the trace to be one trace with one root

✗ oneTrace
    there is no trace

there is no trace`);
});

test("toHaveNoOrphans fails for a span whose parent is absent", () => {
  expect(TREES).toHaveNoOrphans();
  const orphaned = treesOf(agent("a"), agent("b", [], { parentId: "9".repeat(16) }));
  expect(orphaned).not.toHaveNoOrphans();
  expect(messageOf(() => expect(orphaned).toHaveNoOrphans())).toContain(
    "agent b is an orphan: its parent 9999999999999999 is not above it in the trace",
  );
});

test("a message of the user's stands before ours", () => {
  expect(messageOf(() => expect(TREES, "after the refund").toHaveStep("tool cancel"))).toMatch(
    /^after the refund: expected the trace to have the step tool cancel\n/,
  );
});

describe("as asymmetric matchers", () => {
  const order = { id: "A-17", trace: TREES };

  test("they match inside of other matchers, at any place", () => {
    expect(order).toEqual(expect.objectContaining({ trace: expect.toMatchShape(SHAPE) }));
    expect(order).toEqual({ id: "A-17", trace: expect.toHaveHandoff("triage", "billing") });
    expect([3, "x", TREES]).toEqual(expect.arrayContaining([expect.toHaveStep("tool refund")]));
    expect(order).toEqual({ id: "A-17", trace: expect.not.toHaveStep("tool cancel") });
  });

  test("they do not match a trace that is otherwise", () => {
    expect(order).not.toEqual({ id: "A-17", trace: expect.toMatchShape("- agent billing:\n    - llm") });
    expect(order).not.toEqual({ id: "A-17", trace: expect.not.toHaveStep("tool refund") });
  });

  test("they match nothing that is no trace, straight or turned round", () => {
    expect({ trace: 3 }).not.toEqual({ trace: expect.toBeOneTrace() });
    expect({ trace: 3 }).not.toEqual({ trace: expect.not.toBeOneTrace() });
  });

  test("a failure names the matcher", () => {
    expect(messageOf(() => expect(order).toEqual({ id: "A-17", trace: expect.toHaveStep("tool cancel") }))).toContain(
      "toHaveStep{…}",
    );
  });
});

test("resolves takes what collects the trace", async () => {
  await expect(Promise.resolve(TREES)).resolves.toHaveStep("tool refund");
});

test("evidence that is not complete passes neither way", () => {
  const cut = { trees: TREES, missing: ["0000000000000009"] };
  for (const assert of [
    () => expect(cut).toHaveHandoff("triage", "billing"),
    () => expect(cut).not.toHaveHandoff("triage", "billing"),
  ]) {
    const message = messageOf(assert);
    expect(message).toContain("which cannot be decided");
    expect(message).toContain("spans that are known to exist have not arrived");
  }
  expect({ trace: cut }).not.toEqual({ trace: expect.not.toHaveHandoff("triage", "billing") });
});

import { expect, test } from "vitest";
import { shape } from "../../src/shape/builders.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { printShape } from "../../src/shape/print.ts";
import { sketch } from "./sketch.ts";

test("builders give what the text form gives", () => {
  const built = shape.of(
    shape.agent(
      "triage",
      shape.llm(),
      shape
        .tool("lookup_*")
        .where({ "agent.trajectory.step": 2, "args.n": { "<=": 50, ">": 0 } })
        .times(1, 3),
      shape.anyOrder(
        shape.mcpServer("tools/call*").at("orders"),
        shape.oneOf(shape.agent("a"), shape.tool("b")).times(2),
      ),
      shape.tool(shape.literal("a*")).anywhere(),
      shape.never(shape.tool(/^delete_/), shape.llm("x", shape.exactly(shape.rest(), shape.http()))),
    ),
    shape.inOrder(shape.llm(), shape.any().times(0, Infinity)).times(0, 2),
  );
  expect(printShape(built)).toBe(`- agent triage:
    - llm
    - tool lookup_* {agent.trajectory.step = 2, args.n <= 50, args.n > 0} x1..3
    - any-order:
        - mcp.server tools/call* @orders
        - one-of x2:
            - agent a
            - tool b
    - //tool "a*"
    - never: tool /^delete_/
    - never:
        - llm x:
            - exactly:
                - ...
                - http
- in-order x0..2:
    - llm
    - any x0..*
`);
});

test("a builder may stand in two places of one list", () => {
  const call = shape.tool("t");
  const twice = shape.of(shape.agent("a", call, shape.inOrder(call, shape.llm()).times(1)));
  expect(matchShape(twice, [sketch("agent a(tool t, tool t, llm)")]).verdict).toBe("matched");
  expect(matchShape(twice, [sketch("agent a(tool t, llm)")]).verdict).toBe("mismatched");
});

test("a builder is not changed by what is made from it", () => {
  const plain = shape.tool("t");
  plain.times(0).at("s").where({ a: 1 }).anywhere();
  expect(printShape(shape.of(plain))).toBe("- tool t\n");
});

test.for<readonly [what: string, make: () => unknown]>([
  ["shape: the shape is empty and would match everything. State at least one span.", () => shape.of()],
  ["shape: the count x3..1 is reversed and could never hold. Write x1..3.", () => shape.llm().times(3, 1)],
  ["shape: a count is a whole number from 0, not 1.5..1.5. Write xN, xA..B or xA..*.", () => shape.llm().times(1.5)],
  ["shape: in-order is empty. State what stands in it, or leave it out.", () => shape.of(shape.inOrder())],
  [
    "shape: ... says nothing here, where other children are allowed anyway. Leave it out, or put the list under exactly:.",
    () => shape.of(shape.rest()),
  ],
  [
    "shape: the regular expression repeats without bound what already repeats without bound, which can take for ever. Rewrite it without, or write a glob with *.",
    () => shape.tool(/(a*)*/),
  ],
  ['shape: the glob "a* {" cannot be written in a line. Use a RegExp.', () => shape.tool("a* {")],
  [
    "shape: < compares numbers, and soon is none. Write a number, or use =.",
    () => shape.llm().where({ a: { "<": "soon" } }),
  ],
  [
    "shape: items stand beside exactly. Move all items of this list into it.",
    () => shape.agent(shape.exactly(), shape.llm()),
  ],
])("refused: %s", ([message, make]) => {
  expect(make).toThrow(message);
});

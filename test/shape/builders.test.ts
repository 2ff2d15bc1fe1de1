import * as fc from "fast-check";
import { expect, test } from "vitest";
import { shape } from "../../src/shape/builders/shape.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { printShape } from "../../src/shape/print.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { anyShape, placeless } from "./random-language.ts";
import { rebuilt } from "./rebuilt.ts";
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

test("builders say everything that the text form says", () => {
  const built = shape.traces(
    {
      title: "a delegation",
      children: "exactly",
      define: {
        worker: shape.agent(shape.oneOf(shape.tool().times(0, Infinity), shape.reference("worker"))),
        pair: [shape.llm(), shape.rest(), shape.tool("fetch-[uuid]")],
      },
    },
    shape.trace(
      shape.contain(
        shape
          .a2aClient("SendMessage*")
          .where({ "span.id": shape.capture("asked") })
          .anywhere(),
      ),
      shape.never(shape.reference("worker")),
    ),
    shape
      .trace(
        shape.a2aServer(
          shape.link(shape.a2aClient().where({ "span.id": shape.capture("asked") })),
          shape
            .event("retry")
            .where({ n: { ">": 1 } })
            .times(0, 2),
          shape.event().where({ "exception.type": "Timeout" }),
          shape.contain(
            shape.reference("worker").anywhere().times(2),
            shape.sequence(shape.llm(), shape.tool()),
            shape.parallel(shape.agent("a"), shape.agent("b")).times(1),
          ),
        ),
        shape.reference("pair"),
      )
      .times(1, Infinity),
  );
  expect(printShape(built)).toBe(`shape: a delegation
children: exactly
define:
  worker:
    - agent:
        - one-of:
            - tool x0..*
            - <worker>
  pair:
    - llm
    - ...
    - tool fetch-[uuid]
traces:
  - trace:
      - contain:
          - //a2a.client SendMessage* {span.id = $asked}
      - never: <worker>
  - trace x1..*:
      - a2a.server:
          - contain:
              - //<worker> x2
              - sequence:
                  - llm
                  - tool
              - parallel x1:
                  - agent a
                  - agent b
          - link: a2a.client {span.id = $asked}
          - event: retry {n > 1} x0..2
          - event: '{exception.type = Timeout}'
      - <pair>
`);
  expect(placeless(parseShape(printShape(built), "f.yaml"))).toEqual(placeless(built));
});

test("any shape can be built in code", () => {
  fc.assert(
    fc.property(anyShape, (given) => {
      expect(rebuilt(given)).toEqual(given);
    }),
    { numRuns: 300 },
  );
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
  const [event, group, reference, trace] = [shape.event("e"), shape.oneOf(plain), shape.reference("r"), shape.trace()];
  for (const builder of [event, group, reference, trace]) builder.times(2);
  event.where({ a: 1 });
  reference.anywhere();
  expect(printShape(shape.of(plain, shape.never(shape.tool(event)), group))).toBe(
    "- tool t\n- one-of:\n    - tool t\n- never:\n    - tool:\n        - event: e\n",
  );
  expect(printShape(shape.of({ define: { r: plain } }, reference))).toContain("trace:\n  - <r>\n");
  expect(trace.count).toBeUndefined();
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
  ['shape: the glob "a* {" cannot be written in a line. Use a RegExp, or shape.literal.', () => shape.tool("a* {")],
  [
    'shape: the glob "a, b*" cannot be written in a line. Use a RegExp, or shape.literal.',
    () => shape.tool().where({ k: "a, b*" }),
  ],
  [
    'shape: the glob "a b*" cannot be written in a line. Use a RegExp, or shape.literal.',
    () => shape.tool().at("a b*"),
  ],
  ['shape: "a b" is no key. A key has no spaces and none of , { } = < > ! ".', () => shape.tool().where({ "a b": 1 })],
  [
    'shape: "a b" names no definition. Use letters, digits, _ and -, a letter or _ first.',
    () => shape.of({ define: { "a b": shape.llm() } }, shape.llm()),
  ],
  ['shape: "$x" names no capture. Use letters, digits, _ and -, a letter or _ first.', () => shape.capture("$x")],
  [
    "shape: unknown <b>. Did you mean <a>? Defined are <a>; add it under define:.",
    () => shape.of({ define: { a: shape.llm() } }, shape.reference("a"), shape.reference("b")),
  ],
  ["shape: contain is empty. State its items, or leave it out.", () => shape.of(shape.llm(shape.contain()))],
  [
    "shape: link: has no span to speak of here. Put it under a line.",
    () => shape.of(shape.llm(), shape.link(shape.llm())),
  ],
  ["shape: traces: is empty. State at least one trace.", () => shape.traces()],
  [
    "shape: < compares numbers, and soon is none. Write a number, or use =.",
    () => shape.llm().where({ a: { "<": "soon" } }),
  ],
  [
    "shape: items stand beside exactly or contain. Move all items of this list into it.",
    () => shape.agent(shape.exactly(), shape.llm()),
  ],
])("refused: %s", ([message, make]) => {
  expect(make).toThrow(message);
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { shape } from "../../src/shape/builders/shape.ts";
import { printShape } from "../../src/shape/print.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { anyShape, hardText, placeless } from "./random-language.ts";
import { isValidShape } from "./schema.ts";

test("a line is printed in one canonical form", () => {
  const text = `shape: a title
children: exactly
define: { pair: [ llm, tool ], one: <pair>   x2 }
trace:
  -   'agent   "x2"  @a*  { duration<2s,!b , c  = "d: e" ,f=/g,h/i , k=$v}   x2..2':
      - event:  '  retry {n>1}  x0'
      - contain:
        - //tool *_order   x1..*
        - <one>
      - never:
        - llm
        - { tool z: [] }
      - link: [ 'llm {k=$v}' ]
  - any-order x0..1: [ llm, one-of: [ tool a, "tool b" ] ]
  - ...
`;
  const printed = `shape: a title
children: exactly
define:
  pair:
    - llm
    - tool
  one:
    - <pair> x2
trace:
  - 'agent "x2" @a* {duration < 2s, !b, c = "d: e", f = /g,h/i, k = $v} x2':
      - contain:
          - //tool *_order x1..*
          - <one>
      - never: llm
      - never: tool z
      - link: llm {k = $v}
      - event: retry {n > 1} x0
  - any-order x0..1:
      - llm
      - one-of:
          - tool a
          - tool b
  - ...
`;
  expect(printShape(parseShape(text, "f.yaml"))).toBe(printed);
  expect(printShape(parseShape(printed, "f.yaml"))).toBe(printed);
});

test("traces are printed each under an entry of its own, with its count", () => {
  const text = `traces:
  - trace:
      - //a2a.client SendMessage* {span.id = $asked}
  - trace x1..*:
      - a2a.server push*:
          - link:
              - a2a.client {span.id = $asked}:
                  - llm
          - event: '{n > 1} x0..2'
  - trace x0:
      - exactly: []
`;
  expect(printShape(parseShape(text, "f.yaml"))).toBe(text);
});

test.for([
  "- llm:\n",
  "- llm: []\n",
  "- agent:\n    - llm:\n",
  "- turn 1\n",
  "- mcp.server tools/call*\n",
  "- handoff triage -> billing\n",
  "- tool *_order x1..*\n",
  "- tool x {a <= 4, !b}\n",
  "- tool a: llm\n",
  "- exactly:\n    - ...\n",
  "- tool [uid]\n",
  "- tool fetch-[uuid] {a = [id]}\n",
  "- tool x {gen_ai.tool.call.arguments#order.id = A-17}\n",
  "- llm:\n    - event: [a, b x0]\n    - link: [tool, agent]\n",
  "- any-order:\n    - in-order: [agent a, tool x]\n    - sequence: [agent b, tool y]\n    - llm\n- handoff\n",
  "- any-order:\n    - in-order: ['tool {k = 1}', llm]\n    - in-order: ['tool {k = 2}', agent]\n",
  "- tool {a = $x, b = $x} x1..*\n",
  "- agent x2:\n    - in-order x2:\n        - 'tool {a = $x} x1':\n            - 'llm {a = $x}'\n",
  "define:\n  call:\n    - tool {id = $id}:\n        - mcp.server {id = $id}\ntrace:\n  - <call> x2\n  - in-order x3: [<call>]\n",
  "define:\n  a: [<b>]\n  b: [one-of: [llm, tool]]\ntrace:\n  - any-order: [<a> x2, agent]\n  - sequence: [<b>, one-of x2: [<a>, tool x3]]\n",
  "define:\n  a:\n    - agent:\n        - never: <a>\ntrace:\n  - <a>\n",
])("%j is fine as it is", (text) => {
  expect(() => parseShape(text, "f.yaml")).not.toThrow();
});

test("a text with * or a placeholder is a glob, and quoted it is a literal", () => {
  const text = '- tool a-[uuid]\n- tool "a-[uuid]"\n- tool a-[uid]\n- tool {k = [time]*}\n- tool {k = "[time]*"}\n';
  const { trace } = { trace: undefined, ...parseShape(text, "f.yaml") };
  const tests = trace?.list?.items.map((item) => (item.type === "node" ? (item.name ?? item.predicates[0]) : item));
  expect(tests).toEqual([
    { type: "glob", text: "a-[uuid]" },
    { type: "literal", text: "a-[uuid]" },
    { type: "literal", text: "a-[uid]" },
    { key: "k", op: "=", value: { type: "glob", text: "[time]*" } },
    { key: "k", op: "=", value: { type: "literal", text: "[time]*" } },
  ]);
  expect(printShape(parseShape(text, "f.yaml"))).toBe(text);
});

test("predicates of a line over 100 columns move under where:", () => {
  const long = "v".repeat(90);
  const text = printShape(
    shape.of(
      shape
        .tool("x")
        .where({ key: long, other: { present: false } })
        .times(2),
    ),
  );
  expect(text).toBe(`- tool x x2:\n    - where:\n        - key = ${long}\n        - '!other'\n`);
  expect(printShape(parseShape(text, "f.yaml"))).toBe(text);
});

test("what is printed reads back as the same structure, and printing that gives the same text", () => {
  fc.assert(
    fc.property(anyShape, (made) => {
      const text = printShape(made);
      const read = parseShape(text, "f.yaml");
      expect(placeless(read)).toEqual(placeless(made));
      expect(printShape(read)).toBe(text);
    }),
    { numRuns: 300 },
  );
});

test("what is printed is strict YAML for everybody, and valid against the published schema", () => {
  fc.assert(
    fc.property(anyShape, (made) => {
      const document: unknown = parse(printShape(made), { strict: true, version: "1.2" });
      expect(isValidShape(document)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test("any name, service, value, path and title survives being printed and read", () => {
  fc.assert(
    fc.property(hardText, hardText, hardText, hardText, (name, service, value, title) => {
      const line = shape.tool(shape.literal(name)).at(shape.literal(service));
      const conditions = { b: shape.literal(value), c: { not: shape.literal(value) } };
      const event = shape.event(shape.literal(name)).where(conditions);
      const made = shape.of(
        { title },
        line.where(conditions),
        shape.llm(shape.literal(name), shape.never(line), shape.link(line), event),
      );
      const include = [`lib/${value}`, title].filter((path) => path !== "");
      const text = printShape({ ...made, include });
      const read = parseShape(text, "f.yaml", (path) => `define: { a${include.indexOf(path)}: llm }`);
      expect({ ...read, define: [] }).toMatchObject({ include });
      expect(placeless({ ...read, define: [], include: [] })).toEqual(placeless(made));
      expect(printShape(read)).toBe(text);
    }),
    { numRuns: 500 },
  );
});

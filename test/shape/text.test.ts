import * as fc from "fast-check";
import { expect, test } from "vitest";
import { faultSentence, isTroupeError } from "../../src/core/errors.ts";
import { randomStream } from "../../src/core/random.ts";
import { shape } from "../../src/shape/builders.ts";
import type { Shape } from "../../src/shape/pattern.ts";
import { printShape } from "../../src/shape/print.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { randomShape } from "./random-shape.ts";

/** The shape without the places where its parts were written. */
export function placeless(given: Shape): unknown {
  return JSON.parse(
    JSON.stringify(given, (key, value: unknown) => (key === "at" ? undefined : value === Infinity ? "*" : value)),
  );
}

function faultsOf(text: string): readonly string[] {
  try {
    parseShape(text, "f.yaml");
    return [];
  } catch (error) {
    if (isTroupeError(error) && error.code === "SHAPE_INVALID") return error.faults.map(faultSentence);
    throw error;
  }
}

const KINDS =
  "workflow, turn, agent, chain, llm, embedding, retrieval, rerank, tool, handoff, mcp.client, mcp.server, mcp.lifecycle, a2a.client, a2a.server, gateway, guardrail, evaluator, approval, memory, stt, tts, http, span, any";
const COLON = "Write step = 2 rather than step: 2, or put the whole line in single quotes.";
const INDIRECTION =
  "shapes use no YAML anchors, aliases, tags or merge keys. Write the patterns out, or put the line in single quotes.";
const EMPTY = "1:1: the file holds no shape. State at least one span, for instance: - agent triage.";

test.for<readonly [text: string, ...faults: readonly string[]]>([
  ["", EMPTY],
  ["# only a comment\n", EMPTY],
  ["[]", "1:1: the shape is empty and would match everything. State at least one span."],
  ["just text\n", '1:1: a shape is a list. Begin each line with "- ".'],
  ["agent a:\n  - llm\n", '1:1: a shape is a list. Begin each line with "- ".'],
  ["- tol lookup\n", `1:3: unknown kind "tol". Did you mean tool? A line starts with one of: ${KINDS}.`],
  ["- 'it''s'\n", `1:4: unknown kind "it's". Did you mean tts? A line starts with one of: ${KINDS}.`],
  ["- tool x x3..1\n", "1:10: the count x3..1 is reversed and could never hold. Write x1..3."],
  ["- in-order x3..1: [llm]\n", "1:12: the count x3..1 is reversed and could never hold. Write x1..3."],
  ["- tool x x1..\n", '1:10: "x1.." is no count. A line ends with its count: xN, xA..B or xA..*.'],
  ["- tool x {a} y\n", '1:14: "y" is too much on this line. A line ends with its count: xN, xA..B or xA..*.'],
  ["- in-order foo: [llm]\n", '1:12: "foo" is too much on this line. A line ends with its count: xN, xA..B or xA..*.'],
  ["- tool a {step: 2}:\n    - llm\n", `1:17: YAML cuts a line at ": ". ${COLON}`],
  ["- tool a {step: 2}\n", `1:10: "}" is missing; YAML cuts a line at ": " and " #". ${COLON}`],
  ["- 'tool x {a: 2}'\n", "1:12: a predicate has = where you wrote :. Write a = value."],
  [
    '- tool a {msg = "x # y"}\n',
    '1:17: the closing " is missing; YAML cuts a line at ": " and " #". Close the quote, or put the whole line in single quotes.',
  ],
  ["- agent a:\n    - 'tool x {b = \"''\", c'\n", `2:15: "}" is missing; YAML cuts a line at ": " and " #". ${COLON}`],
  ["- tool x {a b}\n", '1:13: a comma or "}" is missing before "b}". Separate predicates by commas.'],
  ["- tool x {a = }\n", "1:15: a value is missing. Write key = value."],
  ["- tool x {a == 2}\n", '1:14: "= 2" is no value. Write key = value.'],
  ["- tool x {a < b}\n", "1:15: < compares numbers, and b is none. Write a number, or use =."],
  [
    "- tool x {a < 2s}\n",
    "1:15: < compares numbers, and 2s is none. Only duration takes a unit: write a plain number.",
  ],
  [
    "- tool x {duration < 2}\n",
    "1:22: duration needs a number with its unit, not 2. Write for instance 250ms or 2s; units are ns, us, ms, s, m, h.",
  ],
  [
    "- tool x x1 {a = 1}\n",
    "1:10: the count x1 does not stand at the end of the line. Write it last, as in: tool refund {status = ok} x1. A name that ends so stands in double quotes.",
  ],
  ["- tool a @\n", "1:11: a service is missing after @. Name it, or leave the @ out."],
  ["- !tool x\n", `1:9: ${INDIRECTION}`],
  ["- &a tool x: llm\n- *a\n", `1:6: ${INDIRECTION}`, `2:3: ${INDIRECTION}`],
  ["- llm:\n    <<: llm\n", `2:5: ${INDIRECTION}`],
  ["- tool x:\n\t- llm\n", "2:1: a tab indents this line. Indent with spaces."],
  [
    "- tool x {a = 1}\n   more\n",
    "1:3: a line is over before the end of its row. Write it on one row; long predicates go under where:.",
  ],
  ["- llm\n  never: tool x\n", "1:3: a line with children stands on one row. Move long predicates under where:."],
  ["- llm:\n    - tool x\n  never: tool x\n", '3:3: an entry has one line. Begin this one with "- " as well.'],
  ["- [llm]\n", "1:3: a list stands where a line is due. Put it under a line or a group."],
  [
    "- tool /(/\n",
    "1:8: the regular expression is broken: /(/: Unterminated group. Correct it, or write a glob with *.",
  ],
  [
    "- tool /(a+)+b/\n",
    "1:8: the regular expression repeats without bound what already repeats without bound, which can take for ever. Rewrite it without, or write a glob with *.",
  ],
  [
    "- tool x {n = /((a{2,}|b)c)*/}\n",
    "1:15: the regular expression repeats without bound what already repeats without bound, which can take for ever. Rewrite it without, or write a glob with *.",
  ],
  [
    "- tool /(a)\\1/\n",
    "1:8: the regular expression holds a back-reference, which can take for ever. Rewrite it without, or write a glob with *.",
  ],
  [
    "- tool /a/g\n",
    '1:8: a regular expression here takes the flags i, m, s, u and v, not "g". Leave the flag out, or put a text that only looks like a regular expression in double quotes.',
  ],
  [
    "- ...\n",
    "1:3: ... says nothing here, where other children are allowed anyway. Leave it out, or put the list under exactly:.",
  ],
  [
    "- exactly:\n    - //tool x\n",
    "2:7: // has no place in exactly, which speaks of children only. Leave out the //, or put the list under contain:.",
  ],
  [
    "- agent a:\n    - exactly:\n        - llm\n    - tool x\n",
    "2:5: items stand beside exactly: or contain:. Move all items of this list into it.",
  ],
  ["- never: //tool x\n", "1:10: never looks at any depth already. Leave out the //."],
  ["- never: tool x x2\n", "1:10: never takes no count. Leave the count out, or count the item in the list."],
  [
    "- never:\n    - any-order: [llm]\n",
    "2:7: never: takes single patterns, not any-order. Name the spans that must not be there.",
  ],
  ["- any-order:\n", "1:3: any-order: is empty. List its items under it."],
  ["- exactly:\n", "1:3: exactly: is empty. Write exactly: [] for no children at all."],
  [
    "- any-order:\n    - in-order: [llm, llm]\n",
    "2:7: in-order inside any-order is not supported yet. Give each branch a parent, or list the single patterns.",
  ],
  [
    "- any-order:\n    - one-of:\n        - llm x2\n        - tool x\n",
    "2:7: inside any-order a choice is between single patterns. Put the one-of around the group.",
  ],
  [
    "- any-order:\n    - never: tool x\n",
    "2:7: never: has no place inside any-order. Put it beside any-order:, under the line that owns it.",
  ],
  [
    "- in-order x200:\n    - in-order x260:\n        - llm\n",
    "1:3: counts multiply to 52,000 steps; the limit is 20,000. Lower a count, or leave its upper end open with *.",
  ],
  ["- where: a = 1\n", "1:3: where: has no span to speak of here. Put it under a line."],
  ["- llm:\n    - where:\n        - a = 1, b\n", '3:16: ", b" is too much here. Write one predicate an entry.'],
  ["- tool x {a = $x}\n", "1:15: captures such as $x are not supported yet. Write the value, or quote it."],
  ["- sequence: [llm]\n", "1:3: sequence: is not supported yet. Leave it out, or use in-order and any-order."],
  ["- parallel: [llm]\n", "1:3: parallel: is not supported yet. Leave it out, or use in-order and any-order."],
  ["- llm:\n    - link: llm\n", "2:7: link: is not supported yet. Leave it out, or use in-order and any-order."],
  ["- llm:\n    - event: x\n", "2:7: event: is not supported yet. Leave it out, or use in-order and any-order."],
  ["- <worker>\n", "1:3: <name> is not supported yet. Write the patterns out in this place."],
  ["define: {}\ntrace:\n  - llm\n", "1:1: define: is not supported yet. State one shape under trace:."],
  ["include: x\ntrace:\n  - llm\n", "1:1: include: is not supported yet. State one shape under trace:."],
  ["traces:\n  - trace: [llm]\n", "1:1: traces: is not supported yet. State one shape under trace:."],
  [
    "shap: x\ntrace: [llm]\n",
    '1:1: unknown header "shap". Did you mean shape? The header of a file knows shape, children, trace.',
  ],
  ["children: exact\ntrace: [llm]\n", '1:11: children: is contain or exactly, not "exact". Leave it out for contain.'],
  ["children: exactly\n", "1:1: the file has no list under trace:. Put the shape under trace:, as a list."],
])("%j is refused where it is wrong", ([text, ...faults]) => {
  expect(faultsOf(text)).toEqual(faults.map((fault) => `f.yaml:${fault}`));
});

test("all faults of a file come at once, by place", () => {
  const text = "- agent a:\n    - tol x\n    - llm x3..1\n    - ...\n    - tool x {a\n    - never: //llm\n";
  expect(faultsOf(text).map((fault) => fault.split(": ")[0])).toEqual([
    "f.yaml:2:7",
    "f.yaml:3:11",
    "f.yaml:4:7",
    "f.yaml:5:14",
    "f.yaml:6:14",
  ]);
});

test.for([
  "- llm:\n",
  "- llm: []\n",
  "- turn 1\n",
  "- mcp.server tools/call*\n",
  "- handoff triage -> billing\n",
  "- tool *_order x1..*\n",
  "- tool x {a <= 4, !b}\n",
  "- tool a: llm\n",
  "- exactly:\n    - ...\n",
])("%j is fine as it is", (text) => {
  expect(faultsOf(text)).toEqual([]);
});

test("a line is printed in one canonical form", () => {
  const text = `shape: a title
children: exactly
trace:
  -   'agent   "x2"  @a*  { duration<2s,!b , c  = "d: e" ,f=/g,h/i}   x2..2':
      - contain:
        - //tool *_order   x1..*
        - never: { tool z: null }
      - never:
        - llm
  - any-order x0..1: [ llm, one-of: [ tool a, "tool b" ] ]
  - ...
`.replace("        - never: { tool z: null }\n", "");
  expect(printShape(parseShape(text, "f.yaml"))).toBe(`shape: a title
children: exactly
trace:
  - 'agent "x2" @a* {duration < 2s, !b, c = "d: e", f = /g,h/i} x2':
      - contain:
          - //tool *_order x1..*
      - never: llm
  - any-order x0..1:
      - llm
      - one-of:
          - tool a
          - tool b
  - ...
`);
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
    fc.property(fc.integer(), (seed) => {
      const made = randomShape(randomStream(seed, "text"), 8);
      const text = printShape(made);
      const read = parseShape(text, "f.yaml");
      expect(placeless(read)).toEqual(placeless(made));
      expect(printShape(read)).toBe(text);
    }),
    { numRuns: 1000 },
  );
});

test("any name, service, value and title survives being printed and read", () => {
  const hard = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom(...Array.from("ax2 .*@{}\"'/:#,$!<=-[]&|>%\\\n\t")) }),
    fc.constantFrom("x2", "a x2", "a: b", "a #b", "/x/", "a*", "", " ", "~", "null", "- a", "x1..*", "__proto__"),
  );
  fc.assert(
    fc.property(hard, hard, hard, hard, (name, service, value, title) => {
      const line = shape.tool(shape.literal(name)).at(shape.literal(service));
      const conditions = { a: value, b: shape.literal(value), c: { not: shape.literal(value) } };
      const made = shape.titled(title, line.where(conditions), shape.llm(shape.literal(name), shape.never(line)));
      const read = parseShape(printShape(made), "f.yaml");
      expect(placeless(read)).toEqual(placeless(made));
      expect(printShape(read)).toBe(printShape(made));
    }),
    { numRuns: 1000 },
  );
});

test("any regular expression that is taken survives being printed and read", () => {
  const pieces = fc.constantFrom(
    "a",
    "[/]",
    "\\/",
    " {",
    " @",
    ": ",
    " #",
    "x2",
    "(?:b|c)",
    "\\d",
    ".",
    "'",
    '"',
    ",",
    "}",
  );
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1, maxLength: 6 }), (parts) => {
      const made = shape.of(shape.tool(new RegExp(parts.join(""))).where({ k: new RegExp(parts.join("")) }));
      expect(placeless(parseShape(printShape(made), "f.yaml"))).toEqual(placeless(made));
    }),
  );
});

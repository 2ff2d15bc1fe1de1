import { expect, test } from "vitest";
import { faultSentence, isTroupeError } from "../../src/core/errors.ts";
import { parseShape } from "../../src/shape/text/parse.ts";

const KINDS =
  "A line starts with one of: workflow, turn, agent, chain, llm, embedding, retrieval, rerank, tool, handoff, mcp.client, mcp.server, mcp.lifecycle, a2a.client, a2a.server, gateway, guardrail, evaluator, approval, memory, stt, tts, http, span, any.";
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
  ["- tol lookup\n", `1:3: unknown kind "tol". Did you mean tool? ${KINDS}`],
  ["- 'it''s'\n", `1:4: unknown kind "it's". Did you mean tts? ${KINDS}`],
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
  [
    "- tool x {a = }\n",
    "1:15: a value is missing. Write key = value; a value with special characters stands in double quotes.",
  ],
  ["- tool x {a == 2}\n", '1:13: unknown operator "==". Did you mean =? Use one of = != < <= > >=.'],
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
  [
    "- tool x {a = $x}\n",
    "1:3: $x is used once; a capture joins two places. Use it in a second place, or write the key alone.",
  ],
  [
    "children: exactly\ntraces:\n  - trace x0..2:\n      - contain:\n          - tool x1:\n              - link: any {m = $x}\n",
    "6:23: $x is used once; a capture joins two places. Use it in a second place within tool x1, whose spans each have a value of their own, or write the key alone.",
  ],
  [
    "traces:\n  - trace x3:\n      - agent {id = $id} x1\n",
    "3:9: $id is used once; a capture joins two places. Use it in a second place within agent {id = $id} x1, whose spans each have a value of their own, or write the key alone.",
  ],
  ["- <worker>\n", "1:3: unknown <worker>. Nothing is defined; add it under define:."],
  [
    "define: {}\ntrace:\n  - llm\n",
    "1:9: define: holds no definitions. Write each name with a colon, and its items as a list under it.",
  ],
  [
    "include: x\ntrace:\n  - llm\n",
    "1:10: x cannot be included here. Only a shape in a file of its own can include others.",
  ],
  [
    "shap: x\ntrace: [llm]\n",
    '1:1: unknown header "shap". Did you mean shape? The header of a file knows shape, children, include, define, trace, traces.',
  ],
  [
    "children: exact\ntrace: [llm]\n",
    '1:11: children: is contain or exactly, not "exact"; did you mean "exactly"? Leave it out for contain.',
  ],
  ["children: exactly\n", "1:1: the file has no list under trace:. Put the shape under trace:, as a list."],
  ["- //tol x\n", `1:5: unknown kind "tol". Did you mean tool? ${KINDS}`],
  ["- paralell: [llm]\n", `1:3: unknown kind "paralell". Did you mean parallel? ${KINDS}`],
  ["- any_order:\n    - llm\n", `1:3: unknown kind "any_order". Did you mean any-order? ${KINDS}`],
  ["- In-Order:\n    - llm\n", `1:3: unknown kind "In-Order". Did you mean in-order? ${KINDS}`],
  ["- nevr: tool x\n", `1:3: unknown kind "nevr". Did you mean never? ${KINDS}`],
  ["- evnt: x\n", `1:3: unknown kind "evnt". Did you mean event? ${KINDS}`],
  ["- never tool x\n", "1:3: never lacks its colon. Write never: tool x."],
  ["- never x2: tool x\n", '1:3: "x2" stands between never and its colon. Leave it out.'],
  [
    '- "tool" a\n',
    "1:10: text goes on behind a closing quote. A line starts with a kind; if it holds special characters, put the whole line in single quotes.",
  ],
  ["- ? x\n", `1:5: unknown kind "x". ${KINDS}`],
  [
    "- @orders\n",
    "1:3: YAML gives this first character a meaning of its own. A line starts with a kind, //, < or ...; put any other text in single quotes.",
  ],
  ["- tool\n---\n- llm\n", "2:1: the file holds several YAML documents. Write one shape a file."],
  [
    "- |\n  tool x\n",
    "1:3: a line is over before the end of its row. Write it on one row; long predicates go under where:.",
  ],
  [
    "- agent:\n- llm\n",
    "1:3: this line ends in a colon and has nothing under it. Is the next line indented too little? If it is not meant to stand under this one, leave out the colon.",
  ],
  ["- tool x {a => 2}\n", '1:13: unknown operator "=>". Did you mean >=? Use one of = != < <= > >=.'],
  ["- tool x {a <> 2}\n", '1:13: unknown operator "<>". Did you mean !=? Use one of = != < <= > >=.'],
  ["- tool x {a ~ b}\n", '1:13: unknown operator "~". Write a = /…/ for a regular expression.'],
  [
    "- tool x {a# = 2}\n",
    '1:11: "a#" is no key: one # parts an attribute from a path into its JSON. Write for instance gen_ai.tool.call.arguments#order.id.',
  ],
  [
    "- tool x {a = $5}\n",
    "1:15: $5 is no capture. A capture is $ and a word, as in $order; a text that starts with $ stands in double quotes.",
  ],
  [
    "- tool x {a != $x}\n- tool y {a = $x}\n",
    "1:16: $x stands after !=, and a capture only after =. Compare with a value instead.",
  ],
  [
    "- tool x {duration < 2sec}\n",
    "1:22: duration needs a number with its unit, not 2sec. Did you mean 2s? The units are ns, us, ms, s, m, h.",
  ],
  [
    "- tool x {duration < 5 min}\n",
    "1:22: duration needs a number with its unit, not 5 min. Did you mean 5m? The units are ns, us, ms, s, m, h.",
  ],
  [
    "defin:\n  a: [llm]\ntrace: [<a>]\n",
    '1:1: unknown header "defin". Did you mean define? The header of a file knows shape, children, include, define, trace, traces.',
  ],
  [
    "children: exacty\ntrace: [llm]\n",
    '1:11: children: is contain or exactly, not "exacty"; did you mean "exactly"? Leave it out for contain.',
  ],
  ["trace: [llm]\ntrace: [tool]\n", "2:1: trace: stands twice. Keep one, with all that belongs under it."],
  [
    "trace: [llm]\ntraces:\n  - trace: [llm]\n",
    "3:3: traces: stands beside trace:. Make the trace an entry of traces:.",
  ],
  ["traces: []\n", "1:1: traces: is empty. State at least one trace."],
  ["traces:\n", '1:8: the file has no list under traces:. Write entries "- trace:" under it, each with its list.'],
  [
    "traces:\n  - trace:\n  - trace x2: []\n",
    "2:5: this trace is empty and would match every trace. State at least one span.",
    "3:5: this trace is empty and would match every trace. State at least one span.",
  ],
  ["traces:\n  - llm\n", '2:5: an entry of traces: is a trace. Write "- trace:", and its list under it.'],
  ["traces:\n  - trace x3..1: [llm]\n", "2:11: the count x3..1 is reversed and could never hold. Write x1..3."],
  [
    "define:\n  worker: [agent]\ntrace:\n  - <wroker>\n  - <worker>\n",
    "4:5: unknown <wroker>. Did you mean <worker>? Defined are <worker>; add it under define:.",
  ],
  ["- <a\n", "1:3: the > of a <name> is missing. Write <name> with letters, digits, _ and -, and no spaces."],
  [
    "define:\n  a b: [llm]\ntrace:\n  - llm\n",
    '2:3: "a b" is no name of a definition. A name has letters, digits, _ and -, a letter or _ first, and no < > here.',
  ],
  [
    "define:\n  a: [llm]\ntrace:\n  - <a>:\n      - llm\n",
    "4:5: <a> takes nothing under it. Put it into the definition, and leave out the colon.",
  ],
  ["define:\n  a:\ntrace:\n  - <a>\n", "2:3: the definition of <a> is empty. State its items as a list under it."],
  [
    "define:\n  worker: [agent]\ntrace:\n  - llm\n",
    "2:3: no trace leads to <worker>. Use it, or leave its definition out.",
  ],
  [
    "define:\n  a: [llm]\n  a: [tool]\ntrace:\n  - <a>\n",
    "3:3: <a> is defined twice, also at f.yaml:2:3. Give one of them another name.",
  ],
  [
    "define:\n  a:\n    - llm\n    - never: tool\ntrace:\n  - <a>\n",
    "4:7: never: has no place at the top of a definition, which holds items only. Put it under a line of the definition.",
  ],
  [
    "define:\n  a: [exactly: [llm]]\ntrace:\n  - <a>\n",
    "2:7: exactly: has no place at the top of a definition, which holds items only. Put it under a line of the definition.",
  ],
  [
    "define:\n  a: [<b>]\n  b:\n    - one-of: [llm, <a>]\ntrace:\n  - <a>\n",
    "2:7: <a> reaches itself without going down a level. Put it under a line of the definition.",
  ],
  [
    "define:\n  a:\n    - agent:\n        - link: <a>\ntrace:\n  - <a>\n",
    "4:17: <a> reaches itself through link:, and links may form circles. Link to a pattern that does not lead back.",
  ],
  [
    "define:\n  a:\n    - agent:\n        - link:\n            - tool:\n                - <b>\n  b:\n    - llm: <a>\ntrace:\n  - <a>\n",
    "6:19: <a> reaches itself through link:, and links may form circles. Link to a pattern that does not lead back.",
  ],
  [
    "define:\n  a: [llm, tool]\ntrace:\n  - any-order: [<a>, handoff]\n",
    "4:17: <a> is no single pattern, and any-order needs one. Write its patterns out here, or make its definition one line without a count.",
  ],
  [
    "define:\n  a: [llm, tool]\ntrace:\n  - sequence: [<a>, handoff]\n",
    "4:16: <a> is no single pattern, and sequence needs one. Write its patterns out here, or make its definition one line without a count.",
  ],
  [
    "define:\n  a: [llm, tool]\ntrace:\n  - //<a>\n",
    "4:5: <a> is no single pattern, and // needs one. Write its patterns out here, or make its definition one line without a count.",
  ],
  [
    "define:\n  a: [llm, tool]\ntrace:\n  - never: <a>\n",
    "4:12: <a> is no single pattern, and never: needs one. Write the pattern out here.",
  ],
  [
    "define:\n  a: [one-of: [llm, tool]]\ntrace:\n  - agent:\n      - link: <a>\n",
    "5:15: <a> is no single pattern, and link: needs one. Write the pattern out here.",
  ],
  [
    "define:\n  a: [...]\ntrace:\n  - <a>\n",
    "4:5: <a> brings what has no place here: ... says nothing here, where other children are allowed anyway. Leave it out, or put the list under exactly:.",
  ],
  [
    "define:\n  a: [//tool]\ntrace:\n  - exactly: [<a>]\n",
    "4:15: <a> brings what has no place here: // has no place in exactly, which speaks of children only. Leave out the //, or put the list under contain:.",
  ],
  [
    "define:\n  a: [llm x200]\ntrace:\n  - in-order x260: [<a>]\n",
    "4:5: counts multiply to 52,000 steps; the limit is 20,000. Lower a count, or leave its upper end open with *.",
  ],
  [
    "- tool x {a = $x} x0\n- never: tool y {a = $x}\n",
    "1:3: $x is used only where nothing may match, under never or x0, so it has no value. Use it also on a span that is there.",
  ],
  [
    "- in-order x2:\n    - tool x {a = $x}\n    - tool y {a = $x}\n",
    "1:3: $x would change with each round of in-order x2. Put the round under one span, or use it outside too.",
  ],
  [
    "define:\n  p:\n    - tool x {a = $x}\n    - tool y {a = $x}\ntrace: [<p>]\n",
    "3:7: $x is used only in <p>, which is more than one pattern. Put the items of the definition under one span, or use the capture outside too.",
  ],
  [
    "- tool x {a = $a, b = $b, c = $c, d = $d}\n- tool y {a = $a, b = $b, c = $c, d = $d}\n",
    "1:3: four captures meet in one scope ($a, $b, $c, $d); the limit is 3. Join by fewer, or split the shape.",
  ],
  [
    "- any-order:\n    - in-order: [llm, tool a]\n    - in-order: [llm, tool b]\n",
    '2:7: these two lists may claim the same span: "llm" at 2:18 and "llm" at 3:18. Give each branch a parent, a service or a telling attribute.',
  ],
  [
    "- any-order x2:\n    - in-order: [llm, tool a]\n    - tool b\n",
    "2:7: in-order inside any-order takes no count, and nothing around it does: any-order x2. Leave the count out, or give each branch a parent.",
  ],
  [
    "- any-order:\n    - in-order: [llm, tool a]\n    - tool b\n- any\n",
    '2:7: this list and what stands beside it may claim the same span: "llm" at 2:18 and "any" at 4:3. Give each branch a parent, a service or a telling attribute.',
  ],
  [
    "- any-order:\n    - parallel: [llm]\n",
    "2:7: parallel has no place in any-order. Write its members straight into the any-order, or give each branch a parent.",
  ],
  [
    "- parallel:\n    - in-order: [llm, tool a]\n    - ...\n",
    "2:7: in-order has no place in parallel. Give each branch a parent: parallel holds single patterns.",
    "3:7: ... has no place in parallel. Put it before or after the group.",
  ],
  [
    "- sequence:\n    - any-order: [llm, tool a]\n",
    "2:7: any-order has no place in sequence. Give it a parent: sequence holds single patterns.",
  ],
  [
    "- sequence:\n    - one-of:\n        - in-order: [llm, tool]\n",
    "3:11: in-order has no place in sequence. Give it a parent: sequence holds single patterns.",
  ],
  [
    "- llm:\n    - event: {a = 1}\n",
    "2:14: a line is text, not a mapping. Write it on one line, in single quotes if it starts with { or [.",
  ],
  ["- llm:\n    - event: x2\n", "2:14: event: names nothing. Name the event, or write * for any."],
  [
    "- llm:\n    - event:\n    - link:\n",
    "2:7: event: is empty. Name the event.",
    "3:7: link: is empty. Name what a link must lead to.",
  ],
  [
    "- llm:\n    - link: //tool x2\n",
    "2:13: link leads to one span, at whatever depth. Leave out the //.",
    "2:13: link takes no count. Leave the count out.",
  ],
  ["- link: llm\n", "1:3: link: has no span to speak of here. Put it under a line."],
  ["- event: x\n", "1:3: event: has no span to speak of here. Put it under a line."],
  [
    "- llm:\n    - link: [any-order: [llm]]\n",
    "2:14: link: takes single patterns, not any-order. Name the spans that must be linked to.",
  ],
  [
    "include: x.yaml\ntrace: [llm]\n",
    "1:10: x.yaml cannot be included here. Only a shape in a file of its own can include others.",
  ],
])("%j is refused where it is wrong", ([text, ...faults]) => {
  expect(faultsOf(text)).toEqual(faults.map((fault) => `f.yaml:${fault}`));
});

test("all faults of a file come at once, by place", () => {
  const text = "- agent a:\n    - tol x\n    - llm x3..1\n    - ...\n    - <b>\n    - tool x {a\n    - never: //llm\n";
  expect(faultsOf(text).map((fault) => fault.split(": ")[0])).toEqual([
    "f.yaml:2:7",
    "f.yaml:3:11",
    "f.yaml:4:7",
    "f.yaml:5:7",
    "f.yaml:6:14",
    "f.yaml:7:14",
  ]);
});

test("one definition that circles through many is one fault", () => {
  const text = "define:\n  a: [<b>]\n  b: [<c>]\n  c: [<a>]\n  d:\n    - llm: <d>\ntrace:\n  - <a>\n  - <d>\n";
  expect(faultsOf(text)).toEqual([
    "f.yaml:2:7: <a> reaches itself without going down a level. Put it under a line of the definition.",
  ]);
});

test("definitions that double each other are refused before they are written out", () => {
  const doubled = Array.from({ length: 40 }, (_, level) => `  a${level}: [<a${level + 1}>, <a${level + 1}>]\n`);
  const text = `define:\n${doubled.join("")}  a40: [any-order: [in-order: [llm, tool]]]\ntrace:\n  - <a0>\n`;
  expect(faultsOf(text).at(-1)).toContain("steps; the limit is 20,000");
});

function faultsOf(text: string): readonly string[] {
  try {
    parseShape(text, "f.yaml");
    return [];
  } catch (error) {
    if (isTroupeError(error) && error.code === "SHAPE_INVALID") return error.faults.map(faultSentence);
    throw error;
  }
}

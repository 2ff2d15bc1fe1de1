import { expect, test } from "vitest";
import { diffSummary, drawDiff } from "../../src/report/diff-draw.ts";
import { ANSI, PLAIN } from "../../src/report/paint.ts";
import { diffTrees } from "../../src/shape/diff/diff.ts";
import type { Tree } from "../../src/trace/tree.ts";
import type { Sketch } from "../shape/sketch.ts";
import { sketch, treeOf } from "../shape/sketch.ts";

const REFUND =
  "agent triage @agents(llm @agents, tool lookup @agents(mcp.server m @orders), llm @agents, agent billing @agents(llm @agents, tool refund @agents))";

function drawn(before: string, after: string, isWhole = false): readonly string[] {
  return draw([sketch(before)], [sketch(after)], isWhole);
}

function draw(before: readonly Tree[], after: readonly Tree[], isWhole = false): readonly string[] {
  return drawDiff(diffTrees(before, after), before, after, { isWhole }).split("\n");
}

test("what is equal is counted, and the last line says so", () => {
  expect(drawn(REFUND, REFUND)).toEqual(["trace trace", "  … 8 spans unchanged", "", "no difference in 8 spans"]);
});

test("spans that came and went are marked in the tree as it is after, what is unchanged is folded in place", () => {
  const after = REFUND.replace("tool lookup @agents(mcp.server m @orders), ", "").replace(
    "tool refund @agents",
    "tool refund @agents, tool mail @agents",
  );
  expect(drawn(REFUND, after)).toEqual([
    "trace trace",
    "  agent triage @agents",
    "  ├─ … 1 span unchanged",
    "- ├─ tool lookup",
    "- │  └─ mcp.server m @orders",
    "  ├─ … 1 span unchanged",
    "  └─ agent billing",
    "     ├─ … 2 spans unchanged",
    "+    └─ tool mail",
    "",
    "1 added, 1 removed (2 spans)",
  ]);
});

test("a span that moved is drawn at its new place and, in one line, at its old one", () => {
  const after =
    "agent triage @agents(llm @agents, llm @agents, agent billing @agents(llm @agents, tool lookup @agents(mcp.server m @orders), tool refund @agents))";
  expect(drawn(REFUND, after)).toEqual([
    "trace trace",
    "  agent triage @agents",
    "  ├─ … 1 span unchanged",
    "→ ├─ tool lookup: moved to agent billing",
    "  ├─ … 1 span unchanged",
    "  └─ agent billing",
    "     ├─ … 1 span unchanged",
    "→    ├─ tool lookup: moved from agent triage",
    "     │  └─ … 1 span unchanged",
    "     └─ … 1 span unchanged",
    "",
    "1 moved (2 spans)",
  ]);
});

test("names and facts say what they were and what they are", () => {
  const before = 'agent a(tool find {args.id="A-17"}, tool pay {order.state=open}, llm)';
  const after =
    'agent a(tool search {args.id="A-17"}, tool pay {order.state=paid; order.note=late}, llm {status=error})';
  expect(drawn(before, after)).toEqual([
    "trace trace",
    "  agent a",
    '~ ├─ tool find → search {"id":"A-17"}',
    "~ ├─ tool pay: order.state open → paid; order.note late is new",
    "~ └─ llm: status unset → error",
    "",
    "1 renamed, 2 changed",
  ]);
});

test("long values are cut to where they begin to differ", () => {
  const at = (end: string): Tree =>
    treeOf([{ kind: "tool", name: "t", start: 0, meaning: { result: `{"text":"${"long ".repeat(20)}${end}"}` } }]);
  expect(draw([at("before")], [at("after")])[1]).toBe('~ tool t: result …g long long before"} → …g long long after"}');
});

test("what a span above changed in the same way is said once", () => {
  const at = (service: string): string => `agent a @${service}(tool b @${service}, tool c @${service})`;
  expect(drawn(at("one"), at("two"))).toEqual([
    "trace trace",
    "~ agent a @two: service one → two",
    "  └─ … 2 spans unchanged",
    "",
    "1 changed, 2 more changed as a span above did",
  ]);
});

test("a span around others and one that no longer is show what is inside in place", () => {
  expect(drawn("agent a(tool b, tool c)", "agent a(chain p(tool b, tool c))")).toEqual([
    "trace trace",
    "  agent a",
    "+ └─ chain p: put around 2 spans",
    "     └─ … 2 spans unchanged",
    "",
    "1 added",
  ]);
  expect(drawn("agent a(chain p(tool b, tool c))", "agent a(tool b, tool c)")).toEqual([
    "trace trace",
    "  agent a",
    "- ├─ chain p: what is below stays",
    "  └─ … 2 spans unchanged",
    "",
    "1 removed",
  ]);
});

test("another order shows both places", () => {
  expect(drawn("agent a(llm, tool b)", "agent a(tool b, llm)")).toEqual([
    "trace trace",
    "  agent a",
    "  ├─ … 1 span unchanged",
    "→ └─ llm: was child 1, is child 2",
    "",
    "1 reordered",
  ]);
});

test("a trace on one side only is drawn with its mark", () => {
  const second = treeOf([{ kind: "agent", name: "b", start: 0 }], "second", 9);
  expect(draw([sketch("agent a")], [sketch("agent a"), second])).toEqual([
    "trace trace",
    "  … 1 span unchanged",
    "",
    "trace second, only after: 1 span",
    "+ agent b",
    "",
    "1 added",
  ]);
});

test("a large subtree that came is one line, and all of it with isWhole", () => {
  const after = `agent a(llm, agent b(${Array.from({ length: 20 }, () => "llm").join(", ")}))`;
  expect(drawn("agent a(llm)", after)).toContain("+ └─ agent b (21 spans)");
  expect(drawn("agent a(llm)", after, true)).toHaveLength(26);
  expect(drawn(REFUND, REFUND, true)).toHaveLength(11);
});

test("names are one line each, whatever is in them", () => {
  const at = (name: string): Tree =>
    treeOf([{ kind: "agent", name: "a", start: 0, end: 9, children: [{ kind: "tool", name, start: 1 }] }]);
  const [before, after] = [[at("one\ntwo\u001B[31m")], [at("three\r\nfour\u0007")]];
  expect(draw(before, after)[2]).toBe("~ └─ tool one two␛[31m → three four␇");
  const hostile: Sketch = {
    kind: "tool",
    name: "x",
    start: 0,
    service: "s\n\u001B[2J",
    attributes: { "bad\nkey": "a\n\u001B" },
    meaning: { arguments: "{\n\u001B" },
  };
  const text = draw([at("x")], [treeOf([hostile])]).join("\n");
  expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  expect(text.split("\n")).toHaveLength(5);
});

test("at most 200 lines are drawn unless asked for all", () => {
  const wide = (prefix: string): Tree =>
    treeOf(
      Array.from({ length: 500 }, (_, index): Sketch => ({ kind: "tool", name: `${prefix}${index}`, start: index })),
    );
  const lines = draw([wide("a")], [wide("b")]);
  expect(lines).toHaveLength(204);
  expect(lines[201]).toBe("  … and 300 more lines; --all draws them");
  expect(lines.at(-1)).toBe("500 renamed");
  expect(draw([wide("a")], [wide("b")], true)).toHaveLength(503);
});

test("the way down to a difference deep down is cut, and the difference is still counted", () => {
  const chain = (name: string): Tree => {
    let last: Sketch = { kind: "tool", name, start: 0 };
    for (let level = 0; level < 2000; level++) last = { kind: "agent", name: "a", start: 0, end: 9, children: [last] };
    return treeOf([last]);
  };
  const lines = draw([chain("x")], [chain("y")]);
  expect(lines.at(-3)).toMatch(/└─ … 1,940 spans deeper down$/);
  expect(lines.at(-1)).toBe("1 renamed");
});

test("colours change nothing but colour", () => {
  const [before, after] = [
    [sketch(REFUND)],
    [sketch(REFUND.replace("tool lookup", "tool find").replace(", tool refund @agents", ""))],
  ];
  const script = diffTrees(before, after);
  const coloured = drawDiff(script, before, after, { paint: ANSI });
  expect(coloured).toContain("\u001B[31m-");
  // oxlint-disable-next-line no-control-regex
  expect(coloured.replaceAll(/\u001B\[\d+m/g, "")).toBe(drawDiff(script, before, after, { paint: PLAIN }));
});

test("the summary names each kind of difference once, in a stable order", () => {
  const [before, after] = [
    [sketch("agent a(tool b, tool c, llm, tool d)")],
    [sketch("agent a(tool x, tool c {k=1}, tool e, tool d, llm)")],
  ];
  expect(diffSummary(diffTrees(before, after))).toBe("1 added, 1 reordered, 1 renamed, 1 changed");
});

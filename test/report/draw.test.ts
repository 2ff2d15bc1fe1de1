import { expect, test } from "vitest";
import { drawForest } from "../../src/report/draw.ts";
import { ANSI } from "../../src/report/paint.ts";
import type { Mismatch, SpanPlace } from "../../src/trace/mismatch.ts";
import type { Tree } from "../../src/trace/tree.ts";
import type { Draft } from "../check/traces.ts";
import { agent, llm, mcpServer, tool, TRACE_ID, treesOf } from "../check/traces.ts";
import { MISSING_REFUND, REFUND } from "./results.ts";

function place(spanId: string): SpanPlace {
  return { traceId: TRACE_ID, spanId, label: "tool x" };
}

function mismatch(changes: Partial<Mismatch>): Mismatch {
  return { kind: "extra", expectedAt: "a:1:1", expected: "tool y", message: "", ...changes };
}

function lines(text: string): readonly string[] {
  return text.split("\n");
}

function id(index: number): string {
  return index.toString(16).padStart(16, "0");
}

function traceId(index: number): string {
  return index.toString(16).padStart(32, "0");
}

/** Spans each under the one before it. */
function chain(depth: number): readonly Tree[] {
  const drafts = Array.from({ length: depth }, (_, index): Draft =>
    tool(`t${index + 1}`, undefined, [], { id: id(index + 1), ...(index > 0 && { parentId: id(index) }) }),
  );
  return treesOf(...drafts);
}

test("a tree is drawn one span a line, with a service where it changes", () => {
  expect(lines(drawForest(REFUND))).toEqual([
    "trace 0af7651916cd43dd8448eb211c80319c: 9 spans in 2 services, 17 ms",
    "agent triage @agents 17 ms",
    "├─ llm sim-model 1 ms",
    '├─ tool lookup_order {"id":"A-17"} 7 ms (2 mcp.lifecycle)',
    "│  └─ mcp.server tools/call lookup_order @orders 1 ms",
    "└─ handoff triage -> billing 5 ms",
    "   └─ agent billing 3 ms",
    '      └─ tool get_invoice {"order":"A-17"} 1 ms',
  ]);
});

test("what is missing is a line under the span where it was expected", () => {
  const drawn = lines(drawForest(REFUND, { mismatches: [MISSING_REFUND] }));
  expect(drawn.slice(-2)).toEqual([
    '      ├─ tool get_invoice {"order":"A-17"} 1 ms',
    "      └─ ✗ missing: tool refund",
  ]);
});

test("what is missing after a sibling is a line after it, and at the end where that is not drawn", () => {
  const trees = treesOf(agent("a", [tool("x"), tool("z")]));
  const under = place("0000000000000001");
  const missing = mismatch({ kind: "missing", expected: "tool y", under });
  const placed = { ...missing, after: place("0000000000000002") };
  const lost = { ...missing, expected: "tool w", after: place("00000000000000ff") };
  expect(lines(drawForest(trees, { mismatches: [placed, lost] })).slice(2)).toEqual([
    "├─ tool x 1 ms",
    "├─ ✗ missing: tool y",
    "├─ tool z 1 ms",
    "└─ ✗ missing: tool w",
  ]);
});

test("a link that is missing is marked on the span that should link, not on what it links to", () => {
  const [under, found] = [place("0000000000000002"), place("0000000000000003")];
  const missing = mismatch({ kind: "no-link", expected: "agent b", under, found });
  const trees = treesOf(agent("a", [tool("x"), tool("y")]));
  expect(lines(drawForest(trees, { mismatches: [missing] })).slice(2)).toEqual([
    "├─ tool x 1 ms ✗ no link to agent b",
    "└─ tool y 1 ms",
  ]);
});

test("too many events are a line under their span that names them", () => {
  const events = mismatch({ kind: "too-many", expected: "event: retry x0", under: place("0000000000000001") });
  expect(lines(drawForest(treesOf(tool("x")), { mismatches: [events] })).at(-1)).toBe("└─ ✗ too many: event: retry x0");
});

test("a span of another name is marked with what was expected in its place", () => {
  const failed = [{ key: "name", expected: "refund", got: "x" }];
  const changed = mismatch({ kind: "changed", expected: "tool refund", failed, found: place("0000000000000001") });
  expect(drawForest(treesOf(tool("x")), { mismatches: [changed] })).toContain(
    "tool x @agents 1 ms ✗ expected tool refund",
  );
});

test("what is missing at the top of the forest is a line at its end", () => {
  const missing = mismatch({ kind: "missing", expected: "agent triage" });
  expect(lines(drawForest(treesOf(agent("billing")), { mismatches: [missing] })).at(-1)).toBe(
    "✗ missing: agent triage",
  );
});

test.each([
  [mismatch({ kind: "extra" }), "✗ extra"],
  [mismatch({ kind: "out-of-order" }), "✗ out of order"],
  [mismatch({ kind: "too-many" }), "✗ too many"],
  [mismatch({ kind: "forbidden" }), "✗ forbidden"],
  [
    mismatch({ kind: "changed", failed: [{ key: "args.amount", expected: "<= 50", got: "80" }] }),
    "✗ changed: args.amount expected <= 50, got 80",
  ],
])("a mismatch of a span stands beside it: $kind", (found, mark) => {
  const trees = treesOf(agent("a", [tool("x")]));
  const drawn = lines(drawForest(trees, { mismatches: [{ ...found, found: place("0000000000000002") }] }));
  expect(drawn.at(-1)).toBe(`└─ tool x 1 ms ${mark}`);
});

test("a span that is missing here and found there is marked at both places", () => {
  const trees = treesOf(agent("a", [tool("x"), agent("b")]));
  const moved = mismatch({
    kind: "moved",
    expected: "tool x",
    under: place("0000000000000003"),
    found: place("0000000000000002"),
  });
  expect(lines(drawForest(trees, { mismatches: [moved] })).slice(2)).toEqual([
    "├─ tool x 1 ms ✗ moved to here",
    "└─ agent b 1 ms",
    "   └─ ✗ missing: tool x",
  ]);
});

test("one mark that several mismatches bring shows once", () => {
  const extra = mismatch({ found: place("0000000000000002") });
  const drawn = drawForest(treesOf(agent("a", [tool("x")])), { mismatches: [extra, extra] });
  expect(drawn.match(/✗/g)).toHaveLength(1);
});

test("a span that failed says why, on one line", () => {
  const trees = treesOf(tool("refund", undefined, [], { error: "card\ndeclined" }));
  expect(lines(drawForest(trees))[1]).toBe("tool refund @agents 1 ms error: card declined");
});

test("control characters of a name show, and do not reach the terminal", () => {
  expect(drawForest(treesOf(tool("\u001B[2Jx")))).toContain("tool ␛[2Jx");
});

test("long arguments are cut, and the cut shows", () => {
  const drawn = drawForest(treesOf(tool("x", { text: "y".repeat(100) })));
  expect(drawn).toContain(`{"text":"${"y".repeat(38)}… 1 ms`);
});

test("lifecycle spans are a count on their parent's line, unless one of them failed", () => {
  const failed = mcpServer("initialize", "", "orders", { error: "wrong version" });
  const trees = treesOf(tool("x", undefined, [mcpServer("tools/list", "", "orders"), failed]));
  expect(lines(drawForest(trees)).slice(1)).toEqual([
    "tool x @agents 5 ms (1 mcp.lifecycle)",
    "└─ mcp.lifecycle initialize @orders 1 ms error: wrong version",
  ]);
});

test("a whole drawing folds nothing", () => {
  expect(drawForest(REFUND, { isWhole: true })).toContain("mcp.lifecycle tools/list @orders");
});

test("an orphan shows beside its span and among the anomalies", () => {
  const drawn = lines(drawForest(treesOf(tool("x", undefined, [], { parentId: "00000000000000ff" }))));
  expect(drawn[1]).toBe("tool x @agents 1 ms ⚠ orphan");
  expect(drawn.slice(2)).toEqual([
    "anomalies",
    "  ⚠ orphan 0000000000000001: its parent 00000000000000ff is not in the trace",
  ]);
});

test("a wide tree is cut after 200 spans, and says so", () => {
  const trees = treesOf(
    agent(
      "a",
      Array.from({ length: 5000 }, () => llm("gpt")),
    ),
  );
  const drawn = lines(drawForest(trees));
  expect(drawn).toHaveLength(203);
  expect(drawn.slice(-2)).toEqual([
    "└─ … 4,801 more spans",
    "drawn: 200 of 5,001 spans, the first in tree order and those with a mark",
  ]);
});

test("a span with a mark is drawn however late it comes", () => {
  const trees = treesOf(
    agent(
      "a",
      Array.from({ length: 5000 }, () => llm("gpt")),
    ),
  );
  const drawn = lines(drawForest(trees, { mismatches: [mismatch({ found: place(id(4001)) })] }));
  expect(drawn.slice(-4, -1)).toEqual(["├─ … 3,800 more spans", "├─ llm gpt 1 ms ✗ extra", "└─ … 1,000 more spans"]);
});

test("a deep tree is cut after 60 levels, and says so", () => {
  const drawn = lines(drawForest(chain(10_000)));
  expect(drawn[61]?.trim()).toBe("└─ … 9,940 more spans");
  expect(drawn[62]).toMatch(/^drawn: 60 of 10,000 spans/);
});

test("a mark on a span that is not drawn is counted", () => {
  const drawn = drawForest(chain(100), {
    mismatches: [mismatch({ found: place(id(90)) })],
  });
  expect(drawn).toContain("✗ 1 mark lies on spans that are not drawn");
});

test("each trace of a forest is drawn under its own id", () => {
  const trees = treesOf(agent("a"), agent("b", [], { traceId: "ffffffffffffffffffffffffffffffff" }));
  expect(lines(drawForest(trees)).filter((line) => line.startsWith("trace "))).toEqual([
    `trace ${TRACE_ID}: 1 span, 1 ms`,
    "trace ffffffffffffffffffffffffffffffff: 1 span, 1 ms",
  ]);
});

test("colour changes no words", () => {
  const plain = drawForest(REFUND, { mismatches: [MISSING_REFUND] });
  const coloured = drawForest(REFUND, { mismatches: [MISSING_REFUND], paint: ANSI });
  expect(coloured).not.toBe(plain);
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  expect(coloured.replaceAll(/\u001B\[\d+m/g, "")).toBe(plain);
});

test("a missing span names its nearest candidate only when that is of the same kind", () => {
  const found = place("0000000000000002");
  const near = { ...MISSING_REFUND, found: { ...found, label: "tool refund_all" } };
  const far = { ...MISSING_REFUND, found: { ...found, label: "llm gpt" } };
  expect(drawForest(REFUND, { mismatches: [near] })).toMatch(/✗ missing: tool refund \(nearest: tool refund_all\)$/);
  expect(drawForest(REFUND, { mismatches: [far] })).toMatch(/✗ missing: tool refund$/);
});

test("a predicate that names its key says it once", () => {
  const failed = [{ key: "args.amount", expected: "args.amount <= 50", got: "80" }];
  const changed = mismatch({ kind: "changed", failed, found: place("0000000000000001") });
  expect(drawForest(treesOf(tool("x")), { mismatches: [changed] })).toContain(
    "✗ changed: args.amount expected <= 50, got 80",
  );
});

test("a file of many traces draws the first twenty and those with a mark, and says so", () => {
  const trees = treesOf(
    ...Array.from({ length: 50 }, (_, index) => tool("x", undefined, [], { traceId: traceId(index + 1) })),
  );
  const found = { traceId: traceId(45), spanId: id(45), label: "tool x" };
  const drawn = lines(drawForest(trees, { mismatches: [mismatch({ found })] }));
  expect(drawn.filter((line) => line.startsWith("trace "))).toHaveLength(21);
  expect(drawn).toContain("tool x @agents 1 ms ✗ extra");
  expect(drawn.at(-1)).toBe("drawn: 21 of 50 traces, the first and those with a mark");
});

test("a whole drawing of a chain of 20,000 spans stays within bounds, and says so", () => {
  const drawn = lines(drawForest(chain(20_000), { isWhole: true }));
  expect(drawn).toContain("drawn: 1,000 of 20,000 spans, the first in tree order and those with a mark");
});

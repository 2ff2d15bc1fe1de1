import * as fc from "fast-check";
import { expect, test } from "vitest";
import { buildTrees, type SpanNode, type Tree } from "../../src/trace/tree.ts";
import { preorder } from "../../src/trace/walk.ts";
import { agent, at, SERVICES, shuffled, span, wildSpans } from "./spans.ts";

const outline = (node: SpanNode): unknown => [node.span.spanId, ...node.children.map((child) => outline(child))];
const outlines = (trees: readonly Tree[]): unknown => trees.map(({ roots }) => roots.map((root) => outline(root)));
const named = (trees: readonly Tree[]): unknown =>
  trees.flatMap(({ anomalies }) => anomalies.map(({ kind, spanId }) => `${kind} ${spanId}`));

test("children hang under their parents by start, whatever order they came in", () => {
  const trees = buildTrees([at(3n, "late", "root"), at(2n, "early", "root"), at(1n, "root", undefined)]);
  expect(outlines(trees)).toEqual([[["root", ["early"], ["late"]]]]);
});

test("each trace id is a tree, by first start, then by trace id", () => {
  const trees = buildTrees([
    span("a", undefined, { traceId: "z", startTimeUnixNano: 1n }),
    span("b", undefined, { traceId: "y", startTimeUnixNano: 2n }),
    span("c", undefined, { traceId: "x", startTimeUnixNano: 2n }),
  ]);
  expect(trees.map(({ traceId }) => traceId)).toEqual(["z", "x", "y"]);
});

test("no spans are no trees", () => expect(buildTrees([])).toEqual([]));

test("a span whose parent never arrived stands at the top and is named an orphan", () => {
  const trees = buildTrees([at(1n, "root", undefined), at(2n, "lost", "gone")]);
  expect(outlines(trees)).toEqual([[["root"], ["lost"]]]);
  expect(trees[0]?.anomalies).toEqual([
    { kind: "orphan", spanId: "lost", detail: "its parent gone is not in the trace" },
  ]);
});

test("an empty parent id is no parent id", () => {
  expect(named(buildTrees([at(1n, "root", "")]))).toEqual([]);
});

test("a span exported twice with equal content is one node, and the second record is counted", () => {
  const [tree] = buildTrees([at(1n, "twice", undefined), at(1n, "twice", undefined), at(1n, "twice", undefined)]);
  expect(tree?.roots).toHaveLength(1);
  expect(tree?.copies).toEqual([tree?.roots[0], tree?.roots[0]]);
  expect(tree?.anomalies).toEqual([
    { kind: "duplicate-id", spanId: "twice", detail: "exported 3 times with equal content; kept once" },
  ]);
});

test("two spans of different content under one id are two nodes, and it says so", () => {
  const [tree] = buildTrees([at(1n, "same", undefined), at(2n, "same", undefined)]);
  expect(tree?.roots).toHaveLength(2);
  expect(tree?.anomalies).toEqual([
    { kind: "duplicate-id", spanId: "same", detail: "2 spans of different content share this id; each is kept" },
  ]);
});

test("children of a shared id go to the span in their own service", () => {
  const client = span("shared", undefined, { startTimeUnixNano: 1n });
  const server = span("shared", undefined, { startTimeUnixNano: 2n, resource: SERVICES.orders });
  const [tree] = buildTrees([
    client,
    server,
    span("child", "shared", { startTimeUnixNano: 3n, resource: SERVICES.orders }),
  ]);
  expect(tree?.roots.map(({ children }) => children.length)).toEqual([0, 1]);
});

test("a parent cycle is cut above its first span, which is named with the way round", () => {
  const [tree] = buildTrees([at(2n, "b", "c"), at(3n, "c", "a"), at(1n, "a", "b"), at(4n, "hanger-on", "c")]);
  expect(tree?.roots.map((root) => outline(root))).toEqual([["a", ["c", ["b"], ["hanger-on"]]]]);
  const cycles = tree?.anomalies.filter(({ kind }) => kind === "parent-cycle");
  expect(cycles).toEqual([
    { kind: "parent-cycle", spanId: "a", detail: "its parents lead back to it: a < b < c < a; put at the top" },
  ]);
});

test("a span that is its own parent stands at the top and is named", () => {
  const trees = buildTrees([at(1n, "me", "me"), at(1n, "child", "me")]);
  expect(outlines(trees)).toEqual([[["me", ["child"]]]]);
  expect(named(trees)).toEqual(["self-parent me"]);
});

test("an open span and one that ends before it starts are named", () => {
  const { endTimeUnixNano: _end, ...open } = at(1n, "open", undefined);
  const backwards = span("backwards", undefined, { startTimeUnixNano: 5n, endTimeUnixNano: 2n });
  expect(buildTrees([open, backwards])[0]?.anomalies).toEqual([
    { kind: "open", spanId: "open", detail: "it has no end" },
    { kind: "negative-duration", spanId: "backwards", detail: "it ends 3 ns before it starts" },
  ]);
});

test("a child that starts before or ends after its parent is named with by how much", () => {
  const [tree] = buildTrees([
    span("parent", undefined, { startTimeUnixNano: 10n, endTimeUnixNano: 20n }),
    span("child", "parent", { startTimeUnixNano: 7n, endTimeUnixNano: 25n }),
    span("in-time", "parent", { startTimeUnixNano: 10n, endTimeUnixNano: 20n }),
  ]);
  expect(tree?.anomalies.map(({ detail }) => detail)).toEqual([
    "it starts 3 ns before its parent parent",
    "it ends 5 ns after its parent parent",
  ]);
});

test("siblings that start together stand in the order of their content, not of their arrival", () => {
  const siblings = ["c", "a", "b"].map((name) => span(name, undefined, { name }));
  expect(outlines(buildTrees(siblings))).toEqual([[["a"], ["b"], ["c"]]]);
});

test("a handoff that does not name its source comes from the agent above it", () => {
  const transfer = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "transfer_to_billing" };
  const [tree] = buildTrees([
    at(1n, "triage", undefined, agent("triage")),
    at(2n, "step", "triage"),
    at(3n, "hand", "step", transfer),
  ]);
  const handoff = preorder(tree?.roots ?? []).find(({ meaning }) => meaning.kind === "handoff");
  expect(handoff?.meaning).toMatchObject({ name: "triage -> billing", handoff: { from: "triage", to: "billing" } });
});

test("property: shuffling the records never changes the trees", () => {
  fc.assert(
    fc.property(shuffled(wildSpans), ([spans, again]) => {
      const [first, second] = [buildTrees(spans), buildTrees(again)];
      expect(outlines(second)).toEqual(outlines(first));
      expect(second.map(({ anomalies }) => anomalies)).toEqual(first.map(({ anomalies }) => anomalies));
    }),
  );
});

test("property: every record is a node or a copy of one, and every node is reached once", () => {
  fc.assert(
    fc.property(wildSpans, (spans) => {
      const trees = buildTrees(spans);
      const nodes = trees.flatMap(({ roots }) => preorder(roots));
      expect(nodes.length + trees.flatMap(({ copies }) => copies).length).toBe(spans.length);
      expect(new Set(nodes.map((node) => node.span)).size).toBe(nodes.length);
      for (const node of nodes) for (const child of node.children) expect(child.parent).toBe(node);
    }),
  );
});

test("of several spans of one id and one service, children go to the first", () => {
  const [tree] = buildTrees([at(2n, "same", undefined), at(1n, "same", undefined), at(3n, "child", "same")]);
  expect(tree?.roots.map(({ children }) => children.length)).toEqual([1, 0]);
});

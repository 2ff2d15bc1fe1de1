import { expect, test } from "vitest";
import type { Span } from "../../src/trace/span.ts";
import { usageOf } from "../../src/trace/tokens.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { agent, at, chat, tool } from "./spans.ts";

const usage = (spans: readonly Span[]): unknown => {
  const [tree] = buildTrees(spans);
  return tree && usageOf(tree);
};

test("a call that three nested layers repeat counts once", () => {
  const spans = [
    at(1n, "gateway", undefined, chat(10, 2)),
    at(2n, "noise", "gateway"),
    at(3n, "client", "noise", chat(10, 2)),
    at(4n, "api", "client", chat(10, 2)),
  ];
  expect(usage(spans)).toEqual({ inputTokens: 10, outputTokens: 2, costUsd: null });
});

test("siblings are calls of their own, also under a layer that sums them", () => {
  const spans = [
    at(1n, "sum", undefined, chat(30, 3)),
    at(2n, "x", "sum", chat(10, 1)),
    at(3n, "y", "sum", chat(20, 2)),
  ];
  expect(usage(spans)).toMatchObject({ inputTokens: 30, outputTokens: 3 });
});

test("a layer that states other tokens than what is inside of it, in and out, is a call of its own", () => {
  const spans = [at(1n, "outer", undefined, chat(40, 9)), at(2n, "inner", "outer", chat(10, 2))];
  expect(usage(spans)).toMatchObject({ inputTokens: 50, outputTokens: 11 });
  const cached = [at(1n, "outer", undefined, chat(40, 2)), at(2n, "inner", "outer", chat(10, 2))];
  expect(usage(cached)).toMatchObject({ inputTokens: 10, outputTokens: 2 });
  const last = [
    at(1n, "outer", undefined, chat(20, 4)),
    at(2n, "x", "outer", chat(10, 2)),
    at(3n, "y", "outer", chat(20, 4)),
  ];
  expect(usage(last)).toMatchObject({ inputTokens: 30, outputTokens: 6 });
});

test("what an agent sums up is not added", () => {
  const total = { ...agent("a"), "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 1 };
  expect(usage([at(1n, "a", undefined, total), at(2n, "x", "a", chat(10, 1))])).toMatchObject({ inputTokens: 10 });
  expect(usage([at(1n, "a", undefined, total)])).toMatchObject({ inputTokens: 0 });
});

test("a call made by a tool that hangs under another call is a call of its own", () => {
  const spans = [
    at(1n, "outer", undefined, chat(10, 1)),
    at(2n, "t", "outer", tool("ask")),
    at(3n, "x", "t", chat(5, 1)),
  ];
  expect(usage(spans)).toMatchObject({ inputTokens: 15, outputTokens: 2 });
});

test("tokens and cost may stand on different layers", () => {
  const priced = { ...chat(), "gen_ai.cost.total": 0.1 };
  const spans = [
    at(1n, "x", undefined, priced),
    at(2n, "y", "x", chat(4, 2)),
    at(3n, "z", undefined, { ...priced, "gen_ai.cost.total": 0.2 }),
  ];
  expect(usage(spans)).toEqual({ inputTokens: 4, outputTokens: 2, costUsd: 0.3 });
});

test("a cost of zero is a cost, and no cost is null", () => {
  expect(usage([at(1n, "x", undefined, { ...chat(), "gen_ai.cost.total": 0 })])).toMatchObject({ costUsd: 0 });
  expect(usage([at(1n, "x", undefined, chat())])).toMatchObject({ costUsd: null });
});

test("a span exported twice is paid once", () => {
  expect(usage([at(1n, "x", undefined, chat(4, 2)), at(1n, "x", undefined, chat(4, 2))])).toMatchObject({
    inputTokens: 4,
  });
});

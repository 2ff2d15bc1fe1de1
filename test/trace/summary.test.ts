import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Span } from "../../src/trace/span.ts";
import { summarize, type TraceSummary } from "../../src/trace/summary.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { agent, at, chat, SERVICES, shuffled, span, tool, wildSpans } from "./spans.ts";

const summaries = (spans: readonly Span[]): readonly TraceSummary[] => buildTrees(spans).map((tree) => summarize(tree));

test("a trace is summed up in one object", () => {
  const handoff = {
    ...tool("handoff"),
    "gen_ai.agent.handoff.source.name": "a",
    "gen_ai.agent.handoff.target.name": "b",
  };
  const spans = [
    at(1_000_000n, "a", undefined, agent("a")),
    at(1_000_001n, "x", "a", chat(10, 2)),
    at(1_000_002n, "y", "a", handoff),
    at(1_000_003n, "b", "y", agent("b")),
    span("z", "b", {
      startTimeUnixNano: 1_000_004n,
      endTimeUnixNano: 3_500_000n,
      attributes: tool("refund"),
      status: { code: "error" },
      resource: SERVICES.orders,
    }),
  ];
  expect(summaries(spans)).toEqual([
    {
      traceId: "t",
      spans: 5,
      uniqueSpans: 5,
      duplicates: 0,
      roots: 1,
      orphans: 0,
      depth: 4,
      services: ["agents", "orders"],
      errors: 1,
      kinds: { agent: 2, llm: 1, tool: 1, handoff: 1 },
      tokens: { input: 10, output: 2, total: 12 },
      cost: null,
      durationMs: 2.5,
      agents: ["a", "b"],
      handoffs: [{ from: "a", to: "b" }],
      tools: [{ name: "refund", agent: "b" }],
      earlyStarts: 0,
      lateEnds: 4,
      anomalies: expect.any(Array),
    },
  ]);
});

test("a record exported twice counts twice as a record and once as what it means", () => {
  const failed = span("x", "gone", { attributes: tool("refund"), status: { code: "error" } });
  expect(summaries([failed, { ...failed }])[0]).toMatchObject({
    spans: 2,
    uniqueSpans: 1,
    duplicates: 1,
    roots: 0,
    orphans: 2,
    depth: 1,
    errors: 2,
    kinds: { tool: 1 },
    tools: [{ name: "refund", agent: null }],
  });
});

test("two spans under one id are two records of one unique id", () => {
  const spans = [at(1n, "x", undefined), at(2n, "x", undefined)];
  expect(summaries(spans)[0]).toMatchObject({ spans: 2, uniqueSpans: 1, duplicates: 1, roots: 2 });
});

test("a span that is its own parent is neither a root nor an orphan", () => {
  expect(summaries([at(1n, "me", "me")])[0]).toMatchObject({ roots: 0, orphans: 0, depth: 1 });
});

test("a trace of open spans lasts no time", () => {
  const { endTimeUnixNano: _end, ...open } = at(1n, "x", undefined);
  expect(summaries([open])[0]?.durationMs).toBe(0);
});

test("property: shuffling the records never changes the summary", () => {
  fc.assert(
    fc.property(shuffled(wildSpans), ([spans, again]) => {
      expect(summaries(again)).toEqual(summaries(spans));
    }),
  );
});

test("property: the summary's counts agree with a plain count over the records", () => {
  fc.assert(
    fc.property(wildSpans, (spans) => {
      for (const summary of summaries(spans)) {
        const records = spans.filter(({ traceId }) => traceId === summary.traceId);
        const ids = new Set(records.map(({ spanId }) => spanId));
        const parents = records.map(({ parentSpanId }) => parentSpanId ?? "");
        expect(summary).toMatchObject({
          spans: records.length,
          uniqueSpans: ids.size,
          duplicates: records.length - ids.size,
          roots: parents.filter((parent) => parent === "").length,
          orphans: parents.filter((parent) => parent !== "" && !ids.has(parent)).length,
        });
      }
    }),
  );
});

test("agents come by first start, not by their place in the tree", () => {
  const spans = [
    at(1n, "x", undefined),
    at(2n, "y", undefined),
    at(9n, "late", "x", agent("late")),
    at(3n, "early", "y", agent("early")),
  ];
  expect(summaries(spans)[0]?.agents).toEqual(["early", "late"]);
});

import { expect, test } from "vitest";
import type { Attributes, Span } from "../../../src/trace/span.ts";
import { agent, chat, SERVICES, span, tool } from "../spans.ts";
import { seenBy } from "./findings.ts";

/** A span from one millisecond to another. */
function timed(id: string, parent: string | undefined, [from, to]: [number, number], given: Partial<Span> = {}): Span {
  const nano = (ms: number): bigint => BigInt(Math.round(ms * 1e6));
  return span(id, parent, { startTimeUnixNano: nano(from), endTimeUnixNano: nano(to), ...given });
}

const attributed = (attributes: Attributes): Partial<Span> => ({ attributes });
const elsewhere = { resource: SERVICES.orders, spanKind: "server" } as const;

test("clock-skew tells by how much two services differ, and by how many calls", () => {
  const spans = [
    timed("a", undefined, [100, 200]),
    timed("b", "a", [80, 90], elsewhere),
    timed("c", "a", [70, 75], elsewhere),
  ];
  expect(seenBy("clock-skew", spans)).toEqual([
    "c: the clock of orders is 30 ms behind agents, by 2 calls that would else lie outside of their callers",
  ]);
  expect(seenBy("early-child", spans)).toEqual([]);
});

test("clock-skew is silent where a call lies inside of its caller, and within its tolerance", () => {
  expect(seenBy("clock-skew", [timed("a", undefined, [100, 200]), timed("b", "a", [110, 120], elsewhere)])).toEqual([]);
  expect(seenBy("clock-skew", [timed("a", undefined, [100, 200]), timed("b", "a", [99.5, 120], elsewhere)])).toEqual(
    [],
  );
});

test("one service cannot be skewed against itself: its child is early", () => {
  const spans = [timed("a", undefined, [100, 200]), timed("b", "a", [80, 90])];
  expect(seenBy("clock-skew", spans)).toEqual([]);
  expect(seenBy("early-child", spans)).toEqual(["b: it starts 20 ms before its parent a"]);
});

test("late-child names the one that outlives its parent the longest, and counts the others", () => {
  const spans = [timed("a", undefined, [0, 100]), timed("b", "a", [50, 150]), timed("c", "a", [50, 300])];
  expect(seenBy("late-child", spans)).toEqual([
    "c: it ends 200 ms after its parent a; 1 other span of the trace does so too",
  ]);
  expect(seenBy("late-child", [timed("a", undefined, [0, 100]), timed("b", "a", [50, 100])])).toEqual([]);
  expect(seenBy("early-child", [timed("a", undefined, [0, 100]), timed("b", "a", [0, 100])])).toEqual([]);
});

const root = timed("a", undefined, [0, 4000], attributed(agent("librarian")));
const rerank = { "gen_ai.operation.name": "rerank", "gen_ai.request.model": "cross-encoder" };

test("slow-step names the step that most of the time was spent waiting for", () => {
  expect(seenBy("slow-step", [root, timed("b", "a", [100, 3900], attributed(rerank))])).toEqual([
    "b: 3.8 s of 4 s were spent waiting for it (95 %)",
  ]);
});

test("slow-step says nothing of models, of short traces, and of steps that nobody waited for", () => {
  expect(seenBy("slow-step", [root, timed("b", "a", [100, 3900], attributed(chat(1, 1)))])).toEqual([]);
  const short = timed("a", undefined, [0, 40], attributed(agent("librarian")));
  expect(seenBy("slow-step", [short, timed("b", "a", [1, 39], attributed(rerank))])).toEqual([]);
  const beside = [timed("b", "a", [0, 3800], attributed(rerank)), timed("c", "a", [0, 3999], attributed(chat(1, 1)))];
  expect(seenBy("slow-step", [root, ...beside])).toEqual([]);
});

test("slow-step blames the far end of a call, where the time was spent", () => {
  const spans = [
    root,
    timed("b", "a", [100, 3900], attributed(tool("search"))),
    timed("c", "b", [110, 3890], {
      ...elsewhere,
      attributes: { "mcp.method.name": "tools/call", "gen_ai.tool.name": "search" },
    }),
  ];
  expect(seenBy("slow-step", spans)).toEqual(["c: 3.78 s of 4 s were spent waiting for it (95 %)"]);
});

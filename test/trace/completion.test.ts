import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CompleteTraces } from "../../src/trace/completion.ts";
import { span } from "./spans.ts";

const TREE = [span("a", undefined), span("b", "a"), span("c", "b"), span("d", "a")];

test("property: a trace is complete with the last of its spans, in whatever order and batches they come", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(TREE, { minLength: TREE.length }),
      fc.integer({ min: 1, max: 4 }),
      (spans, size) => {
        const traces = new CompleteTraces();
        const sizes: number[] = [];
        for (let at = 0; at < spans.length; at += size) {
          traces.add(spans.slice(at, at + size));
          sizes.push(traces.count);
        }
        expect(sizes.at(-1)).toBe(1);
        // Not before its root, nor before a parent that was named.
        const come = new Set<string>();
        for (const [index, count] of sizes.entries()) {
          const all = spans.slice(0, (index + 1) * size);
          for (const { spanId } of all) come.add(spanId);
          const isWhole = come.has("a") && all.every(({ parentSpanId: id }) => id === undefined || come.has(id));
          if (!isWhole && !sizes.slice(0, index).includes(1)) expect(count).toBe(0);
        }
      },
    ),
  );
});

test("what comes again or late changes nothing", () => {
  const traces = new CompleteTraces();
  traces.add(TREE);
  traces.add(TREE);
  traces.add([span("late", "missing")]);
  expect([traces.count, traces.incomplete]).toEqual([1, 0]);
});

test("traces are told apart, and those that wait are counted", () => {
  const traces = new CompleteTraces();
  traces.add([span("a", undefined, { traceId: "1" }), span("b", "x", { traceId: "2" })]);
  expect([traces.count, traces.incomplete]).toEqual([1, 1]);
});

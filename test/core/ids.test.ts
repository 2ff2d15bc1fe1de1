import fc from "fast-check";
import { expect, test } from "vitest";
import { seededSpanIds } from "../../src/core/ids.ts";

test("a service's first ids are these, on every machine and Node version", () => {
  const ids = seededSpanIds(42, "orders");
  expect([ids.generateTraceId(), ids.generateSpanId(), ids.generateSpanId()]).toMatchInlineSnapshot(`
    [
      "67d3ecea3677d45e2404a1d4aa723dcc",
      "aea7dc03ef218b9d",
      "ca2a1cb243902c91",
    ]
  `);
});

test("trace ids have 32 hex digits, span ids 16, and none is all zero", () => {
  fc.assert(
    fc.property(fc.nat(), fc.string(), (seed, service) => {
      const ids = seededSpanIds(seed, service);
      expect(ids.generateTraceId()).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
      expect(ids.generateSpanId()).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
    }),
  );
});

test("one span more does not change the next trace's id", () => {
  const [few, many] = [seededSpanIds(7, "orders"), seededSpanIds(7, "orders")];
  few.generateSpanId();
  many.generateSpanId();
  many.generateSpanId();
  expect(many.generateTraceId()).toBe(few.generateTraceId());
});

test("two services of one seed, and one service of two seeds, share no ids", () => {
  const streams = [seededSpanIds(7, "orders"), seededSpanIds(7, "payments"), seededSpanIds(8, "orders")];
  const ids = streams.flatMap((stream) => Array.from({ length: 200 }, () => stream.generateSpanId()));
  expect(new Set(ids).size).toBe(600);
});

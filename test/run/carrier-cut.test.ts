import { expect, test } from "vitest";
import { cutting } from "../../src/run/carrier-cut.ts";

const HOP = {
  from: "agents",
  to: "orders",
  method: "tools/call",
  protocol: "mcp",
  message: "agents>orders#1",
} as const;
const CARRIER = { traceparent: "00-1-2-01", baggage: "a=b" };

test("without a cut every carrier passes as it is", () => {
  expect(cutting([])(CARRIER, HOP)).toBe(CARRIER);
});

test("a cut takes the carrier of the messages of which every stated part holds", () => {
  const rewrite = cutting([{ to: "orders", method: "tools/call" }]);
  expect(rewrite(CARRIER, HOP)).toEqual({});
  expect(rewrite(CARRIER, { ...HOP, to: "payments" })).toBe(CARRIER);
  expect(rewrite(CARRIER, { ...HOP, method: "tools/list" })).toBe(CARRIER);
});

test("a number cuts only the how-manieth message of its sender, and messages without a carrier do not count", () => {
  const rewrite = cutting([{ from: "agents", number: 2 }]);
  expect([{}, CARRIER, CARRIER, CARRIER].map((fields) => rewrite(fields, HOP))).toEqual([{}, CARRIER, {}, CARRIER]);
});

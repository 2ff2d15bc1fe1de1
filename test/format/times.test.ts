import * as fc from "fast-check";
import { expect, test } from "vitest";
import { durationOf, timeOf } from "../../src/format/times.ts";

const SECOND = 1_000_000_000n;
const AT = 1_767_323_045n * SECOND;

test.each([
  ["2026-01-02T03:04:05Z", AT],
  ["2026-01-02T03:04:05", AT],
  ["2026-01-02 03:04:05", AT],
  ["2026-01-02T04:34:05+01:30", AT],
  ["2026-01-01T22:04:05.000000001-05:00", AT + 1n],
  ["2026-01-02T03:04:05.123456789123Z", AT + 123_456_789n],
  ["2026-01-02", 1_767_312_000n * SECOND],
  [[1_767_323_045, 7], AT + 7n],
  [1_767_323_045, AT],
  [1_767_323_045.5, AT + 500_000_000n],
  [1_767_323_045_000, AT],
  [1_767_323_045_000_001, AT + 1000n],
  ["1767323045000000001", AT + 1n],
])("%j is one time", (value, nanos) => {
  expect(timeOf(value)).toBe(nanos);
});

test("a stated unit wins over the size of a number", () => {
  expect(timeOf(5_000_000_000, "ns")).toBe(5n * SECOND);
});

test.each([["yesterday"], [""], [null], [true], [{}], [[1]], [["a", 2]], [Number.NaN], ["2026-13"]])(
  "%j is no time",
  (value) => {
    expect(timeOf(value)).toBeUndefined();
  },
);

test.each([
  ["PT1M48.75533S", 108_755_330_000n],
  ["P1DT2H", 93_600n * SECOND],
  ["-PT1S", -SECOND],
  ["22938000ns", 22_938_000n],
  ["1m2.5s", 62_500_000_000n],
  ["1.5ms", 1_500_000n],
  [[1, 5], SECOND + 5n],
  [1.5, 1_500_000n],
])("%j is a duration", (value, nanos) => {
  expect(durationOf(value, "ms")).toBe(nanos);
});

test.each([["PT"], ["P"], ["fast"], [""], [null]])("%j is no duration", (value) => {
  expect(durationOf(value, "ms")).toBeUndefined();
});

test("property: every moment that a calendar writes is read back", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date("1900-01-01"), max: new Date("2500-01-01"), noInvalidDate: true }), (date) => {
      expect(timeOf(date.toISOString())).toBe(BigInt(date.getTime()) * 1_000_000n);
    }),
  );
});

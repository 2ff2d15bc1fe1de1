import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bucketOf, ERROR_MAX, lowerBoundOf, middleOf } from "../../src/trace/buckets.ts";

const values = fc.oneof(
  fc.nat(1000),
  fc.double({ min: 1e-300, max: 1e300, noNaN: true }),
  fc.integer({ min: 0, max: 2 ** 52 }),
);

test("property: each value stands in one bucket, from its lower bound up to that of the next", () => {
  fc.assert(
    fc.property(values, (value) => {
      const bucket = bucketOf(value);
      expect(lowerBoundOf(bucket)).toBeLessThanOrEqual(value);
      expect(lowerBoundOf(bucket + 1)).toBeGreaterThan(value);
      expect(bucketOf(lowerBoundOf(bucket))).toBe(bucket);
    }),
  );
});

test("property: the middle of a bucket is at most as far from what is in it as is stated", () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(Math.abs(middleOf(bucketOf(value)) - value)).toBeLessThanOrEqual(value * ERROR_MAX);
    }),
    { examples: [[0]] },
  );
});

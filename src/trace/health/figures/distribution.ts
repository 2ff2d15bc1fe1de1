import { addToBucket, bucketOf, type Buckets, middlesAt } from "../../buckets.ts";

/** Values are kept one by one up to this many; percentiles of so few are exact, and of more as exact as buckets are. */
export const EXACT_MAX = 1000;

/**
 * A set of values from 0 up that knows its percentiles and can be merged: what it says depends on the values alone, not on
 * the order in which they came, nor on how they were divided before they were merged.
 */
export interface Distribution {
  count: number;
  max: number;
  /** Absent once there are more than {@link EXACT_MAX}. */
  exact: number[] | undefined;
  readonly buckets: Buckets;
}

export function newDistribution(): Distribution {
  return { count: 0, max: 0, exact: [], buckets: new Map() };
}

/** A value below 0, which only a broken clock gives, counts as 0. */
export function addValue(distribution: Distribution, value: number): void {
  const counted = Math.max(value, 0);
  distribution.count++;
  distribution.max = Math.max(distribution.max, counted);
  if (distribution.exact === undefined) addToBucket(distribution.buckets, bucketOf(counted), 1);
  else distribution.exact.push(counted);
  if (distribution.count > EXACT_MAX) fillBuckets(distribution);
}

export function mergeDistribution(into: Distribution, other: Distribution): void {
  into.count += other.count;
  into.max = Math.max(into.max, other.max);
  if (into.count > EXACT_MAX) fillBuckets(into);
  for (const [bucket, count] of other.buckets) addToBucket(into.buckets, bucket, count);
  for (const value of other.exact ?? [])
    if (into.exact === undefined) addToBucket(into.buckets, bucketOf(value), 1);
    else into.exact.push(value);
}

/**
 * The percentiles at `shares` (0.5 is the median), each the smallest value that so large a share of all values does not
 * exceed (nearest rank). 0 of no values.
 */
export function percentilesOf(distribution: Distribution, shares: readonly number[]): readonly number[] {
  const { count, max, exact, buckets } = distribution;
  const ranks = shares.map((share) => Math.max(1, Math.ceil(share * count)));
  if (exact !== undefined) {
    const sorted = exact.toSorted((a, b) => a - b);
    return ranks.map((rank) => sorted[rank - 1] ?? 0);
  }
  return middlesAt(buckets, ranks).map((middle = max) => Math.min(middle, max));
}

function fillBuckets(distribution: Distribution): void {
  for (const value of distribution.exact ?? []) addToBucket(distribution.buckets, bucketOf(value), 1);
  distribution.exact = undefined;
}

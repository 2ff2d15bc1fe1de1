/** Values are kept one by one up to this many; percentiles of so few are exact. */
export const EXACT_MAX = 1000;

/** Beyond that a percentile is at most this share away from the true one. */
export const ERROR_MAX = 0.01;

/** Each bucket ends this many times above where it begins: its middle is off by {@link ERROR_MAX} at most. */
const GROWTH = (1 + ERROR_MAX) / (1 - ERROR_MAX);

/**
 * A set of values from 0 up that knows its percentiles and can be merged: what it says depends on the values alone, not on
 * the order in which they came, nor on how they were divided before they were merged.
 *
 * @see Masson et al., DDSketch, VLDB 2019: logarithmic buckets of a fixed relative error
 */
export interface Distribution {
  count: number;
  max: number;
  /** Absent once there are more than {@link EXACT_MAX}. */
  exact: number[] | undefined;
  /** How many values by bucket; that of 0 is `-Infinity`. */
  readonly buckets: Map<number, number>;
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
  const sorted = [...buckets].toSorted(([a], [b]) => a - b);
  return ranks.map((rank) => {
    let below = 0;
    for (const [bucket, many] of sorted) {
      below += many;
      if (below >= rank) return Math.min(middleOf(bucket), max);
    }
    return max;
  });
}

function fillBuckets(distribution: Distribution): void {
  for (const value of distribution.exact ?? []) addToBucket(distribution.buckets, bucketOf(value), 1);
  distribution.exact = undefined;
}

function addToBucket(buckets: Map<number, number>, bucket: number, count: number): void {
  buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
}

function bucketOf(value: number): number {
  return value === 0 ? -Infinity : Math.ceil(Math.log(value) / Math.log(GROWTH));
}

function middleOf(bucket: number): number {
  return bucket === -Infinity ? 0 : (2 * GROWTH ** bucket) / (GROWTH + 1);
}

/**
 * How long things took, in buckets whose bounds are fixed: so parts that were counted apart add up to the same. A bucket
 * is a 32nd of a doubling wide, and what is read from it is at most 1.6 % off.
 */
export interface Durations {
  /** Nanoseconds; exact. Without a meaning where nothing was counted. */
  minNano: number;
  maxNano: number;
  /** How many fell into a bucket, by its number. */
  readonly buckets: Map<number, number>;
}

const view = new DataView(new ArrayBuffer(8));
/** Of a double's upper half, what stays are the exponent and the first five digits of the fraction. */
const DROPPED_BITS = 15;

/** The bucket of a duration of 0 or more nanoseconds. */
export function bucketOf(nano: number): number {
  view.setFloat64(0, nano);
  return view.getUint32(0) >>> DROPPED_BITS;
}

/** The least duration in a bucket, in nanoseconds. */
export function lowerBoundOf(bucket: number): number {
  view.setUint32(0, bucket << DROPPED_BITS);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

export function noDurations(): Durations {
  return { minNano: Number.POSITIVE_INFINITY, maxNano: 0, buckets: new Map() };
}

export function addDurations(into: Durations, { minNano, maxNano, buckets }: Durations): void {
  into.minNano = Math.min(into.minNano, minNano);
  into.maxNano = Math.max(into.maxNano, maxNano);
  for (const [bucket, count] of buckets) into.buckets.set(bucket, (into.buckets.get(bucket) ?? 0) + count);
}

/** The duration in nanoseconds that a share of all, `0` to `1`, does not exceed: the middle of its bucket. 0 for none. */
export function quantileNano({ buckets, minNano, maxNano }: Durations, share: number): number {
  const sorted = [...buckets].toSorted(([a], [b]) => a - b);
  const count = sorted.reduce((sum, [, inBucket]) => sum + inBucket, 0);
  let rest = Math.max(1, Math.ceil(count * share));
  for (const [bucket, inBucket] of sorted) {
    rest -= inBucket;
    // Of whole nanoseconds the first bucket has 0 alone.
    const middle = bucket === 0 ? 0 : (lowerBoundOf(bucket) + lowerBoundOf(bucket + 1)) / 2;
    if (rest <= 0) return Math.min(Math.max(middle, minNano), maxNano);
  }
  return 0;
}

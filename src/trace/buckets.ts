/**
 * Buckets with fixed bounds for values from 0 up, so that parts which were counted apart add up to the same: a 64th of a
 * doubling each, and the middle of one is at most {@link ERROR_MAX} away from any value in it.
 */
export type Buckets = Map<number, number>;

/** What is read out of a bucket is at most this share off. */
export const ERROR_MAX = 0.008;

const view = new DataView(new ArrayBuffer(8));
/** Of a double's upper half, what stays are the exponent and the first six digits of the fraction. */
const DROPPED_BITS = 14;

/** The number of the bucket that a value of 0 or more falls into; greater values never have smaller ones. */
export function bucketOf(value: number): number {
  view.setFloat64(0, value);
  return view.getUint32(0) >>> DROPPED_BITS;
}

/** The least value in a bucket. */
export function lowerBoundOf(bucket: number): number {
  view.setUint32(0, bucket << DROPPED_BITS);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

/** The middle of a bucket. The first one's is 0: besides that it holds nothing but what is next to nothing. */
export function middleOf(bucket: number): number {
  return bucket === 0 ? 0 : (lowerBoundOf(bucket) + lowerBoundOf(bucket + 1)) / 2;
}

export function addToBucket(buckets: Buckets, bucket: number, count: number): void {
  buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
}

/** For each rank, from 1 for the least value: the middle of the bucket in which it stands; undefined beyond the last. */
export function middlesAt(
  buckets: ReadonlyMap<number, number>,
  ranks: readonly number[],
): readonly (number | undefined)[] {
  const sorted = [...buckets].toSorted(([a], [b]) => a - b);
  return ranks.map((rank) => {
    let below = 0;
    for (const [bucket, count] of sorted) {
      below += count;
      if (below >= rank) return middleOf(bucket);
    }
    return undefined;
  });
}

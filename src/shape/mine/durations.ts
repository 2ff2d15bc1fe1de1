import { addToBucket, type Buckets, middlesAt } from "../../trace/buckets.ts";

/** How long things took: extremes, which are exact, and buckets. Parts that were counted apart add up to the same. */
export interface Durations {
  /** Nanoseconds. Without a meaning where nothing was counted. */
  minNano: number;
  maxNano: number;
  /** How many durations, in nanoseconds, fell into each. */
  readonly buckets: Buckets;
}

export function noDurations(): Durations {
  return { minNano: Number.POSITIVE_INFINITY, maxNano: 0, buckets: new Map() };
}

export function addDurations(into: Durations, { minNano, maxNano, buckets }: Durations): void {
  into.minNano = Math.min(into.minNano, minNano);
  into.maxNano = Math.max(into.maxNano, maxNano);
  for (const [bucket, count] of buckets) addToBucket(into.buckets, bucket, count);
}

/** The duration in nanoseconds that a share of all, `0` to `1`, does not exceed: the middle of its bucket. 0 for none. */
export function quantileNano({ buckets, minNano, maxNano }: Durations, share: number): number {
  let count = 0;
  for (const inBucket of buckets.values()) count += inBucket;
  const [middle] = middlesAt(buckets, [Math.max(1, Math.ceil(count * share))]);
  return middle === undefined ? 0 : Math.min(Math.max(middle, minNano), maxNano);
}

import type { Span } from "../trace/span.ts";

/**
 * Siblings cut into runs. A run ends where everything in it has ended before the next sibling starts; inside a run order
 * is not evidence, runs are in order. Siblings that start at one time are in one run. O(n log n).
 */
export function runsOf<Item>(
  items: readonly Item[],
  spanOf: (item: Item) => Span | undefined,
): readonly (readonly Item[])[] {
  const timed = items.map((item) => ({ item, span: spanOf(item) })).toSorted((a, b) => byTime(startOf(a), startOf(b)));
  const runs: Item[][] = [];
  let run: Item[] = [];
  let latestEnd: bigint | undefined = 0n;
  let lastStart = 0n;
  for (const { item, span } of timed) {
    const start = span?.startTimeUnixNano ?? 0n;
    // An open span may still be at work.
    const end = span?.endTimeUnixNano;
    const isApart = latestEnd !== undefined && start >= latestEnd && start !== lastStart;
    if (runs.length === 0 || isApart) runs.push((run = []));
    run.push(item);
    const own = end === undefined ? undefined : end < start ? start : end;
    if (isApart || (runs.length === 1 && run.length === 1)) latestEnd = own;
    else if (latestEnd !== undefined) latestEnd = own === undefined || own > latestEnd ? own : latestEnd;
    lastStart = start;
  }
  return runs;
}

function startOf({ span }: { readonly span: Span | undefined }): bigint {
  return span?.startTimeUnixNano ?? 0n;
}

function byTime(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

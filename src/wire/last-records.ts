import { hash32 } from "../core/random.ts";

/** In which record each trace was seen last: twelve bytes for a trace, and no more than twice that. */
export interface LastRecords {
  readonly note: (traceId: string, record: number) => void;
  /** Whether no record after this one has a span of the trace. Of two traces with one hash, the last of both. */
  readonly isLast: (traceId: string, record: number) => boolean;
}

const WORDS = 3;
const CAPACITY_MIN = 1024;

/**
 * Records are numbered from 0, below 2^32 - 1.
 *
 * Ids are kept as 64 bits of hash: where two ids share them, neither is taken for over too early.
 */
export function lastRecords(): LastRecords {
  let capacity = CAPACITY_MIN;
  let words = new Uint32Array(capacity * WORDS);
  let count = 0;
  const placeOf = (first: number, second: number): number => {
    let place = first & (capacity - 1);
    while (words[place * WORDS + 2] !== 0 && !(words[place * WORDS] === first && words[place * WORDS + 1] === second))
      place = (place + 1) & (capacity - 1);
    return place * WORDS;
  };
  const put = (first: number, second: number, value: number): void => {
    const place = placeOf(first, second);
    if (words[place + 2] === 0) count++;
    words[place] = first;
    words[place + 1] = second;
    words[place + 2] = Math.max(words[place + 2] ?? 0, value);
  };
  const grow = (): void => {
    const old = words;
    capacity *= 2;
    count = 0;
    words = new Uint32Array(capacity * WORDS);
    for (let at = 0; at < old.length; at += WORDS)
      if (old[at + 2] !== 0) put(old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0);
  };
  return {
    note: (traceId, record) => {
      if (count * 4 > capacity * 3) grow();
      put(hash32(traceId), hash32(`~${traceId}`), record + 1);
    },
    isLast: (traceId, record) => words[placeOf(hash32(traceId), hash32(`~${traceId}`)) + 2] === record + 1,
  };
}

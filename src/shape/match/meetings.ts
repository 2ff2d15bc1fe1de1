import { firstAtMost } from "./marks.ts";

/** A run of rows, both ends included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What each capture of a scope may be, in the order of their names, as `captureKeys` writes it. */
export type Keys = readonly (readonly string[])[];

/** The spans that a pattern may match if only its captures have the right values, and what these are there. */
export class Meetings {
  /** In falling order. */
  readonly #rows: number[] = [];
  readonly #keys: Keys[] = [];
  /** For each capture and key the rows that offer it, in falling order. */
  readonly #rowsOf: readonly Map<string, number[]>[];

  constructor(captureCount: number) {
    this.#rowsOf = Array.from({ length: captureCount }, () => new Map<string, number[]>());
  }

  /** Rows come in falling order. */
  add(row: number, keys: Keys): void {
    this.#rows.push(row);
    this.#keys.push(keys);
    for (const [capture, offered] of keys.entries()) {
      for (const key of offered) {
        const known = this.#rowsOf[capture]?.get(key);
        if (known === undefined) this.#rowsOf[capture]?.set(key, [row]);
        else known.push(row);
      }
    }
  }

  countIn(ranges: readonly Range[]): number {
    let count = 0;
    for (const range of ranges) {
      const [first, end] = placesOf(this.#rows, range);
      count += end - first;
    }
    return count;
  }

  *keysIn(ranges: readonly Range[]): Generator<Keys> {
    for (const range of ranges) {
      const [first, end] = placesOf(this.#rows, range);
      for (let place = first; place < end; place++) yield this.#keys[place] ?? [];
    }
  }

  /** The keys of the spans where a capture may be `key`. */
  *keysWith(capture: number, key: string, ranges: readonly Range[]): Generator<Keys> {
    for (const row of this.rowsWith(capture, key, ranges)) yield this.#keys[firstAtMost(this.#rows, row)] ?? [];
  }

  *rowsWith(capture: number, key: string, ranges: readonly Range[]): Generator<number> {
    const rows = this.#rowsOf[capture]?.get(key) ?? [];
    for (const range of ranges) yield* rowsIn(rows, range);
  }
}

/** Of rows in falling order those of a range. */
export function* rowsIn(rows: readonly number[], range: Range): Generator<number> {
  const [first, end] = placesOf(rows, range);
  for (let place = first; place < end; place++) yield rows[place] ?? 0;
}

function placesOf(rows: readonly number[], { from, to }: Range): readonly [first: number, end: number] {
  return [firstAtMost(rows, to), firstAtMost(rows, from - 1)];
}

/** Whether one of some ranges in rising order holds a row. */
export function isIn(ranges: readonly Range[], row: number): boolean {
  let low = 0;
  for (let high = ranges.length; low < high;) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.to ?? 0) < row) low = middle + 1;
    else high = middle;
  }
  return row >= (ranges[low]?.from ?? Infinity);
}

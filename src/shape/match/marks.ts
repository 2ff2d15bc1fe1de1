import type { Columns } from "./columns.ts";
import type { Pattern } from "./program.ts";

/** Which rows match which patterns, as far as that is known: a bit for each, and for sought patterns a row of matches. */
export class Marks {
  readonly #columns: Columns;
  readonly #words: number;
  readonly #bits: Int32Array;
  /** For each sought pattern its matches, later rows first. */
  readonly #matches: (readonly number[])[];
  readonly #signatures = new Map<string, number>();
  /** The words of each signature in a row, and for each label the signature seen last. */
  readonly #signed: number[] = [];
  readonly #lastSigned: Int32Array;

  constructor(columns: Columns, patterns: readonly Pattern[]) {
    this.#columns = columns;
    this.#words = Math.ceil(patterns.length / 32);
    this.#bits = new Int32Array(columns.size * this.#words);
    this.#matches = patterns.map(() => []);
    this.#lastSigned = new Int32Array(columns.labels.length + 1).fill(-1);
  }

  has(row: number, pattern: number): boolean {
    return (((this.#bits[row * this.#words + (pattern >> 5)] ?? 0) >>> (pattern & 31)) & 1) === 1;
  }

  set(row: number, pattern: number): void {
    const word = row * this.#words + (pattern >> 5);
    this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (pattern & 31));
  }

  /** A number for all that a row matches. */
  signature(row: number): number {
    const words = this.#words;
    const label = (this.#columns.label[row] ?? -1) + 1;
    const from = row * words;
    const last = this.#lastSigned[label] ?? -1;
    let isSame = last !== -1;
    for (let word = 0; isSame && word < words; word++) {
      isSame = this.#bits[from + word] === this.#signed[last * words + word];
    }
    if (isSame) return last;
    const key = this.#bits.subarray(from, from + words).join();
    const found = this.#signatures.get(key) ?? this.#signatures.size;
    if (found === this.#signatures.size) {
      this.#signatures.set(key, found);
      for (let word = 0; word < words; word++) this.#signed.push(this.#bits[from + word] ?? 0);
    }
    this.#lastSigned[label] = found;
    return found;
  }

  matchesOf(pattern: number): readonly number[] {
    return this.#matches[pattern] ?? [];
  }

  replaceMatches(pattern: number, matches: readonly number[]): void {
    this.#matches[pattern] = matches;
  }

  /** The rows below `row` that match a sought pattern, at most `limit`, the nearest in preorder last. */
  below(row: number, pattern: number, limit: number): readonly number[] {
    const matches = this.#matches[pattern] ?? [];
    if (matches.length === 0) return matches;
    const end = firstAtMost(matches, row);
    const from = firstAtMost(matches, this.#columns.last[row] ?? row);
    return matches.slice(Math.max(from, end - limit), end);
  }

  /** Sets for a row all the bits of `mask` that stand from `offset` on. */
  setAll(row: number, mask: Int32Array, offset: number): void {
    const from = row * this.#words;
    for (let word = 0; word < this.#words; word++) {
      this.#bits[from + word] = (this.#bits[from + word] ?? 0) | (mask[offset + word] ?? 0);
    }
  }

  /** Forgets for a row what `mask` names. */
  clear(row: number, mask: Int32Array): void {
    const from = row * this.#words;
    for (let word = 0; word < this.#words; word++) {
      this.#bits[from + word] = (this.#bits[from + word] ?? 0) & ~(mask[word] ?? 0);
    }
  }

  maskOf(patterns: readonly Pattern[]): Int32Array {
    const mask = new Int32Array(this.#words);
    for (const { id } of patterns) mask[id >> 5] = (mask[id >> 5] ?? 0) | (1 << (id & 31));
    return mask;
  }

  /** How many of the patterns of `mask` the rows match in all. */
  countIn(rows: Int32Array, mask: Int32Array): number {
    let count = 0;
    for (const row of rows) {
      for (let word = 0; word < this.#words; word++) {
        let bits = (this.#bits[row * this.#words + word] ?? 0) & (mask[word] ?? 0);
        for (; bits !== 0; bits &= bits - 1) count++;
      }
    }
    return count;
  }

  /** What is known of some rows and sought patterns, to be put back later. */
  save(rows: Int32Array, sought: readonly Pattern[]): () => void {
    const words = this.#words;
    const bits = new Int32Array(rows.length * words);
    for (const [index, row] of rows.entries())
      bits.set(this.#bits.subarray(row * words, (row + 1) * words), index * words);
    const matches = sought.map(({ id }) => this.#matches[id] ?? []);
    return () => {
      for (const [index, row] of rows.entries()) {
        this.#bits.set(bits.subarray(index * words, (index + 1) * words), row * words);
      }
      for (const [index, { id }] of sought.entries()) this.#matches[id] = matches[index] ?? [];
    };
  }
}

/** Of rows in falling order, the index of the first that is `row` or before it. */
export function firstAtMost(rows: readonly number[], row: number): number {
  let low = 0;
  for (let high = rows.length; low < high;) {
    const middle = (low + high) >> 1;
    if ((rows[middle] ?? 0) > row) low = middle + 1;
    else high = middle;
  }
  return low;
}

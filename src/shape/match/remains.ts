import type { Letters } from "./letters.ts";

/**
 * What is left of one block of letters with equal starts: counts by type, never sets of letters, each state of affairs
 * with a number. Types go by their place in the block.
 */
export interface Remains {
  /** The types of the block; what follows names them by their index here. */
  readonly types: readonly number[];
  /** Whether the block holds more than one letter, so that their order is free. */
  readonly isTied: boolean;
  readonly count: (rest: number, index: number) => number;
  readonly without: (rest: number, index: number, taken: number) => number;
  /** Whether a letter that must be placed is left. */
  readonly owes: (rest: number) => boolean;
  /** Whether all that must be placed of what is left is among `reachable`, a bit for each index. */
  readonly isWithin: (rest: number, reachable: Int32Array) => boolean;
  /** The earliest end of the letters at an index. */
  readonly leastEnd: (index: number) => number;
  /** The latest ends of the letters at an index, at most so many. */
  readonly latestEnds: (index: number, count: number) => readonly number[];
}

/** The number of the whole block. */
export const ALL = 0;

/** `isOwn` leaves out letters of other types, as if they were not there. */
export function remainsOf(letters: Letters, block: number, isOwn?: (type: number) => boolean): Remains {
  const { from, to } = letters.blocks[block] ?? { from: 0, to: 0 };
  const first = letters.typeOf[from];
  if (to - from === 1 && first !== undefined && (isOwn === undefined || isOwn(first))) {
    return new OneLetter(letters, from, first);
  }
  return new ManyLetters(letters, from, to, isOwn);
}

class OneLetter implements Remains {
  readonly isTied = false;
  readonly types: readonly number[];
  readonly #end: number;
  readonly #isOwed: boolean;

  constructor(letters: Letters, letter: number, type: number) {
    this.types = [type];
    this.#end = letters.times.end[letters.rows[letter] ?? 0] ?? Infinity;
    this.#isOwed = letters.types[type]?.isObligatory === true;
  }

  count(rest: number): number {
    return 1 - rest;
  }

  without(rest: number, _index: number, taken: number): number {
    return rest + taken;
  }

  owes(rest: number): boolean {
    return rest === ALL && this.#isOwed;
  }

  isWithin(rest: number, reachable: Int32Array): boolean {
    return !this.owes(rest) || ((reachable[0] ?? 0) & 1) === 1;
  }

  leastEnd(): number {
    return this.#end;
  }

  latestEnds(): readonly number[] {
    return [this.#end];
  }
}

/** What is left, as counts by index. */
interface Rest {
  readonly counts: Int32Array;
  readonly hash: number;
  /** A bit for each index of which something is owed. */
  readonly owed: Int32Array;
  /** What is left without one letter of an index, as its number plus 1. */
  readonly less: Int32Array;
}

class ManyLetters implements Remains {
  readonly types: readonly number[];
  readonly isTied: boolean;
  readonly #letters: Letters;
  readonly #block: { readonly from: number; readonly to: number };
  readonly #rests: Rest[] = [];
  /** The numbers of what is left, by hash. */
  readonly #numbers = new Map<number, number[]>();
  readonly #isObligatory: readonly boolean[];
  readonly #ends: (readonly number[] | undefined)[] = [];

  constructor(letters: Letters, from: number, to: number, isOwn?: (type: number) => boolean) {
    this.#letters = letters;
    this.#block = { from, to };
    const counts = new Map<number, number>();
    let size = 0;
    for (let letter = from; letter < to; letter++) {
      const type = letters.typeOf[letter] ?? -1;
      if (isOwn !== undefined && !isOwn(type)) continue;
      counts.set(type, (counts.get(type) ?? 0) + 1);
      size++;
    }
    this.isTied = size > 1;
    this.types = [...counts.keys()];
    this.#isObligatory = this.types.map((type) => letters.types[type]?.isObligatory === true);
    const all = Int32Array.from(counts.values());
    const owed = new Int32Array(Math.ceil(all.length / 32));
    for (const [index, isOwed] of this.#isObligatory.entries()) if (isOwed) flip(owed, index);
    this.#add({ counts: all, hash: hashOf(all), owed, less: new Int32Array(all.length) });
  }

  count(rest: number, index: number): number {
    return this.#rests[rest]?.counts[index] ?? 0;
  }

  without(rest: number, index: number, taken: number): number {
    const from = this.#rests[rest];
    if (from === undefined || taken === 0) return rest;
    const known = taken === 1 ? (from.less[index] ?? 0) : 0;
    if (known !== 0) return known - 1;
    const hash = (from.hash - Math.imul(taken, weightOf(index))) | 0;
    const found = this.#find(from, index, taken, hash) ?? this.#add(this.#less(from, index, taken, hash));
    if (taken === 1) from.less[index] = found + 1;
    return found;
  }

  owes(rest: number): boolean {
    for (const word of this.#rests[rest]?.owed ?? []) if (word !== 0) return true;
    return false;
  }

  isWithin(rest: number, reachable: Int32Array): boolean {
    const owed = this.#rests[rest]?.owed ?? reachable;
    for (let word = 0; word < owed.length; word++) {
      if (((owed[word] ?? 0) & ~(reachable[word] ?? 0)) !== 0) return false;
    }
    return true;
  }

  leastEnd(index: number): number {
    return this.#endsOf(index).at(-1) ?? Infinity;
  }

  latestEnds(index: number, count: number): readonly number[] {
    return this.#endsOf(index).slice(0, count);
  }

  #endsOf(index: number): readonly number[] {
    const known = this.#ends[index];
    if (known !== undefined) return known;
    const { typeOf, rows, times } = this.#letters;
    const ends: number[] = [];
    for (let letter = this.#block.from; letter < this.#block.to; letter++) {
      if (typeOf[letter] === this.types[index]) ends.push(times.end[rows[letter] ?? 0] ?? Infinity);
    }
    return (this.#ends[index] = ends.toSorted((a, b) => (a === b ? 0 : b - a)));
  }

  #find({ counts: from }: Rest, index: number, taken: number, hash: number): number | undefined {
    for (const number of this.#numbers.get(hash) ?? []) {
      const { counts } = this.#rests[number] ?? { counts: from };
      let isEqual = (counts[index] ?? 0) + taken === from[index];
      for (let other = 0; isEqual && other < from.length; other++) {
        isEqual = other === index || counts[other] === from[other];
      }
      if (isEqual) return number;
    }
    return undefined;
  }

  #less(from: Rest, index: number, taken: number, hash: number): Rest {
    const counts = from.counts.slice();
    const left = (counts[index] ?? 0) - taken;
    counts[index] = left;
    const owed = from.owed.slice();
    if (left === 0 && this.#isObligatory[index] === true) flip(owed, index);
    return { counts, hash, owed, less: new Int32Array(counts.length) };
  }

  #add(rest: Rest): number {
    const number = this.#rests.push(rest) - 1;
    const known = this.#numbers.get(rest.hash);
    if (known === undefined) this.#numbers.set(rest.hash, [number]);
    else known.push(number);
    return number;
  }
}

function flip(bits: Int32Array, index: number): void {
  bits[index >> 5] = (bits[index >> 5] ?? 0) ^ (1 << (index & 31));
}

function hashOf(counts: Int32Array): number {
  let hash = 0;
  for (const [index, count] of counts.entries()) hash = (hash + Math.imul(count, weightOf(index))) | 0;
  return hash;
}

/** A number for each place that is no multiple of another's. Equal hashes are compared, so rare ones do no harm. */
function weightOf(index: number): number {
  const spread = Math.imul(index + 1, 0x9e3779b1);
  return Math.imul(spread ^ (spread >>> 15), 0x85ebca6b) | 1;
}

import type { Letters } from "./letters.ts";

/** The letters of a list by when they end, the earliest first, and of equal ends by when they start. */
export class EndOrder {
  readonly #letters: Letters;
  readonly #order: Uint32Array;
  readonly #blockOf: Uint32Array;
  /** When the last letter starts: what ends later never ends too early. */
  readonly lastStart: number;

  constructor(letters: Letters) {
    const { rows, blocks, times } = letters;
    this.#letters = letters;
    this.#blockOf = new Uint32Array(rows.length);
    for (const [block, { from, to }] of blocks.entries()) this.#blockOf.fill(block, from, to);
    this.#order = Uint32Array.from(rows.keys()).toSorted((a, b) => {
      const [first, second] = [this.#endOf(a), this.#endOf(b)];
      return first === second ? 0 : first - second;
    });
    this.lastStart = times.start[rows.at(-1) ?? -1] ?? -Infinity;
  }

  /** Whether a letter ended at `time` or before, one of that very start aside. */
  hasEnded(place: number, time: number): boolean {
    const letter = this.#order[place] ?? -1;
    return this.#endOf(letter) <= time && (this.#letters.times.start[this.#letters.rows[letter] ?? -1] ?? time) < time;
  }

  block(place: number): number {
    return this.#blockOf[this.#order[place] ?? -1] ?? -1;
  }

  type(place: number): number {
    return this.#letters.typeOf[this.#order[place] ?? -1] ?? -1;
  }

  /** The place of the first letter that ends at `time` or later. */
  placeOf(time: number): number {
    let low = 0;
    for (let high = this.#order.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#endOf(this.#order[middle] ?? -1) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #endOf(letter: number): number {
    return this.#letters.times.end[this.#letters.rows[letter] ?? -1] ?? Infinity;
  }
}

/** The letters of some types that a walk was offered and that have not ended: all since a block, of that block a part. */
export class AliveLetters {
  readonly #order: EndOrder;
  readonly #born: number;
  readonly #counts = new Map<number, number>();
  /** How many of the block at which it began were not offered: those that end first. */
  readonly #passedOver = new Map<number, number>();
  #place: number;

  constructor(order: EndOrder, born: number, time: number) {
    this.#order = order;
    this.#born = born;
    this.#place = order.placeOf(time);
  }

  get types(): Iterable<number> {
    return this.#counts.keys();
  }

  countOf(type: number): number {
    return this.#counts.get(type) ?? 0;
  }

  add(type: number, count: number, passedOver: number): void {
    if (!this.#counts.has(type)) this.#passedOver.set(type, passedOver);
    this.#counts.set(type, this.countOf(type) + count);
  }

  /** Takes out a letter that ended at `time` or before, and says its type. What starts at `time` has not been offered. */
  takeEnded(time: number): number | undefined {
    for (; this.#order.hasEnded(this.#place, time); this.#place++) {
      const type = this.#order.type(this.#place);
      const block = this.#order.block(this.#place);
      if (block < this.#born || this.countOf(type) === 0) continue;
      const passedOver = block === this.#born ? (this.#passedOver.get(type) ?? 0) : 0;
      if (passedOver > 0) {
        this.#passedOver.set(type, passedOver - 1);
        continue;
      }
      this.#place++;
      this.#counts.set(type, this.countOf(type) - 1);
      return type;
    }
    return undefined;
  }
}

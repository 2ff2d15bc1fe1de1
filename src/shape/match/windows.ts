import type { Member } from "./automaton.ts";
import type { Letters } from "./letters.ts";

interface Place {
  readonly window: number;
  readonly leaves: ReadonlySet<number>;
  letter: number;
}

/**
 * Decides a list of bare items in order: the index of the first item that never fills, or `undefined` if all do.
 *
 * The window of an item begins at the start time at which the item before was complete, and grows by one start time
 * until the item is. Earliest completion is optimal: a solution that completes an item later may take the earliest ones
 * instead. A start time shared by two windows is why letters move along augmenting paths and are not just scanned.
 */
export function firstUnfilled(windows: readonly (readonly Member[])[], letters: Letters): number | undefined {
  return new Windows(windows, letters).run();
}

class Windows {
  readonly #windows: readonly (readonly Member[])[];
  readonly #letters: Letters;
  /** For each window opened so far, its first and last block; the open one's last is the block at hand. */
  readonly #spans: { from: number; to: number }[] = [];
  readonly #places: Place[] = [];
  readonly #placeOf: (Place | undefined)[] = [];
  #block = 0;
  #open = -1;
  #missing = 0;

  constructor(windows: readonly (readonly Member[])[], letters: Letters) {
    this.#windows = windows;
    this.#letters = letters;
  }

  run(): number | undefined {
    const { blocks } = this.#letters;
    for (this.#block = 0; this.#block < blocks.length; this.#block++) {
      const span = this.#spans.at(-1);
      if (span !== undefined) span.to = this.#block;
      const block = blocks[this.#block];
      for (let letter = block?.from ?? 0; this.#missing > 0 && letter < (block?.to ?? 0); letter++) {
        if (this.#fillFrom(letter)) this.#missing--;
      }
      while (this.#missing === 0) {
        if (this.#open + 1 === this.#windows.length) return undefined;
        this.#openNext();
      }
    }
    return Math.max(0, this.#open);
  }

  /** Opens the next window at this block and fills what can be: a new place may also free a letter of an earlier one. */
  #openNext(): void {
    this.#open++;
    this.#spans.push({ from: this.#block, to: this.#block });
    for (const { leaves } of this.#windows[this.#open] ?? []) {
      const place: Place = { window: this.#open, leaves: new Set(leaves), letter: -1 };
      this.#places.push(place);
      if (!this.#fillPlace(place)) this.#missing++;
    }
  }

  /** Searches from a new letter to a free place. */
  #fillFrom(letter: number): boolean {
    const cameFrom = new Map<Place, number>();
    const queue = [letter];
    const block = new Map<number, number>([[letter, this.#block]]);
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const place of this.#places) {
        if (cameFrom.has(place) || !this.#fits(next, block.get(next) ?? this.#blockOf(next), place)) continue;
        cameFrom.set(place, next);
        if (place.letter === -1) {
          this.#shiftTo(place, cameFrom);
          return true;
        }
        queue.push(place.letter);
      }
    }
    return false;
  }

  #shiftTo(free: Place, cameFrom: ReadonlyMap<Place, number>): void {
    for (let place: Place | undefined = free; place !== undefined;) {
      const letter: number = cameFrom.get(place) ?? -1;
      const before: Place | undefined = this.#placeOf[letter];
      place.letter = letter;
      this.#placeOf[letter] = place;
      place = before;
    }
  }

  /** Searches from a free place to a letter that no place holds. */
  #fillPlace(free: Place): boolean {
    const cameFrom = new Map<number, Place>();
    const queue = [free];
    for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
      const { from, to } = this.#spans[place.window] ?? { from: 0, to: -1 };
      for (let block = from; block <= to; block++) {
        const range = this.#letters.blocks[block] ?? { from: 0, to: 0 };
        for (let letter = range.from; letter < range.to; letter++) {
          if (cameFrom.has(letter) || !this.#fits(letter, block, place)) continue;
          cameFrom.set(letter, place);
          const holder = this.#placeOf[letter];
          if (holder === undefined) {
            this.#shiftFrom(letter, cameFrom);
            return true;
          }
          queue.push(holder);
        }
      }
    }
    return false;
  }

  #shiftFrom(start: number, cameFrom: ReadonlyMap<number, Place>): void {
    for (let letter = start; letter !== -1;) {
      const place = cameFrom.get(letter);
      if (place === undefined) return;
      const freed: number = place.letter;
      place.letter = letter;
      this.#placeOf[letter] = place;
      letter = freed;
    }
  }

  #fits(letter: number, block: number, place: Place): boolean {
    const span = this.#spans[place.window];
    if (span === undefined || block < span.from || block > span.to) return false;
    const type = this.#letters.types[this.#letters.typeOf[letter] ?? -1];
    return type !== undefined && type.leaves.some((leaf) => place.leaves.has(leaf));
  }

  #blockOf(letter: number): number {
    const { blocks } = this.#letters;
    let low = 0;
    for (let high = blocks.length - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      if ((blocks[middle]?.from ?? 0) <= letter) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

import type { Member } from "./automaton.ts";
import type { Letters } from "./letters.ts";

/** A bare pattern of a window: it takes one letter. */
interface Place {
  readonly window: number;
  readonly leaves: readonly number[];
  letter: number;
}

/** The first and last block that a window may take letters from; the open one's last is the block at hand. */
interface Window {
  readonly from: number;
  to: number;
  readonly places: Place[];
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
  readonly #members: readonly (readonly Member[])[];
  readonly #letters: Letters;
  readonly #opened: Window[] = [];
  readonly #placeOf: (Place | undefined)[] = [];
  #block = 0;
  #missing = 0;

  constructor(windows: readonly (readonly Member[])[], letters: Letters) {
    this.#members = windows;
    this.#letters = letters;
  }

  run(): number | undefined {
    const { blocks } = this.#letters;
    for (this.#block = 0; this.#block < blocks.length; this.#block++) {
      const open = this.#opened.at(-1);
      if (open !== undefined) open.to = this.#block;
      const block = blocks[this.#block];
      for (let letter = block?.from ?? 0; this.#missing > 0 && letter < (block?.to ?? 0); letter++) {
        if (this.#fillFrom(letter)) this.#missing--;
      }
      while (this.#missing === 0) {
        if (this.#opened.length === this.#members.length) return undefined;
        this.#openNext();
      }
    }
    return Math.max(0, this.#opened.length - 1);
  }

  /** Opens the next window at this block and fills what can be: a new place may also free a letter of an earlier one. */
  #openNext(): void {
    const window: Window = { from: this.#block, to: this.#block, places: [] };
    const number = this.#opened.push(window) - 1;
    for (const { leaves } of this.#members[number] ?? []) {
      const place: Place = { window: number, leaves, letter: -1 };
      window.places.push(place);
      if (!this.#mayFill() || !this.#fillPlace(place)) this.#missing++;
    }
  }

  /** A lone letter that the window before needed at this very block can not be freed for this one. */
  #mayFill(): boolean {
    const { from, to } = this.#letters.blocks[this.#block] ?? { from: 0, to: 0 };
    return to - from > 1 || this.#placeOf[from] === undefined;
  }

  /** Searches from a new letter to a free place. */
  #fillFrom(letter: number): boolean {
    const cameFrom = new Map<Place, number>();
    const queue = [letter];
    for (let next = 0; next < queue.length; next++) {
      const moved = queue[next] ?? -1;
      const block = this.#blockOf(moved);
      for (let index = this.#opened.length - 1; index >= 0; index--) {
        const window = this.#opened[index];
        // Windows stand in order of time: those before have closed by then.
        if (window === undefined || window.to < block) break;
        if (window.from > block) continue;
        for (const place of window.places) {
          if (cameFrom.has(place) || !this.#fits(moved, place)) continue;
          cameFrom.set(place, moved);
          if (place.letter === -1) {
            this.#shiftTo(place, cameFrom);
            return true;
          }
          queue.push(place.letter);
        }
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
    const { blocks } = this.#letters;
    for (let next = 0; next < queue.length; next++) {
      const place = queue[next] ?? free;
      const window = this.#opened[place.window];
      const [first, last] = [blocks[window?.from ?? 0], blocks[window?.to ?? 0]];
      for (let letter = first?.from ?? 0; letter < (last?.to ?? 0); letter++) {
        if (cameFrom.has(letter) || !this.#fits(letter, place)) continue;
        cameFrom.set(letter, place);
        const holder = this.#placeOf[letter];
        if (holder === undefined) {
          this.#shiftFrom(letter, cameFrom);
          return true;
        }
        queue.push(holder);
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

  #fits(letter: number, { leaves }: Place): boolean {
    const type = this.#letters.types[this.#letters.typeOf[letter] ?? -1];
    return type !== undefined && leaves.some((leaf) => type.fits[leaf] === 1);
  }

  #blockOf(letter: number): number {
    const { blocks } = this.#letters;
    if (letter >= (blocks[this.#block]?.from ?? 0)) return this.#block;
    let low = 0;
    for (let high = this.#block; low < high;) {
      const middle = (low + high + 1) >> 1;
      if ((blocks[middle]?.from ?? 0) <= letter) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

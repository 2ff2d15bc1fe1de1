/**
 * A matching of letters into slots that grows one letter at a time. A slot takes as many letters as its capacity.
 *
 * Letters come as types; those of one type fit the same slots, so a slot holds counts of types and one search looks at a
 * type once. A letter that finds no place when it comes would find none later either, unless one is taken away:
 * augmenting paths only get fewer.
 */
export class GrowingMatching {
  readonly #capacities: readonly number[];
  readonly #fill: Int32Array;
  /** Most slots hold letters of one type: that type plus 1. Where a slot holds several, their counts are in `#mixed`. */
  readonly #only: Int32Array;
  #mixed: Map<number, Map<number, number>> | undefined;
  #hopeless: Set<number> | undefined;
  readonly #search: SlotSearch;
  /** How many letters are placed. */
  size = 0;

  /** `search` may be shared with other matchings into as many slots. */
  constructor(capacities: readonly number[], search = new SlotSearch(capacities.length), origin?: GrowingMatching) {
    this.#capacities = capacities;
    this.#search = search;
    this.#fill = origin === undefined ? new Int32Array(capacities.length) : origin.#fill.slice();
    this.#only = origin === undefined ? new Int32Array(capacities.length) : origin.#only.slice();
    if (origin === undefined) return;
    this.size = origin.size;
    if (origin.#hopeless !== undefined) this.#hopeless = new Set(origin.#hopeless);
    if (origin.#mixed === undefined) return;
    this.#mixed = new Map();
    for (const [slot, types] of origin.#mixed) this.#mixed.set(slot, new Map(types));
  }

  clone(): GrowingMatching {
    return new GrowingMatching(this.#capacities, this.#search, this);
  }

  /** How many letters of each type a slot holds. */
  held(slot: number): ReadonlyMap<number, number> {
    const mixed = this.#mixed?.get(slot);
    if (mixed !== undefined) return mixed;
    const fill = this.fill(slot);
    return fill === 0 ? NOTHING : new Map([[(this.#only[slot] ?? 0) - 1, fill]]);
  }

  fill(slot: number): number {
    return this.#fill[slot] ?? 0;
  }

  /** Places a letter of a type, moving others where that makes room; false if no way is left. */
  add(type: number, slotsOf: (type: number) => readonly number[]): boolean {
    if (this.#hopeless?.has(type) === true) return false;
    for (const slot of slotsOf(type)) {
      if (this.fill(slot) >= (this.#capacities[slot] ?? 0)) continue;
      this.#put(slot, type);
      this.size++;
      return true;
    }
    if (this.#augment(type, slotsOf)) return true;
    this.#hopeless ??= new Set();
    this.#hopeless.add(type);
    return false;
  }

  /** Takes away a placed letter of a type. */
  remove(type: number, slotsOf: (type: number) => readonly number[]): void {
    const slot = slotsOf(type).find((held) => this.held(held).has(type));
    if (slot === undefined) return;
    this.#take(slot, type);
    this.size--;
    this.#hopeless = undefined;
  }

  /** Breadth first from the letter's slots, all full, to one with room. */
  #augment(type: number, slotsOf: (type: number) => readonly number[]): boolean {
    const search = this.#search;
    search.begin();
    for (const slot of slotsOf(type)) search.reach(slot, -1, type);
    const seen = new Set([type]);
    for (let next = 0; next < search.length; next++) {
      const slot = search.slotAt(next);
      for (const moved of this.#typesIn(slot)) {
        if (seen.has(moved)) continue;
        seen.add(moved);
        for (const target of slotsOf(moved)) {
          if (!search.reach(target, slot, moved) || this.fill(target) >= (this.#capacities[target] ?? 0)) continue;
          this.#shift(target, search);
          return true;
        }
      }
    }
    return false;
  }

  #typesIn(slot: number): Iterable<number> {
    const mixed = this.#mixed?.get(slot);
    if (mixed !== undefined) return mixed.keys();
    return this.fill(slot) === 0 ? [] : [(this.#only[slot] ?? 0) - 1];
  }

  #shift(free: number, search: SlotSearch): void {
    this.size++;
    for (let slot = free; slot !== -1;) {
      const [from, type] = [search.from(slot), search.type(slot)];
      if (from !== -1) this.#take(from, type);
      this.#put(slot, type);
      slot = from;
    }
  }

  #put(slot: number, type: number): void {
    const fill = this.fill(slot);
    this.#fill[slot] = fill + 1;
    const mixed = this.#mixed?.get(slot);
    if (mixed !== undefined) mixed.set(type, (mixed.get(type) ?? 0) + 1);
    else if (fill === 0) this.#only[slot] = type + 1;
    else if (this.#only[slot] !== type + 1) {
      this.#mixed ??= new Map();
      this.#mixed.set(slot, new Map([[(this.#only[slot] ?? 0) - 1, fill]]).set(type, 1));
    }
  }

  #take(slot: number, type: number): void {
    this.#fill[slot] = this.fill(slot) - 1;
    const mixed = this.#mixed?.get(slot);
    const left = (mixed?.get(type) ?? 0) - 1;
    if (left > 0) mixed?.set(type, left);
    else mixed?.delete(type);
  }
}

const NOTHING: ReadonlyMap<number, number> = new Map<number, number>();

/** What a search has reached: each slot, the slot it was reached from, and the type that would move out of that one. */
export class SlotSearch {
  readonly #round: Int32Array;
  readonly #from: Int32Array;
  readonly #type: Int32Array;
  readonly #queue: Int32Array;
  #now = 0;
  length = 0;

  constructor(slots: number) {
    this.#round = new Int32Array(slots);
    this.#from = new Int32Array(slots);
    this.#type = new Int32Array(slots);
    this.#queue = new Int32Array(slots);
  }

  begin(): void {
    this.#now++;
    this.length = 0;
  }

  /** False if it was reached before. */
  reach(slot: number, from: number, type: number): boolean {
    if (this.#round[slot] === this.#now) return false;
    this.#round[slot] = this.#now;
    this.#from[slot] = from;
    this.#type[slot] = type;
    this.#queue[this.length++] = slot;
    return true;
  }

  slotAt(index: number): number {
    return this.#queue[index] ?? 0;
  }

  from(slot: number): number {
    return this.#from[slot] ?? -1;
  }

  type(slot: number): number {
    return this.#type[slot] ?? -1;
  }
}

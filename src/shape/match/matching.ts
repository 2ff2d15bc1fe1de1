/**
 * A matching of letters into slots that grows one letter at a time. A slot takes as many letters as its capacity.
 *
 * Letters come as types; those of one type fit the same slots, so a slot holds counts of types and one search looks at a
 * type once. A letter that finds no place when it comes would find none later either: augmenting paths only get fewer.
 */
export class GrowingMatching {
  readonly #capacities: readonly number[];
  // Sparse: most slots of most matchings hold nothing yet.
  readonly #held: Map<number, number>[] = [];
  readonly #fill: number[] = [];
  readonly #hopeless: Set<number>;
  /** How many letters are placed. */
  size = 0;

  constructor(capacities: readonly number[], origin?: GrowingMatching) {
    this.#capacities = capacities;
    this.#hopeless = new Set(origin === undefined ? [] : origin.#hopeless);
    if (origin === undefined) return;
    this.size = origin.size;
    this.#fill = [...origin.#fill];
    for (const slot of origin.#held.keys()) this.#held[slot] = new Map(origin.#held[slot]);
  }

  clone(): GrowingMatching {
    return new GrowingMatching(this.#capacities, this);
  }

  /** How many letters of each type a slot holds. */
  held(slot: number): ReadonlyMap<number, number> {
    return this.#held[slot] ?? NOTHING;
  }

  fill(slot: number): number {
    return this.#fill[slot] ?? 0;
  }

  /** Places a letter of a type, moving others where that makes room; false if no way is left. */
  add(type: number, slotsOf: (type: number) => readonly number[]): boolean {
    if (this.#hopeless.has(type)) return false;
    // Where each reached slot was reached from: the slot before, and the type that would move out of it.
    const reached = new Map<number, { readonly from: number; readonly type: number }>();
    const queue: number[] = [];
    const reach = (moved: number, from: number): number | undefined => {
      for (const slot of slotsOf(moved)) {
        if (reached.has(slot)) continue;
        reached.set(slot, { from, type: moved });
        if (this.fill(slot) < (this.#capacities[slot] ?? 0)) return slot;
        queue.push(slot);
      }
      return undefined;
    };
    let free = reach(type, -1);
    const seen = new Set([type]);
    for (let next = 0; free === undefined && next < queue.length; next++) {
      const slot = queue[next] ?? 0;
      for (const moved of this.held(slot).keys()) {
        if (seen.has(moved)) continue;
        seen.add(moved);
        free = reach(moved, slot);
        if (free !== undefined) break;
      }
    }
    if (free === undefined) {
      this.#hopeless.add(type);
      return false;
    }
    this.#shift(free, reached);
    return true;
  }

  #shift(free: number, reached: ReadonlyMap<number, { readonly from: number; readonly type: number }>): void {
    this.#fill[free] = this.fill(free) + 1;
    this.size++;
    for (let slot = free, step = reached.get(slot); step !== undefined; slot = step.from, step = reached.get(slot)) {
      this.#change(slot, step.type, 1);
      if (step.from !== -1) this.#change(step.from, step.type, -1);
    }
  }

  #change(slot: number, type: number, by: number): void {
    const held = (this.#held[slot] ??= new Map<number, number>());
    const count = (held.get(type) ?? 0) + by;
    if (count === 0) held.delete(type);
    else held.set(type, count);
  }
}

const NOTHING: ReadonlyMap<number, number> = new Map<number, number>();

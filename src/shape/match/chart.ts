import type { Automaton } from "./automaton.ts";
import { BagFit, BagWalk } from "./bag-walk.ts";
import type { Letters } from "./letters.ts";
import { Remains } from "./remains.ts";

/** The most steps spent on ties in one list. Counted, never timed, so that two machines never disagree. */
const STEPS_BUDGET = 100_000;

/** The most steps of any sort in one list: a bound on time where nothing ties but groups may begin everywhere. */
const WORK_BUDGET = 20_000_000;

export type ChartResult =
  | { readonly verdict: "yes" }
  | { readonly verdict: "undecided"; readonly block: number }
  /** The first block that no way through the list gets past (the number of blocks: their end), and the states before it. */
  | { readonly verdict: "no"; readonly block: number; readonly states: readonly number[] };

/** Runs the letters through the automaton; a letter may be left out unless it is obligatory. */
export function runChart(automaton: Automaton, letters: Letters): ChartResult {
  return new Chart(automaton, letters).run();
}

class OverBudget extends Error {}

class Chart {
  readonly #automaton: Automaton;
  readonly #letters: Letters;
  readonly #fits = new Map<number, BagFit>();
  #steps = 0;
  #work = 0;
  #block = 0;
  #remains: Remains;
  /** Pairs of a state and what remains of the block, as one number. */
  #visited = new Set<number>();
  #stack: number[] = [];
  #states = new Set<number>();
  #walks: BagWalk[] = [];

  constructor(automaton: Automaton, letters: Letters) {
    this.#automaton = automaton;
    this.#letters = letters;
    this.#remains = new Remains(letters, { from: 0, to: 0 });
  }

  run(): ChartResult {
    const { blocks } = this.#letters;
    let states: ReadonlySet<number> = new Set([this.#automaton.start]);
    let walks: readonly BagWalk[] = [];
    try {
      for (const [index, block] of blocks.entries()) {
        const before = [...states, ...walks.map(({ state }) => state)];
        this.#runBlock(index, new Remains(this.#letters, block), states, walks);
        states = this.#states;
        walks = undominated(this.#walks);
        if (states.size === 0 && walks.length === 0) return { verdict: "no", block: index, states: before };
      }
      const before = [...states, ...walks.map(({ state }) => state)];
      this.#runBlock(blocks.length, new Remains(this.#letters, { from: 0, to: 0 }), states, walks);
      // State 0 accepts.
      return this.#states.has(0) ? { verdict: "yes" } : { verdict: "no", block: blocks.length, states: before };
    } catch (error) {
      if (error instanceof OverBudget) return { verdict: "undecided", block: this.#block };
      throw error;
    }
  }

  #runBlock(index: number, remains: Remains, states: ReadonlySet<number>, walks: readonly BagWalk[]): void {
    this.#block = index;
    this.#remains = remains;
    this.#visited = new Set();
    this.#states = new Set();
    this.#walks = [];
    for (const walk of walks) this.#walk(walk, remains.all);
    for (const state of states) this.#push(state, remains.all);
    const size = this.#automaton.states.length;
    for (let key = this.#stack.pop(); key !== undefined; key = this.#stack.pop()) {
      this.#visit(key % size, Math.floor(key / size));
    }
  }

  #visit(id: number, rest: number): void {
    const state = this.#automaton.states[id];
    if (state === undefined) return;
    if (state.type === "split") {
      for (const next of state.next) this.#push(next, rest);
      return;
    }
    if (!this.#remains.owes(rest)) this.#states.add(id);
    if (state.type === "bag") this.#walk(new BagWalk(id, this.#block, this.#fitOf(id)), rest);
    if (state.type !== "leaf") return;
    for (const type of this.#remains.typesIn(rest)) {
      if (this.#letters.types[type]?.leaves.includes(state.leaf) === true) {
        this.#push(state.next, this.#remains.without(rest, type, 1));
      }
    }
  }

  #push(state: number, rest: number): void {
    const key = rest * this.#automaton.states.length + state;
    if (this.#visited.has(key)) return;
    this.#visited.add(key);
    this.#spend();
    if (!this.#remains.isTied || !this.#isDead(state, rest)) this.#stack.push(key);
  }

  /** Whether a letter that must be placed fits nothing that can still come. */
  #isDead(state: number, rest: number): boolean {
    return this.#remains.typesIn(rest).some((type) => {
      const { leaves = [], isObligatory = false } = this.#letters.types[type] ?? {};
      return isObligatory && !leaves.some((leaf) => this.#automaton.reaches(state, leaf));
    });
  }

  /**
   * Lets a walk take what it must and try what it may. Letters that fit nothing but this group are never kept from it;
   * of the others it may take any part and be left, or all and go on.
   */
  #walk(walk: BagWalk, from: number): void {
    const remains = this.#remains;
    let rest = from;
    const shared: number[] = [];
    for (const type of remains.typesIn(from)) {
      if (!walk.fits(type)) continue;
      if (!this.#isOwn(type, walk.state)) shared.push(type);
      else if (!this.#offer(walk, type, remains.count(from, type))) return;
      else rest = remains.without(rest, type, remains.count(from, type));
    }
    this.#leave(walk, rest);
    this.#leaveInPart(walk, rest, shared);
    let last = rest;
    for (const type of shared) {
      const count = remains.count(rest, type);
      if (!this.#offer(walk, type, count)) return;
      last = remains.without(last, type, count);
    }
    if (last !== rest) this.#leave(walk, last);
    // A walk that took nothing is the same as one that begins with the next block.
    if (walk.isOffered && !remains.owes(last)) this.#walks.push(walk);
  }

  /** Leaves the group after each part of the shared letters that is neither none nor all. */
  #leaveInPart(walk: BagWalk, rest: number, shared: readonly number[]): void {
    const remains = this.#remains;
    const all = shared.reduce((left, type) => remains.without(left, type, remains.count(left, type)), rest);
    const stack = [{ walk, left: rest, next: 0 }];
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      const type = shared[part.next];
      if (type === undefined) {
        if (part.left !== rest && part.left !== all) this.#leave(part.walk, part.left);
        continue;
      }
      const most = remains.count(part.left, type);
      if (shared.length === 1 && most === 1) return;
      let tried = part.walk;
      stack.push({ ...part, next: part.next + 1 });
      for (let count = 1; count <= most; count++) {
        tried = tried.clone();
        if (!this.#offer(tried, type, 1)) break;
        stack.push({ walk: tried, left: remains.without(part.left, type, count), next: part.next + 1 });
      }
    }
  }

  #leave(walk: BagWalk, rest: number): void {
    const state = this.#automaton.states[walk.state];
    if (walk.isFilled && state?.type === "bag") this.#push(state.next, rest);
  }

  #offer(walk: BagWalk, type: number, count: number): boolean {
    this.#spend();
    return walk.offer(type, this.#letters.types[type]?.isObligatory === true, count);
  }

  #isOwn(type: number, bag: number): boolean {
    const state = this.#automaton.states[bag];
    if (state?.type !== "bag" || state.isLooped) return false;
    return this.#letters.types[type]?.leaves.every((leaf) => this.#automaton.ownerOf[leaf] === bag) === true;
  }

  #fitOf(id: number): BagFit {
    const known = this.#fits.get(id);
    const state = this.#automaton.states[id];
    if (known !== undefined || state?.type !== "bag") return known ?? new BagFit(NO_BAG, []);
    const fit = new BagFit(state, this.#letters.types);
    this.#fits.set(id, fit);
    return fit;
  }

  #spend(): void {
    this.#work++;
    if (this.#remains.isTied) this.#steps++;
    if (this.#steps > STEPS_BUDGET || this.#work > WORK_BUDGET) throw new OverBudget();
  }
}

const NO_BAG = { type: "bag", members: [], next: 0, isLooped: false } as const;

/** Drops walks that began later than another through the same group but hold the same obligatory letters. */
function undominated(walks: readonly BagWalk[]): readonly BagWalk[] {
  const first = new Map<string, BagWalk>();
  return walks.filter((walk) => {
    const key = `${walk.state}/${walk.covered}`;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, walk);
    return earlier === undefined || earlier.born === walk.born;
  });
}

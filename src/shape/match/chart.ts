import type { Automaton, State } from "./automaton.ts";
import { ownLeaves } from "./automaton.ts";
import { BagRun } from "./bag-run.ts";
import type { ListRun } from "./bag-walk.ts";
import { Budget, TooHard } from "./budget.ts";
import { Frontier } from "./frontier.ts";
import type { Letters } from "./letters.ts";
import type { Remains } from "./remains.ts";
import { ALL, remainsOf } from "./remains.ts";

export type ChartResult =
  | { readonly verdict: "yes" }
  /** Too many ways (`ties`, `work`), or lists inside an any-order group that a span of theirs does not tell apart. */
  | { readonly verdict: "undecided"; readonly reason: "ties" | "work" | "not-apart"; readonly block: number }
  /** The first block that no way through the list gets past (the number of blocks: their end), and the states before it. */
  | { readonly verdict: "no"; readonly block: number; readonly states: readonly number[] };

/** Runs the letters through the automaton; a letter may be left out unless it is obligatory. */
export function runChart(automaton: Automaton, letters: Letters): ChartResult {
  const budget = new Budget();
  const { length } = letters.blocks;
  let block = 0;
  try {
    const chart = new Chart(automaton, letters, budget);
    if (length === 0) chart.begin();
    for (; block < length; block++) {
      if (!chart.step(block)) return { verdict: "no", block, states: chart.statesBefore };
    }
    return chart.isAccepting ? { verdict: "yes" } : { verdict: "no", block, states: chart.states };
  } catch (error) {
    if (error instanceof TooHard) return { verdict: "undecided", reason: error.reason, block };
    throw error;
  }
}

/** Where nothing must have ended before the next letter. */
const FREE = -Infinity;

/**
 * All ways through a list at once, block by block. A way is a state, what remains of the block, and inside a `sequence`
 * when the last letter ends: of ways that differ in this alone, the one that ends first can do all that the others can.
 *
 * Letters of one type in one block differ in their ends alone. At the end of a block at most one group is open: an open
 * sequence has taken the letter that ends first, an open parallel those that end last, since what has been left cares no
 * more; so counts by type suffice here too.
 */
class Chart implements ListRun {
  readonly #automaton: Automaton;
  readonly #letters: Letters;
  readonly #budget: Budget;
  readonly #isOwn: ((type: number) => boolean) | undefined;
  readonly #ways: Frontier;
  readonly #bags: BagRun;
  #time = -Infinity;
  #remains: Remains;
  /** By state, which types of the block can still be taken from there on; made anew for each tied block. */
  #reachable: (Int32Array | undefined)[] = [];
  #takers: (number[] | undefined)[] | undefined;

  constructor(automaton: Automaton, letters: Letters, budget: Budget, isOwn?: (type: number) => boolean) {
    this.#automaton = automaton;
    this.#letters = letters;
    this.#budget = budget;
    this.#isOwn = isOwn;
    this.#ways = new Frontier(automaton.states.length);
    this.#ways.hold(automaton.start, FREE);
    this.#bags = new BagRun(automaton, letters, budget, {
      follow: (state, rest) => this.#push(state, rest, FREE),
      run: (list) => this.#listRun(list),
    });
    this.#remains = remainsOf(letters, -1);
  }

  get isAccepting(): boolean {
    // State 0 accepts.
    return this.#ways.holds(0);
  }

  get states(): readonly number[] {
    return [...this.#ways.states, ...this.#bags.states];
  }

  get statesBefore(): readonly number[] {
    return [...this.#ways.before, ...this.#bags.statesBefore];
  }

  /** Goes where no letter is needed. */
  begin(): void {
    this.#read(remainsOf(this.#letters, -1), -1);
  }

  step(block: number): boolean {
    const remains = remainsOf(this.#letters, block, this.#isOwn);
    // Letters of others: nothing happens here.
    if (remains.types.length === 0) return true;
    return this.#read(remains, block);
  }

  #read(remains: Remains, block: number): boolean {
    this.#remains = remains;
    this.#reachable = [];
    this.#takers = undefined;
    const { rows, blocks, times } = this.#letters;
    this.#time = times.start[rows[blocks[block]?.from ?? -1] ?? -1] ?? -Infinity;
    const ways = this.#ways;
    ways.turn();
    this.#bags.begin(remains, block, this.#time);
    for (let index = 0; index < ways.countBefore; index++) {
      this.#push(ways.stateBefore(index), ALL, ways.busyBefore(index));
    }
    const size = this.#automaton.states.length;
    for (let key = ways.pop(); key !== undefined; key = ways.pop()) {
      this.#visit(key % size, Math.floor(key / size), ways.busyOf(key));
    }
    const isUnderWay = this.#bags.end();
    return !ways.isEmpty || isUnderWay;
  }

  #visit(id: number, rest: number, busy: number): void {
    const state = this.#automaton.states[id];
    if (state === undefined) return;
    if (state.type === "split") {
      for (const next of state.next) this.#push(next, rest, state.isEnd ? FREE : busy);
      return;
    }
    if (!this.#remains.owes(rest)) this.#ways.hold(id, busy);
    if (state.type === "bag") this.#bags.enter(id, rest);
    if (state.type === "leaf" && !(state.isSequential && busy > this.#time)) this.#take(state, rest);
  }

  #take(state: Extract<State, { readonly type: "leaf" }>, rest: number): void {
    const remains = this.#remains;
    for (const index of this.#takersAt(state.leaf)) {
      if (remains.count(rest, index) === 0) continue;
      const type = this.#letters.types[remains.types[index] ?? -1];
      const busy = state.isSequential && type?.isInstant === false ? remains.leastEnd(index) : FREE;
      this.#push(state.next, remains.without(rest, index, 1), busy);
    }
  }

  /** The types of the block that fit a leaf. */
  #takersAt(leaf: number): readonly number[] {
    if (this.#takers === undefined) {
      this.#takers = [];
      for (const [index, type] of this.#remains.types.entries()) {
        for (const taken of this.#letters.types[type]?.leaves ?? []) (this.#takers[taken] ??= []).push(index);
      }
    }
    return this.#takers[leaf] ?? NONE;
  }

  #push(state: number, rest: number, busy: number): void {
    const key = rest * this.#automaton.states.length + state;
    // What has ended by now holds up no letter that is still to come.
    if (!this.#ways.isBetter(key, busy <= this.#time ? FREE : busy)) return;
    this.#budget.spend(this.#remains.isTied);
    if (!this.#remains.isTied || this.#remains.isWithin(rest, this.#reachableFrom(state))) this.#ways.push(key);
  }

  /** The types of the block that can still be taken from a state on, as bits: others must not be owed. */
  #reachableFrom(state: number): Int32Array {
    const known = this.#reachable[state];
    if (known !== undefined) return known;
    const { types } = this.#remains;
    const bits = new Int32Array(Math.ceil(types.length / 32));
    for (const [index, type] of types.entries()) {
      if (!this.#automaton.reachesAny(state, this.#letters.types[type]?.leaves ?? NONE)) continue;
      bits[index >> 5] = (bits[index >> 5] ?? 0) | (1 << (index & 31));
    }
    return (this.#reachable[state] = bits);
  }

  /** Lists in lists in groups without order are as many runs deep; how many is the author's doing, not the trace's. */
  #listRun(list: Automaton): ListRun {
    const own = new Set(ownLeaves(list));
    const isOwn = (type: number): boolean => this.#letters.types[type]?.leaves.some((leaf) => own.has(leaf)) === true;
    const run = new Chart(list, this.#letters, this.#budget, isOwn);
    run.begin();
    return run;
  }
}

const NONE: readonly number[] = [];

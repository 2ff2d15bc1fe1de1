import type { Item } from "../pattern.ts";
import { ONCE } from "../pattern.ts";

/** One member of an any-order group: how many letters it takes, through any of its leaves. */
export interface Member {
  readonly leaves: readonly number[];
  readonly min: number;
  readonly max: number;
}

export type State =
  | { readonly type: "leaf"; readonly leaf: number; readonly next: number }
  | { readonly type: "bag"; readonly members: readonly Member[]; readonly next: number; readonly isLooped: boolean }
  | { readonly type: "split"; readonly next: readonly number[] }
  | { readonly type: "accept" };

/** A list as a Thompson automaton with its counts unrolled; an any-order group is one state. State 0 accepts. */
export interface Automaton {
  readonly states: readonly State[];
  readonly start: number;
  /** The one state that takes a leaf's letters, or -1 where several do. */
  readonly ownerOf: Int32Array;
  /** Whether a leaf can still be met from a state on. */
  readonly reaches: (state: number, leaf: number) => boolean;
}

/** `leafOf` numbers the node patterns and `...` of the list. */
export function automatonOf(items: readonly Item[], leafOf: ReadonlyMap<Item, number>): Automaton {
  const states: State[] = [{ type: "accept" }];
  const start = new Builder(states, leafOf).sequence(items, 0, false);
  const ownerOf = new Int32Array(leafOf.size).fill(-2);
  for (const [id, state] of states.entries()) {
    for (const leaf of leavesOf(state)) ownerOf[leaf] = ownerOf[leaf] === -2 ? id : -1;
  }
  return { states, start, ownerOf, reaches: reachability(states, leafOf.size) };
}

/** Builds from the end: each part is told the state that follows it and returns the state that starts it. */
class Builder {
  readonly #states: State[];
  readonly #leafOf: ReadonlyMap<Item, number>;

  constructor(states: State[], leafOf: ReadonlyMap<Item, number>) {
    this.#states = states;
    this.#leafOf = leafOf;
  }

  sequence(items: readonly Item[], end: number, isLooped: boolean): number {
    let next = end;
    for (const item of items.toReversed()) next = this.#repeated(item, next, isLooped);
    return next;
  }

  #repeated(item: Item, end: number, isLooped: boolean): number {
    const { min, max } = item.type === "rest" ? { min: 0, max: Infinity } : (item.count ?? ONCE);
    let next = end;
    if (max === Infinity) {
      const ways: number[] = [end];
      next = this.#add({ type: "split", next: ways });
      ways.push(this.#once(item, next, true));
    } else {
      for (let round = min; round < max; round++) {
        next = this.#add({ type: "split", next: [end, this.#once(item, next, isLooped)] });
      }
    }
    for (let round = 0; round < min; round++) next = this.#once(item, next, isLooped);
    return next;
  }

  #once(item: Item, next: number, isLooped: boolean): number {
    if (item.type === "in-order") return this.sequence(item.items, next, isLooped);
    if (item.type === "one-of") {
      return this.#add({ type: "split", next: item.items.map((way) => this.#repeated(way, next, isLooped)) });
    }
    if (item.type === "any-order") {
      return this.#add({ type: "bag", members: membersOf(item.items, this.#leafOf), next, isLooped });
    }
    return this.#add({ type: "leaf", leaf: this.#leafOf.get(item) ?? -1, next });
  }

  #add(state: State): number {
    return this.#states.push(state) - 1;
  }
}

function membersOf(items: readonly Item[], leafOf: ReadonlyMap<Item, number>): readonly Member[] {
  return items.map((item) => {
    const parts = item.type === "one-of" ? item.items : [item];
    const { min, max } = item.type === "rest" ? ONCE : (item.count ?? ONCE);
    return { leaves: parts.map((part) => leafOf.get(part) ?? -1), min, max };
  });
}

function leavesOf(state: State): readonly number[] {
  if (state.type === "leaf") return [state.leaf];
  return state.type === "bag" ? state.members.flatMap(({ leaves }) => leaves) : [];
}

/** A bit for each state and leaf. Most states follow from lower ones; loops need another round. */
function reachability(states: readonly State[], leaves: number): Automaton["reaches"] {
  const words = Math.ceil(leaves / 32);
  const bits = new Int32Array(states.length * words);
  for (const [id, state] of states.entries()) {
    for (const leaf of leavesOf(state)) {
      const word = id * words + (leaf >> 5);
      bits[word] = (bits[word] ?? 0) | (1 << (leaf & 31));
    }
  }
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const [id, state] of states.entries()) {
      for (const next of nextOf(state)) {
        for (let word = 0; word < words; word++) {
          const old = bits[id * words + word] ?? 0;
          const joined = old | (bits[next * words + word] ?? 0);
          if (joined === old) continue;
          bits[id * words + word] = joined;
          isChanged = true;
        }
      }
    }
  }
  return (state, leaf) => (((bits[state * words + (leaf >> 5)] ?? 0) >>> (leaf & 31)) & 1) === 1;
}

function nextOf(state: State): readonly number[] {
  if (state.type === "accept") return [];
  return state.type === "split" ? state.next : [state.next];
}

import type { GroupPart, Part } from "./parts.ts";
import { leavesIn } from "./parts.ts";

/** One member of a group without order: how many letters it takes, through any of its leaves. */
export interface Member {
  readonly leaves: readonly number[];
  readonly min: number;
  readonly max: number;
}

export type State =
  | {
      readonly type: "leaf";
      readonly leaf: number;
      readonly next: number;
      /** Whether it is part of a `sequence`: what the sequence took before must have ended. */
      readonly isSequential: boolean;
    }
  | {
      readonly type: "bag";
      readonly members: readonly Member[];
      readonly next: number;
      readonly isLooped: boolean;
      /** Whether one instant must see all its letters alive. */
      readonly isParallel: boolean;
      /** Members that are lists, each with letters of its own. */
      readonly lists: readonly Automaton[];
    }
  | {
      readonly type: "split";
      readonly next: readonly number[];
      /** Whether a `sequence` ends here, and with it what must have ended before the next letter. */
      readonly isEnd: boolean;
    }
  | { readonly type: "accept" };

/** The owner of a leaf with a count of 0. */
export const NOBODY = -2;

/** A list as a Thompson automaton with its counts unrolled; a group without order is one state. State 0 accepts. */
export interface Automaton {
  readonly states: readonly State[];
  readonly start: number;
  /** The one state that takes a leaf's letters, -1 where several do, {@link NOBODY} where none does. */
  readonly ownerOf: Int32Array;
  /** Whether one of some leaves can still be met from a state on. */
  readonly reachesAny: (state: number, leaves: readonly number[]) => boolean;
  /** Whether ends matter: it holds a `sequence` or a `parallel`. */
  readonly isTimed: boolean;
}

/** `leafCount`: how many leaves the whole list has, of which `parts` may hold a part only. */
export function automatonOf(parts: readonly Part[], leafCount: number): Automaton {
  return new Builder(leafCount).run(parts);
}

/** What surrounds a part. */
interface Around {
  readonly states: State[];
  readonly isLooped: boolean;
  readonly isSequential: boolean;
}

type Done = (start: number) => void;

/**
 * Builds from the end: each part is told the state that follows it, and tells the state that starts it. What is to be
 * done waits on a stack of its own, so that no depth of groups overflows.
 */
class Builder {
  readonly #leafCount: number;
  readonly #tasks: (() => void)[] = [];

  constructor(leafCount: number) {
    this.#leafCount = leafCount;
  }

  run(parts: readonly Part[]): Automaton {
    let made: Automaton | undefined;
    this.#whole(parts, (automaton) => {
      made = automaton;
    });
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) task();
    return made ?? finished([{ type: "accept" }], 0, this.#leafCount);
  }

  #whole(parts: readonly Part[], done: (made: Automaton) => void): void {
    const states: State[] = [{ type: "accept" }];
    this.#inOrder(parts, 0, { states, isLooped: false, isSequential: false }, (start) => {
      done(finished(states, start, this.#leafCount));
    });
  }

  #inOrder(parts: readonly Part[], end: number, around: Around, done: Done): void {
    let left = parts.length;
    const before: Done = (next) => {
      const part = parts[--left];
      // Not at once: a part that ends many groups would end each inside the other.
      if (part === undefined) this.#tasks.push(() => done(next));
      else this.#tasks.push(() => this.#repeated(part, next, around, before));
    };
    before(end);
  }

  #repeated(part: Part, after: number, outside: Around, done: Done): void {
    const { min, max } = part.count;
    const isSequence = part.type === "sequence";
    const around = isSequence ? { ...outside, isSequential: true } : outside;
    const end = isSequence ? this.#add(around, { type: "split", next: [after], isEnd: true }) : after;
    const rounds = (left: number, optional: number, next: number): void => {
      if (optional > 0) {
        this.#once(part, next, around, (way) => {
          rounds(left, optional - 1, this.#add(around, { type: "split", next: [end, way], isEnd: false }));
        });
      } else if (left > 0) this.#once(part, next, around, (way) => rounds(left - 1, 0, way));
      else done(next);
    };
    if (max !== Infinity) {
      rounds(min, max - min, end);
      return;
    }
    const ways: number[] = [end];
    const split = this.#add(around, { type: "split", next: ways, isEnd: false });
    this.#once(part, split, { ...around, isLooped: true }, (way) => {
      ways.push(way);
      rounds(min, 0, split);
    });
  }

  #once(part: Part, next: number, around: Around, done: Done): void {
    this.#tasks.push(() => {
      if (part.type === "leaf") {
        const { isSequential } = around;
        done(this.#add(around, { type: "leaf", leaf: part.leaf, next, isSequential }));
      } else if (part.type === "one-of") this.#oneOf(part, next, around, done);
      else if (part.type === "any-order" || part.type === "parallel") this.#bag(part, next, around, done);
      else this.#inOrder(part.parts, next, around, done);
    });
  }

  #oneOf(group: GroupPart, end: number, around: Around, done: Done): void {
    const ways: number[] = [];
    const step = (index: number): void => {
      const part = group.parts[index];
      if (part === undefined) {
        done(this.#add(around, { type: "split", next: ways, isEnd: false }));
        return;
      }
      this.#tasks.push(() => {
        this.#repeated(part, end, around, (way) => {
          ways.push(way);
          step(index + 1);
        });
      });
    };
    step(0);
  }

  #bag(group: GroupPart, next: number, around: Around, done: Done): void {
    const isList = (part: Part): boolean => part.type === "in-order" || part.type === "sequence";
    const members = group.parts
      .filter((part) => !isList(part))
      .map((part) => ({ leaves: leavesIn([part]), min: part.count.min, max: part.count.max }));
    const waiting = group.parts.filter(isList);
    const lists: Automaton[] = [];
    const step = (): void => {
      const part = waiting[lists.length];
      if (part === undefined) {
        const isParallel = group.type === "parallel";
        done(this.#add(around, { type: "bag", members, next, isLooped: around.isLooped, isParallel, lists }));
        return;
      }
      this.#tasks.push(() => {
        this.#whole([part], (made) => {
          lists.push(made);
          step();
        });
      });
    };
    step();
  }

  #add({ states }: Around, state: State): number {
    return states.push(state) - 1;
  }
}

function finished(states: readonly State[], start: number, leafCount: number): Automaton {
  const ownerOf = new Int32Array(leafCount).fill(NOBODY);
  let isTimed = false;
  for (const [id, state] of states.entries()) {
    for (const leaf of leavesOf(state)) ownerOf[leaf] = ownerOf[leaf] === NOBODY ? id : -1;
    if (state.type === "leaf") isTimed ||= state.isSequential;
    if (state.type === "bag") isTimed ||= state.isParallel || state.lists.some((list) => list.isTimed);
  }
  return { states, start, ownerOf, isTimed, reachesAny: reachability(states, leafCount) };
}

function leavesOf(state: State): readonly number[] {
  if (state.type === "leaf") return [state.leaf];
  if (state.type !== "bag") return [];
  return [...state.members.flatMap(({ leaves }) => leaves), ...state.lists.flatMap(ownLeaves)];
}

/** The leaves that an automaton takes itself. */
export function ownLeaves({ ownerOf }: Automaton): readonly number[] {
  const leaves: number[] = [];
  for (const [leaf, owner] of ownerOf.entries()) if (owner !== NOBODY) leaves.push(leaf);
  return leaves;
}

/** A bit for each state and leaf. Most states follow from lower ones; loops need another round. */
function reachability(states: readonly State[], leaves: number): Automaton["reachesAny"] {
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
  return (state, asked) => {
    for (const leaf of asked) if (((bits[state * words + (leaf >> 5)] ?? 0) & (1 << (leaf & 31))) !== 0) return true;
    return false;
  };
}

function nextOf(state: State): readonly number[] {
  if (state.type === "accept") return [];
  return state.type === "split" ? state.next : [state.next];
}

import type { Automaton } from "./automaton.ts";
import { AliveLetters, EndOrder } from "./alive-letters.ts";
import { NOBODY } from "./automaton.ts";
import type { BagState, ListRun } from "./bag-walk.ts";
import { BagFit, BagWalk } from "./bag-walk.ts";
import type { Budget } from "./budget.ts";
import { TooHard } from "./budget.ts";
import type { Letters } from "./letters.ts";
import type { Remains } from "./remains.ts";
import { ALL, remainsOf } from "./remains.ts";

/** Where the ways of the list go on when a group without order is left. */
interface Ways {
  readonly follow: (state: number, rest: number) => void;
  /** A run of its own for a list among the members, before its first letter. */
  readonly run: (list: Automaton) => ListRun;
}

/** The ways through the groups without order of one list, block by block. */
export class BagRun {
  readonly #automaton: Automaton;
  readonly #letters: Letters;
  readonly #budget: Budget;
  readonly #ways: Ways;
  readonly #fits = new Map<number, BagFit>();
  #block = -1;
  #time = -Infinity;
  #ends: EndOrder | undefined;
  #remains: Remains;
  #walks: readonly BagWalk[] = [];
  #walksBefore: readonly BagWalk[] = [];
  #going: BagWalk[] = [];
  /** For each state, the block in which a walk through it is known that has all letters to offer and owes none. */
  readonly #served = new Map<number, number>();

  constructor(automaton: Automaton, letters: Letters, budget: Budget, ways: Ways) {
    this.#automaton = automaton;
    this.#letters = letters;
    this.#budget = budget;
    this.#ways = ways;
    this.#remains = remainsOf(letters, -1);
  }

  /** The states of the groups that are under way at the end of the block. */
  get states(): readonly number[] {
    return this.#walks.map(({ state }) => state);
  }

  get statesBefore(): readonly number[] {
    return this.#walksBefore.map(({ state }) => state);
  }

  /** Begins a block: what is under way goes on. */
  begin(remains: Remains, block: number, time: number): void {
    this.#block = block;
    this.#remains = remains;
    this.#time = time;
    this.#going = [];
    for (const walk of this.#walks) if (walk.expire(time)) this.#walk(walk, ALL);
  }

  /** Ends a block; false if nothing is under way. */
  end(): boolean {
    this.#walksBefore = this.#walks;
    this.#walks = undominated(this.#going);
    return this.#walks.length > 0;
  }

  /** Begins the group at a state, with what remains of the block. */
  enter(id: number, rest: number): void {
    // A walk that began earlier and has nothing to answer for can do all that this one could.
    if (rest === ALL && this.#served.get(id) === this.#block) return;
    const fit = this.#fitOf(id);
    const lists = fit.bag.lists.map((list) => this.#ways.run(list));
    const alive = fit.bag.isParallel ? new AliveLetters(this.#endOrder(), this.#block, this.#time) : undefined;
    this.#walk(new BagWalk(id, this.#block, fit, lists, alive), rest);
  }

  /**
   * Lets a walk take what it must and try what it may. Letters that fit nothing but this group are never kept from it;
   * of the others it may take any part and be left, or all and go on.
   */
  #walk(walk: BagWalk, from: number): void {
    const remains = this.#remains;
    const { fit } = walk;
    let rest = from;
    const shared: number[] = [];
    for (let index = 0; index < remains.types.length; index++) {
      const type = remains.types[index] ?? -1;
      const count = remains.count(from, index);
      if (count === 0 || fit.fits[type] !== 1) continue;
      if (fit.isListed(type)) walk.coverInList(count, this.#isObligatory(type));
      else if (fit.isOwn[type] !== 1) {
        shared.push(index);
        continue;
      } else if (!this.#offer(walk, index, count)) return;
      rest = remains.without(rest, index, count);
    }
    if (this.#block >= 0) for (const list of walk.lists) if (!list.step(this.#block)) return;
    // What was under way has been left with what it had at the end of the block before.
    if (rest !== from || walk.born === this.#block) this.#leave(walk, rest);
    if (shared.length > 0) this.#leaveInPart(walk, rest, shared);
    let last = rest;
    for (const index of shared) {
      const count = remains.count(rest, index);
      if (!this.#offer(walk, index, count)) return;
      last = remains.without(last, index, count);
    }
    if (last !== rest) this.#leave(walk, last);
    // A walk that took nothing is the same as one that begins with the next block.
    if (!walk.isOffered || remains.owes(last)) return;
    this.#going.push(walk);
    if (walk.covered === 0 && walk.deadline === Infinity && from === ALL) this.#served.set(walk.state, this.#block);
  }

  /** Leaves the group after each part of the shared letters that is neither none nor all. */
  #leaveInPart(walk: BagWalk, rest: number, shared: readonly number[]): void {
    const remains = this.#remains;
    const [only] = shared;
    if (only === undefined || (shared.length === 1 && remains.count(rest, only) === 1)) return;
    const all = shared.reduce((left, index) => remains.without(left, index, remains.count(left, index)), rest);
    const stack = [{ walk, left: rest, next: 0 }];
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      const index = shared[part.next];
      if (index === undefined) {
        if (part.left !== rest && part.left !== all) this.#leave(part.walk, part.left);
        continue;
      }
      const most = remains.count(part.left, index);
      let tried = part.walk;
      stack.push({ ...part, next: part.next + 1 });
      for (let count = 1; count <= most; count++) {
        tried = tried.clone();
        if (!this.#offer(tried, index, 1)) break;
        stack.push({ walk: tried, left: remains.without(part.left, index, count), next: part.next + 1 });
      }
    }
  }

  #leave(walk: BagWalk, rest: number): void {
    if (walk.isFilled) this.#ways.follow(walk.fit.bag.next, rest);
  }

  #offer(walk: BagWalk, index: number, count: number): boolean {
    this.#budget.spend(this.#remains.isTied);
    const type = this.#remains.types[index] ?? -1;
    const isObligatory = this.#isObligatory(type);
    if (walk.fit.bag.isParallel) {
      const first = this.#remains.latestEnds(index, count).at(-1) ?? Infinity;
      const passedOver = walk.born === this.#block ? this.#remains.count(ALL, index) - count : 0;
      const isLastLong = first > this.#endOrder().lastStart;
      walk.offerUntil(type, isObligatory, count, isLastLong ? Infinity : first, passedOver);
    }
    return walk.offer(type, isObligatory, count);
  }

  #isObligatory(type: number): boolean {
    return this.#letters.types[type]?.isObligatory === true;
  }

  #endOrder(): EndOrder {
    return (this.#ends ??= new EndOrder(this.#letters));
  }

  #fitOf(id: number): BagFit {
    const known = this.#fits.get(id);
    if (known !== undefined) return known;
    const { states, ownerOf } = this.#automaton;
    const state = states[id];
    const fit = new BagFit(state?.type === "bag" ? state : NO_BAG, this.#letters.types, (leaf) => {
      return ownerOf[leaf] === id ? "this" : ownerOf[leaf] === NOBODY ? "nobody" : "another";
    });
    if (fit.isMixed) throw new TooHard("not-apart");
    this.#fits.set(id, fit);
    return fit;
  }
}

const NO_BAG: BagState = { type: "bag", members: [], next: 0, isLooped: false, isParallel: false, lists: [] };

/**
 * Drops walks that can do no more than another through the same group that answers for the same obligatory letters. One
 * that began earlier holds all that a later one does, and so is better unless something in it ends earlier; one that
 * began later is better if it is filled for good. Among walks through one group only neighbours need be compared.
 */
function undominated(walks: readonly BagWalk[]): readonly BagWalk[] {
  if (walks.length < 2) return walks;
  const last: (BagWalk | undefined)[] = [];
  const kept: BagWalk[] = [];
  for (const walk of walks) {
    const earlier = last[walk.state];
    if (earlier !== undefined && isLike(earlier, walk) && earlier.deadline === walk.deadline) continue;
    last[walk.state] = walk;
    kept.push(walk);
  }
  if (kept.every(({ deadline }) => deadline === Infinity)) return kept;
  const next: (BagWalk | undefined)[] = [];
  return kept
    .toReversed()
    .filter((walk) => {
      const later = next[walk.state];
      if (later !== undefined && isLike(later, walk) && later.isFilledForGood) return false;
      next[walk.state] = walk;
      return true;
    })
    .toReversed();
}

/** Whether two walks answer for the same letters, as walks do that began at different blocks and hold as many. */
function isLike(a: BagWalk, b: BagWalk): boolean {
  return a.born !== b.born && a.covered === b.covered;
}

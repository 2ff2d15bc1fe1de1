import type { Member, State } from "./automaton.ts";
import type { AliveLetters } from "./alive-letters.ts";
import { ownLeaves } from "./automaton.ts";
import type { LetterType } from "./letters.ts";
import { GrowingMatching, SlotSearch } from "./matching.ts";

export type BagState = Extract<State, { readonly type: "bag" }>;

/** Which members of a bag each letter type fits; shared by all walks of one list through one bag. */
export class BagFit {
  readonly bag: BagState;
  readonly maxima: readonly number[];
  readonly minima: readonly number[];
  readonly needed: number;
  readonly search: SlotSearch;
  /** Whether what must be placed and what must be filled is the same question. */
  readonly isOneQuestion: boolean;
  readonly membersOf: (type: number) => readonly number[];
  /** Whether a type is the letter of a member list. */
  readonly isListed: (type: number) => boolean;
  /** For each type, 1 if it fits anything here. */
  readonly fits: Uint8Array;
  /** For each type, 1 if nothing but this group takes it, once: never is it kept from the group. */
  readonly isOwn: Uint8Array;
  /** For each type, 1 if some member takes any number of it, so that having more is never too many. */
  readonly isBoundless: Uint8Array;
  /** Whether some letter that fits may be left out. */
  readonly hasOptional: boolean;
  /** Whether a type fits a member list and something else too: lists that are not apart can not be run apart. */
  readonly isMixed: boolean;

  constructor(bag: BagState, types: readonly LetterType[], ownerOf?: (leaf: number) => Owner) {
    this.bag = bag;
    this.search = new SlotSearch(bag.members.length);
    this.maxima = bag.members.map(({ max }) => max);
    this.minima = bag.members.map(({ min }) => min);
    this.needed = this.minima.reduce((sum, min) => sum + min, 0);
    this.isOneQuestion =
      types.every(({ isObligatory }) => isObligatory) && bag.members.every(({ min, max }) => min === max);
    const fits = membersByType(bag.members, types);
    this.membersOf = (type) => fits[type] ?? [];
    const lists = bag.lists.map((list) => new Set(ownLeaves(list)));
    const found = types.map(({ leaves }) => lists.find((own) => leaves.some((leaf) => own.has(leaf))));
    this.isListed = (type) => found[type] !== undefined;
    this.isMixed = types.some(({ leaves }, type) => {
      const own = found[type];
      return own !== undefined && leaves.some((leaf) => ownerOf?.(leaf) !== "nobody" && !own.has(leaf));
    });
    this.fits = Uint8Array.from(types, (_, type) => (this.membersOf(type).length > 0 || this.isListed(type) ? 1 : 0));
    this.isBoundless = Uint8Array.from(types, (_, type) => {
      return this.membersOf(type).some((member) => this.maxima[member] === Infinity) ? 1 : 0;
    });
    this.hasOptional = types.some(({ isObligatory }, type) => !isObligatory && this.fits[type] === 1);
    this.isOwn = Uint8Array.from(types, ({ leaves }) => {
      return !bag.isLooped && leaves.every((leaf) => (ownerOf?.(leaf) ?? "this") !== "another") ? 1 : 0;
    });
  }
}

/** Who takes the letters of a leaf: the group in question, another state or several, or with a count of 0 nobody. */
type Owner = "this" | "another" | "nobody";

function membersByType(members: readonly Member[], types: readonly LetterType[]): readonly (readonly number[])[] {
  const memberOf = new Map<number, number[]>();
  for (const [member, { leaves }] of members.entries()) {
    for (const leaf of leaves) {
      const known = memberOf.get(leaf);
      if (known === undefined) memberOf.set(leaf, [member]);
      else known.push(member);
    }
  }
  return types.map(({ leaves }) => [...new Set(leaves.flatMap((leaf) => memberOf.get(leaf) ?? []))]);
}

/** The run of one member list over its own letters. */
export interface ListRun {
  readonly isAccepting: boolean;
  /** Reads its own letters of a block; false if no way is left. */
  readonly step: (block: number) => boolean;
}

/**
 * One way into a group without order, and the letters offered to it since.
 *
 * By the theorem of Mendelsohn and Dulmage two questions may be asked apart: can all obligatory letters be placed within
 * the maxima, and can all minima be filled? If both, one placement does both. Optional letters may be left unused.
 *
 * In a `parallel` the instant that sees all letters alive may be taken as the last start among them, so with each new
 * start what has ended drops out: optional letters are lost, and an obligatory one ends the walk.
 */
export class BagWalk {
  readonly state: number;
  /** The block at which it was entered. */
  readonly born: number;
  readonly lists: readonly ListRun[];
  readonly fit: BagFit;
  readonly #fill: GrowingMatching;
  #cover: GrowingMatching | undefined;
  /** For `parallel`: the optional letters that are offered and have not ended. */
  readonly #alive: AliveLetters | undefined;
  isOffered = false;
  /** How many obligatory letters it holds that may come to be too many. */
  covered = 0;
  /** For `parallel`: when the first of its obligatory letters ends. */
  deadline = Infinity;

  constructor(
    state: number,
    born: number,
    fit: BagFit,
    lists: readonly ListRun[],
    alive?: AliveLetters,
    origin?: BagWalk,
  ) {
    this.state = state;
    this.born = born;
    this.lists = lists;
    this.fit = fit;
    this.#fill = origin === undefined ? new GrowingMatching(fit.minima, fit.search) : origin.#fill.clone();
    this.#cover = origin === undefined ? undefined : origin.#cover?.clone();
    this.isOffered = origin?.isOffered ?? false;
    this.covered = origin?.covered ?? 0;
    this.#alive = alive;
  }

  /** A copy to be left at once: later blocks are not for it. */
  clone(): BagWalk {
    return new BagWalk(this.state, this.born, this.fit, this.lists, undefined, this);
  }

  /** Whether all minima are filled and all lists accept, so that the group may be left. */
  get isFilled(): boolean {
    if (this.#fill.size !== this.fit.needed) return false;
    return this.lists.length === 0 || this.lists.every(({ isAccepting }) => isAccepting);
  }

  /** Whether no letter that ends can change that: none of those that fit is optional. */
  get isFilledForGood(): boolean {
    return !this.fit.hasOptional && this.isFilled;
  }

  /** Notes obligatory letters that a member list has read. */
  coverInList(count: number, isObligatory: boolean): void {
    this.isOffered ||= count > 0;
    if (isObligatory) this.covered += count;
  }

  /** Notes when letters that are about to be offered end: the first of them, and how many end earlier but are not offered. */
  offerUntil(type: number, isObligatory: boolean, count: number, first: number, passedOver: number): void {
    if (isObligatory) this.deadline = Math.min(this.deadline, first);
    else this.#alive?.add(type, count, passedOver);
  }

  /** Offers letters of one type; false if an obligatory one finds no place, which no later letter can mend. */
  offer(type: number, isObligatory: boolean, count: number): boolean {
    const { membersOf, maxima, search, isOneQuestion, needed } = this.fit;
    this.isOffered ||= count > 0;
    if (isObligatory && this.fit.isBoundless[type] !== 1) this.covered += count;
    if (isOneQuestion) {
      for (let rest = count; rest > 0; rest--) if (!this.#fill.add(type, membersOf)) return false;
      return true;
    }
    for (let rest = isObligatory ? count : 0; rest > 0; rest--) {
      this.#cover ??= new GrowingMatching(maxima, search);
      if (!this.#cover.add(type, membersOf)) return false;
    }
    for (let rest = count; rest > 0 && this.#fill.size < needed; rest--) {
      if (!this.#fill.add(type, membersOf)) break;
    }
    return true;
  }

  /** Lets go of what has ended at `time`, the start of later letters; false if one of them is obligatory. */
  expire(time: number): boolean {
    if (this.deadline <= time) return false;
    const alive = this.#alive;
    if (alive === undefined) return true;
    const { membersOf, needed } = this.fit;
    for (let gone = alive.takeEnded(time); gone !== undefined; gone = alive.takeEnded(time)) {
      if (alive.countOf(gone) >= placedOf(this.#fill, gone, membersOf)) continue;
      this.#fill.remove(gone, membersOf);
      for (const type of alive.types) {
        if (this.#fill.size === needed) break;
        if (alive.countOf(type) > placedOf(this.#fill, type, membersOf)) this.#fill.add(type, membersOf);
      }
    }
    return true;
  }
}

function placedOf(fill: GrowingMatching, type: number, slotsOf: (type: number) => readonly number[]): number {
  return slotsOf(type).reduce((sum, slot) => sum + (fill.held(slot).get(type) ?? 0), 0);
}

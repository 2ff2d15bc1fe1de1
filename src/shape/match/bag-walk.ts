import type { Member, State } from "./automaton.ts";
import type { LetterType } from "./letters.ts";
import { GrowingMatching } from "./matching.ts";

export type BagState = Extract<State, { readonly type: "bag" }>;

/** Which members of a bag each letter type fits; shared by all walks of one list through one bag. */
export class BagFit {
  readonly members: readonly Member[];
  readonly maxima: readonly number[];
  readonly minima: readonly number[];
  readonly needed: number;
  readonly membersOf: (type: number) => readonly number[];

  constructor(bag: BagState, types: readonly LetterType[]) {
    this.members = bag.members;
    this.maxima = bag.members.map(({ max }) => max);
    this.minima = bag.members.map(({ min }) => min);
    this.needed = this.minima.reduce((sum, min) => sum + min, 0);
    const memberOf = new Map<number, number[]>();
    for (const [member, { leaves }] of bag.members.entries()) {
      for (const leaf of leaves) memberOf.set(leaf, [...(memberOf.get(leaf) ?? []), member]);
    }
    const fits = types.map(({ leaves }) => [...new Set(leaves.flatMap((leaf) => memberOf.get(leaf) ?? []))]);
    this.membersOf = (type) => fits[type] ?? [];
  }
}

/**
 * One way into an any-order group, and the letters offered to it since.
 *
 * By the theorem of Mendelsohn and Dulmage two questions may be asked apart: can all obligatory letters be placed within
 * the maxima, and can all minima be filled? If both, one placement does both. Optional letters may be left unused.
 */
export class BagWalk {
  readonly state: number;
  /** The block at which it was entered. */
  readonly born: number;
  readonly #fit: BagFit;
  readonly #cover: GrowingMatching;
  readonly #fill: GrowingMatching;
  isOffered = false;

  constructor(state: number, born: number, fit: BagFit, origin?: BagWalk) {
    this.state = state;
    this.born = born;
    this.#fit = fit;
    this.#cover = origin === undefined ? new GrowingMatching(fit.maxima) : origin.#cover.clone();
    this.#fill = origin === undefined ? new GrowingMatching(fit.minima) : origin.#fill.clone();
    this.isOffered = origin?.isOffered ?? false;
  }

  clone(): BagWalk {
    return new BagWalk(this.state, this.born, this.#fit, this);
  }

  /** Whether all minima are filled, so that the group may be left. */
  get isFilled(): boolean {
    return this.#fill.size === this.#fit.needed;
  }

  /** How many obligatory letters it holds. */
  get covered(): number {
    return this.#cover.size;
  }

  fits(type: number): boolean {
    return this.#fit.membersOf(type).length > 0;
  }

  /** Offers letters of one type; false if an obligatory one finds no place, which no later letter can mend. */
  offer(type: number, isObligatory: boolean, count: number): boolean {
    const { membersOf } = this.#fit;
    this.isOffered ||= count > 0;
    for (let rest = count; rest > 0; rest--) {
      if (isObligatory && !this.#cover.add(type, membersOf)) return false;
      if (this.isFilled) {
        if (!isObligatory) return true;
      } else this.#fill.add(type, membersOf);
    }
    return true;
  }
}

import type { Letters } from "./letters.ts";

/**
 * What is left of one block of letters with equal starts: counts by type, never sets of letters, each state of affairs
 * with a number.
 */
export class Remains {
  /** The whole block. */
  readonly all = 0;
  /** Whether the block holds more than one letter, so that their order is free. */
  readonly isTied: boolean;
  readonly #letters: Letters;
  readonly #types: readonly number[];
  readonly #counts: (readonly number[])[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(letters: Letters, block: { readonly from: number; readonly to: number }) {
    this.#letters = letters;
    this.isTied = block.to - block.from > 1;
    const counts = new Map<number, number>();
    for (const type of letters.typeOf.slice(block.from, block.to)) counts.set(type, (counts.get(type) ?? 0) + 1);
    this.#types = [...counts.keys()];
    this.#number([...counts.values()]);
  }

  /** The types of which something is left. */
  typesIn(rest: number): readonly number[] {
    const counts = this.#counts[rest] ?? [];
    return this.#types.filter((_, index) => (counts[index] ?? 0) > 0);
  }

  count(rest: number, type: number): number {
    return this.#counts[rest]?.[this.#types.indexOf(type)] ?? 0;
  }

  without(rest: number, type: number, taken: number): number {
    const index = this.#types.indexOf(type);
    return this.#number((this.#counts[rest] ?? []).map((count, other) => (other === index ? count - taken : count)));
  }

  /** Whether a letter that must be placed is left. */
  owes(rest: number): boolean {
    return this.typesIn(rest).some((type) => this.#letters.types[type]?.isObligatory === true);
  }

  #number(counts: readonly number[]): number {
    const key = counts.join(",");
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#counts.length);
    return this.#counts.push(counts) - 1;
  }
}

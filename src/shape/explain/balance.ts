import type { Letters } from "../match/letters.ts";
import { GrowingMatching } from "../match/matching.ts";
import type { Count, Item } from "../pattern.ts";
import { ONCE } from "../pattern.ts";
import type { List } from "../match/program.ts";

/** An item that must be met, through any of its leaves, regardless of order. */
export interface Demand {
  readonly item: Exclude<Item, { readonly type: "rest" }>;
  readonly leaves: readonly number[];
  readonly min: number;
}

export interface Balance {
  /** Items for which too few spans are there, in the order of the list. */
  readonly unfilled: readonly Demand[];
  /** Obligatory letters, by index, beyond what the counts allow. */
  readonly uncovered: readonly number[];
  /** Letters, by index, that the demands have taken. */
  readonly taken: ReadonlySet<number>;
}

/**
 * What a failing list lacks and what it has too much of, its order left aside: two matchings, each as good as can be.
 * Where both are whole, the order is what fails.
 */
export function balanceOf(list: List, letters: Letters): Balance {
  const { demands, maxima } = claimsOf(list);
  const slotsOf = letters.types.map(({ leaves }) => demandsOf(demands, leaves));
  const filling = new GrowingMatching(demands.map(({ min }) => min));
  const covering = new GrowingMatching(maxima);
  const uncovered: number[] = [];
  for (const [letter, type] of letters.typeOf.entries()) {
    filling.add(type, (asked) => slotsOf[asked] ?? []);
    if (letters.types[type]?.isObligatory !== true) continue;
    if (!covering.add(type, (asked) => letters.types[asked]?.leaves ?? [])) uncovered.push(letter);
  }
  const left = new Map<number, number>();
  for (const slot of demands.keys()) {
    for (const [type, count] of filling.held(slot)) left.set(type, (left.get(type) ?? 0) + count);
  }
  const taken = new Set<number>();
  for (const [letter, type] of letters.typeOf.entries()) {
    const count = left.get(type) ?? 0;
    if (count > 0) taken.add(letter);
    left.set(type, count - 1);
  }
  const unfilled = demands.filter(({ min }, slot) => filling.fill(slot) < min);
  return { unfilled, uncovered, taken };
}

function demandsOf(demands: readonly Demand[], leaves: readonly number[]): readonly number[] {
  return [...demands.keys()].filter((slot) => demands[slot]?.leaves.some((leaf) => leaves.includes(leaf)));
}

/** What the items ask for at least, and how much each leaf takes at most, all counts above it multiplied in. */
function claimsOf(list: List): { readonly demands: readonly Demand[]; readonly maxima: readonly number[] } {
  const demands: Demand[] = [];
  const maxima: number[] = [];
  // Depth first in reading order, as leaves are numbered; so the leaves of an item are a range.
  const claim = (item: Item, { min: atLeast, max: atMost }: Count): void => {
    if (item.type === "rest") {
      maxima.push(Infinity);
      return;
    }
    const { min, max } = item.count ?? ONCE;
    const from = maxima.length;
    const total = { min: min * atLeast, max: max === 0 || atMost === 0 ? 0 : max * atMost };
    if (item.type === "node") maxima.push(total.max);
    else {
      const inner = item.type === "one-of" ? { min: 0, max: total.max } : total;
      for (const part of item.items) claim(part, inner);
    }
    const isDemand = item.type === "node" || (item.type === "one-of" && item.items.every(canNotBeEmpty));
    if (!isDemand || total.min === 0) return;
    const leaves = Array.from({ length: maxima.length - from }, (_, index) => from + index);
    demands.push({ item, leaves, min: total.min });
  };
  for (const item of list.source.items) claim(item, ONCE);
  return { demands, maxima };
}

function canNotBeEmpty(item: Item): boolean {
  if (item.type === "rest" || item.count?.min === 0) return false;
  return item.type === "node" || item.items[item.type === "one-of" ? "every" : "some"](canNotBeEmpty);
}

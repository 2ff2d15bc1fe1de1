import type { SpanNode } from "../../trace/tree.ts";
import type { Count, GroupType, TextTest } from "../pattern.ts";

/** A place of a list to be: what will be one item of it. Groups of slots are a few levels deep, never more. */
export type Slot = SpanSlot | GroupSlot | { readonly type: "rest" };

/** One line, and all the spans that it has to stand for. */
export interface SpanSlot {
  readonly type: "spans";
  /** What the spans have in common. */
  readonly key: string;
  readonly spans: readonly SpanNode[];
  /** The test of the name where the spans have several. */
  readonly name?: TextTest;
  readonly count?: Count;
  /** Whether its place among its siblings is evidence. */
  readonly isOrdered: boolean;
}

interface GroupSlot {
  readonly type: GroupType;
  readonly items: readonly Slot[];
  readonly count?: Count;
}

/** The count of what was seen so often; absent for exactly once each time. */
export function countOver(seen: readonly number[]): { readonly count?: Count } {
  let min = Infinity;
  let max = 0;
  for (const times of seen) {
    min = Math.min(min, times);
    max = Math.max(max, times);
  }
  return min === 1 && max === 1 ? {} : { count: { min: Math.min(min, max), max } };
}

/** Whether something has to be there for the slot to hold. */
export function isRequired(slot: Slot): boolean {
  if (slot.type === "rest" || slot.count?.min === 0) return false;
  if (slot.type === "spans") return true;
  return slot.type === "one-of" ? slot.items.every(isRequired) : slot.items.some(isRequired);
}

/** How many steps the slots unroll to. */
export function stepsIn(slots: readonly Slot[]): number {
  let steps = 0;
  for (const slot of slots) {
    if (slot.type === "rest") continue;
    steps += (slot.count?.max ?? 1) * ("items" in slot ? stepsIn(slot.items) : 1);
  }
  return steps;
}

import { eachChild } from "../match/columns.ts";
import type { Pass } from "../match/pass.ts";
import type { List } from "../match/program.ts";
import type { Nearby } from "./nearness.ts";
import { STRANGE } from "./nearness.ts";

/** Spans that are looked at only because they are near to an item, though nothing obliges them. */
const NEAR_MAX = 64;

/** A span that a failing list may be about. */
export interface Candidate {
  readonly row: number;
  readonly isChild: boolean;
  /** Whether it must be used: all children in `exactly`, what fits an item with a count otherwise. */
  readonly isObligatory: boolean;
  /** The leaves of the list that it fits. */
  readonly leaves: readonly number[];
}

/**
 * The spans that `list` may be about under `row`, by start: what fits a leaf, what must be used, and what is near to a
 * leaf. Of equal starts, what fits an earlier leaf comes first, since their order is free.
 */
export function candidatesOf(list: List, row: number, pass: Pass, nearby: Nearby): readonly Candidate[] {
  const { columns } = pass;
  const found: Candidate[] = [];
  const met = new Set<number>();
  let near = 0;
  const meet = (span: number, isChild: boolean): void => {
    if (met.has(span)) return;
    met.add(span);
    const leaves: number[] = [];
    const rests: number[] = [];
    const isSemantic = isChild && columns.isTransparent[span] !== 1;
    const isExact = list.source.mode === "exactly" && isSemantic;
    let isCounted = false;
    let isNear = false;
    for (const [leaf, { pattern, isDeep, isCounted: counts }] of list.leaves.entries()) {
      if (pattern === undefined) rests.push(leaf);
      else if (!isChild && !isDeep) continue;
      else if (pass.has(span, pattern.id)) {
        leaves.push(leaf);
        isCounted ||= counts;
      } else if (!isExact && near < NEAR_MAX) isNear ||= nearby.atLeast(span, pattern) < STRANGE;
    }
    if (isSemantic && !isCounted) leaves.push(...rests);
    const isObligatory = isCounted || isExact;
    if (!isObligatory && leaves.length === 0) {
      if (!isNear) return;
      near++;
    }
    found.push({ row: span, isChild, isObligatory, leaves });
  };
  eachChild(columns, row, (child, isPassed) => {
    if (!isPassed || list.namesTransparent) meet(child, true);
  });
  if (list.hasDeep) for (let below = row + 1; below <= (columns.last[row] ?? row); below++) meet(below, false);
  const first = ({ leaves }: Candidate): number => leaves[0] ?? list.leaves.length;
  const { start } = columns;
  return found.toSorted((a, b) => (start[a.row] ?? 0) - (start[b.row] ?? 0) || first(a) - first(b) || a.row - b.row);
}

import type { Columns } from "../match/columns.ts";
import type { Edit } from "./edit.ts";
import type { GroupPlace, LeafPlace } from "./places.ts";

/** Two spans of a group whose times do not go together as it asks. */
export interface TimeFault {
  readonly group: GroupPlace;
  /** The one that is to blame: in a sequence the later, in a parallel group the one that starts last. */
  readonly found: number;
  readonly other: number;
  /** By how many nanoseconds they overlap, or stand apart. */
  readonly by: number;
}

/**
 * What is wrong with the times of spans that are otherwise as the list asks: a member of a sequence that starts before
 * all before it have ended, or two of a parallel group of which one ends before the other starts.
 */
export function timeFault(
  edits: readonly Edit[],
  places: readonly LeafPlace[],
  { start, end }: Pick<Columns, "start" | "end">,
): TimeFault | undefined {
  const rounds = new Map<GroupPlace, Round>();
  for (const edit of edits) {
    if (edit.type !== "match") continue;
    const {
      candidate: { row },
      leaf,
    } = edit;
    for (const group of places[leaf]?.groups ?? []) {
      const isSequence = group.part.type === "sequence";
      if (!isSequence && group.part.type !== "parallel") continue;
      const known = rounds.get(group);
      // A sequence goes on over its own rounds; a parallel group, and a sequence in something repeated, begin anew.
      const isNew =
        known === undefined || (isSequence ? leaf < known.leaf && group.part.count.max === 1 : known.taken.has(leaf));
      const round = isNew ? { leaf, taken: new Set<number>(), longest: row, shortest: row } : known;
      const fault = isNew ? undefined : faultOf(group, row, isSequence ? round.longest : round.shortest);
      if (fault !== undefined) return fault;
      rounds.set(group, {
        leaf,
        taken: round.taken.add(leaf),
        longest: (end[row] ?? 0) > (end[round.longest] ?? 0) ? row : round.longest,
        shortest: (end[row] ?? 0) < (end[round.shortest] ?? 0) ? row : round.shortest,
      });
    }
  }
  return undefined;

  function faultOf(group: GroupPlace, row: number, other: number): TimeFault | undefined {
    const gap = (start[row] ?? 0) - (end[other] ?? 0);
    if (group.part.type === "sequence") return gap < 0 ? { group, found: row, other, by: -gap } : undefined;
    const isAlive = gap < 0 || (gap === 0 && start[other] === end[other]);
    return isAlive ? undefined : { group, found: row, other, by: gap };
  }
}

interface Round {
  readonly leaf: number;
  readonly taken: Set<number>;
  /** The span that ends last, and the one that ends first. */
  readonly longest: number;
  readonly shortest: number;
}

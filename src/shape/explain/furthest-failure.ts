import type { Automaton } from "../match/automaton.ts";
import { runChart } from "../match/chart.ts";
import type { Letters } from "../match/letters.ts";
import { lettersOf } from "../match/letters.ts";
import type { Pass } from "../match/pass.ts";
import type { List } from "../match/program.ts";
import { firstUnfilled } from "../match/windows.ts";
import type { Finding } from "./finding.ts";
import type { MismatchWriter } from "./mismatch-writer.ts";
import type { Demand, LeafPlace } from "./places.ts";

/** How far a list that is too long to be aligned could be read: what was expected next, and what stood there. */
export function furthestFailure(
  write: MismatchWriter,
  pass: Pass,
  { row, list, places }: { readonly row: number; readonly list: List; readonly places: readonly LeafPlace[] },
): Finding {
  const letters = lettersOf(list, row, pass, Infinity);
  const [stranded] = letters.stranded;
  if (stranded !== undefined) return write.extra(row, list, stranded, undefined);
  if (list.plan.type === "windows") {
    const index = firstUnfilled(list.plan.windows, letters) ?? 0;
    const leaves = (list.plan.windows[index] ?? []).flatMap((member) => member.leaves);
    return write.stuck(row, demandsOf(places, leaves), { after: undefined, found: undefined });
  }
  const result = runChart(list.plan.automaton, letters);
  const { block, states } = result.verdict === "no" ? result : { block: letters.blocks.length, states: [] };
  const leaves = nextLeaves(list.plan.automaton, states);
  const range = letters.blocks[block];
  // What may repeat comes before what must follow, so at the end the last leaf is the one that is owed.
  if (range === undefined)
    return write.stuck(row, demandsOf(places, leaves.slice(-1)), { after: undefined, found: undefined });
  return write.stuck(row, demandsOf(places, leaves), { after: undefined, found: firstObligatory(letters, range) });
}

function firstObligatory(letters: Letters, { from, to }: { readonly from: number; readonly to: number }): number {
  let letter = from;
  while (letter < to && letters.types[letters.typeOf[letter] ?? -1]?.isObligatory !== true) letter++;
  return letters.rows[letter < to ? letter : from] ?? 0;
}

function demandsOf(places: readonly LeafPlace[], leaves: readonly number[]): readonly Demand[] {
  return [...new Set(leaves)].flatMap((leaf) => places[leaf]?.demand ?? []);
}

/** The leaves that can come next from the states that got furthest. */
function nextLeaves(automaton: Automaton, states: readonly number[]): readonly number[] {
  const leaves = new Set<number>();
  const seen = new Set(states);
  const stack = [...states];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const state = automaton.states[id];
    if (state?.type === "leaf") leaves.add(state.leaf);
    if (state?.type === "bag") for (const member of state.members) for (const leaf of member.leaves) leaves.add(leaf);
    if (state?.type !== "split") continue;
    for (const next of state.next) {
      if (!seen.has(next)) stack.push(next);
      seen.add(next);
    }
  }
  return [...leaves].toSorted((a, b) => a - b);
}

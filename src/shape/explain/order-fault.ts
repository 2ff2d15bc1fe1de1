import type { Mismatch } from "../../trace/mismatch.ts";
import type { Automaton } from "../match/automaton.ts";
import { runChart } from "../match/chart.ts";
import type { Letters } from "../match/letters.ts";
import type { MismatchWriter } from "./mismatch-writer.ts";
import { flatItems } from "../pattern.ts";
import type { Item } from "../pattern.ts";
import { printItemLine } from "../print.ts";
import type { List } from "../match/program.ts";
import { firstUnfilled } from "../match/windows.ts";

/** What fails in a list that has spans enough for all its items and no more than they take: the order. */
export function outOfOrder(writer: MismatchWriter, row: number, list: List, letters: Letters): Mismatch {
  const label = (span: number | undefined): string => (span === undefined ? "" : writer.place(span).label);
  if (list.plan.type === "windows") {
    const { windows } = list.plan;
    const index = firstUnfilled(windows, letters) ?? 0;
    const leaves = (windows[index] ?? []).flatMap((member) => member.leaves);
    const before = itemsAt(
      list,
      (windows[index - 1] ?? []).flatMap((member) => member.leaves),
    );
    const found = lastOf(letters, leaves);
    const after = before.length === 0 ? "" : `after ${before.map(({ text }) => text).join(", ")}; `;
    const detail = found === undefined ? `${after}nothing is left for it` : `${after}${label(found)} starts too early`;
    return writer.outOfOrder(
      row,
      itemsAt(list, leaves).map(({ item }) => item),
      found,
      detail,
    );
  }
  const result = runChart(list.plan.automaton, letters);
  const { block, states } = result.verdict === "no" ? result : { block: letters.blocks.length, states: [] };
  const leaves = nextLeaves(list.plan.automaton, states);
  const range = letters.blocks[block];
  if (range === undefined) {
    // What may repeat comes before what must follow, so the last leaf is the one that is owed.
    const owed = leaves.slice(-1);
    const found = lastOf(letters, owed);
    const detail =
      found === undefined ? "to come last; nothing is left for it" : `to come last; ${label(found)} starts too early`;
    return writer.outOfOrder(
      row,
      itemsAt(list, owed).map(({ item }) => item),
      found,
      detail,
    );
  }
  const items = itemsAt(list, leaves).map(({ item }) => item);
  const stuck = Array.from({ length: range.to - range.from }, (_, index) => range.from + index).find((letter) => {
    return letters.types[letters.typeOf[letter] ?? -1]?.isObligatory === true;
  });
  const found = letters.rows[stuck ?? range.from];
  return writer.outOfOrder(row, items, found, `next; found ${label(found)}`);
}

function itemsAt(list: List, leaves: readonly number[]): readonly { readonly item: Item; readonly text: string }[] {
  const items = [...flatItems(list.source.items)].filter(({ type }) => type === "node" || type === "rest");
  return [...new Set(leaves)].flatMap((leaf) => {
    const item = items[leaf];
    return item === undefined ? [] : [{ item, text: printItemLine(item) }];
  });
}

/** The last span that fits one of the leaves. */
function lastOf(letters: Letters, leaves: readonly number[]): number | undefined {
  return letters.rows.findLast((_, letter) => {
    return letters.types[letters.typeOf[letter] ?? -1]?.leaves.some((leaf) => leaves.includes(leaf));
  });
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

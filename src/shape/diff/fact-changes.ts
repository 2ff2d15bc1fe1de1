import { longestRise } from "./alignment.ts";
import type { Hanging } from "./hanging.ts";
import type { Scope } from "./moves.ts";
import type { Pairing } from "./pairing.ts";

/** What a span says under `key`, as text; null for nothing. */
export interface FactChange {
  readonly key: string;
  readonly from: string | null;
  readonly to: string | null;
  /** Whether a span above changed in just this, so that it is said there: a service renamed, a stamped version. */
  readonly isInherited: boolean;
}

/** What changed in the paired rows of a scope, by row of before; rows without a change are left out. */
export function factChangesOf(
  pairing: Pairing,
  scope: Scope,
  hanging: Hanging,
): ReadonlyMap<number, readonly FactChange[]> {
  const { before, after, afterOf, words } = pairing;
  const steps = stepChangesOf(pairing, scope, hanging);
  const changes = new Map<number, readonly FactChange[]>();
  // What changed above the row at hand, how often, and where that ends.
  const active = new Map<string, number>();
  const open: { readonly end: number; readonly said: readonly string[] }[] = [];
  for (let a = scope.before.start; a < scope.before.end; a++) {
    for (let last = open.at(-1); last !== undefined && last.end <= a; last = open.at(-1)) {
      for (const text of last.said) active.set(text, (active.get(text) ?? 1) - 1);
      open.pop();
    }
    const b = afterOf[a] ?? -1;
    const [node, other] = [before.nodes[a], after.nodes[b]];
    if (node === undefined || other === undefined) continue;
    const differences =
      before.facts[a] === after.facts[b]
        ? []
        : differencesOf(words.factsBy.get(before.facts[a] ?? -1), words.factsBy.get(after.facts[b] ?? -1));
    const own = [...differences, ...(steps.get(a) ?? [])];
    if (own.length > 0) {
      const isSaid = (each: Difference): boolean => (active.get(textOf(each)) ?? 0) > 0;
      changes.set(
        a,
        own.map((each) => ({ ...each, isInherited: isSaid(each) })),
      );
    }
    const said = own.map(textOf);
    // What an agent or a tool is called is said again by the spans that name it.
    const [from, to] = [node.meaning.name, other.meaning.name];
    if (from !== to) said.push(...["agent", "tool"].map((key) => textOf({ key, from, to })));
    if (said.length === 0 || before.sizes[a] === 1) continue;
    for (const text of said) active.set(text, (active.get(text) ?? 0) + 1);
    open.push({ end: a + (before.sizes[a] ?? 1), said });
  }
  return changes;
}

type Difference = Omit<FactChange, "isInherited">;

type Facts = ReadonlyMap<string, string>;

function differencesOf(first: Facts = new Map(), second: Facts = new Map()): readonly Difference[] {
  const keys = new Set([...first.keys(), ...second.keys()]);
  return [...keys]
    .map((key) => ({ key, from: first.get(key) ?? null, to: second.get(key) ?? null }))
    .filter(({ from, to }) => from !== to);
}

function textOf({ key, from, to }: Difference): string {
  return JSON.stringify([key, from, to]);
}

/**
 * Step numbers that tell of something: one gained, lost, or in another order than the others of its agent. A number that
 * only shifts, because a step came or went before it, is no change; nor is one that goes with a move.
 */
function stepChangesOf(
  { before, after, afterOf }: Pairing,
  { before: { start, end } }: Scope,
  { isInPlace, late }: Hanging,
): ReadonlyMap<number, readonly Difference[]> {
  const changes = new Map<number, readonly Difference[]>();
  const agents = new Int32Array(end - start).fill(-1);
  const numbered = new Map<number, { readonly row: number; readonly from: number; readonly to: number }[]>();
  for (let a = start; a < end; a++) {
    const parent = before.parents[a] ?? -1;
    const isAgent = before.nodes[parent]?.meaning.kind === "agent";
    const agent = isAgent || parent < start ? parent : (agents[parent - start] ?? -1);
    agents[a - start] = agent;
    const [node, other] = [before.nodes[a], after.nodes[afterOf[a] ?? -1]];
    if (node === undefined || other === undefined) continue;
    const [from, to] = [node.meaning.trajectoryStep, other.meaning.trajectoryStep];
    if ((from === undefined) !== (to === undefined)) {
      changes.set(a, [{ key: "step", from: from?.toString() ?? null, to: to?.toString() ?? null }]);
    } else if (from !== undefined && to !== undefined && isInPlace(a) && !late.has(a)) {
      const list = numbered.get(agent);
      if (list === undefined) numbered.set(agent, [{ row: a, from, to }]);
      else list.push({ row: a, from, to });
    }
  }
  for (const list of numbered.values()) {
    const sorted = list.toSorted((x, y) => x.from - y.from || x.to - y.to);
    const kept = longestRise(sorted.map(({ to }) => to));
    for (const [index, { row, from, to }] of sorted.entries())
      if (!kept.has(index) && from !== to) changes.set(row, [{ key: "step", from: `${from}`, to: `${to}` }]);
  }
  return changes;
}

import type { List } from "../match/program.ts";
import type { BagState } from "../match/bag-walk.ts";
import type { Automaton, Member, State } from "../match/automaton.ts";
import { ownLeaves } from "../match/automaton.ts";
import { Bag } from "./bag.ts";
import type { Candidate } from "./candidates.ts";
import type { Edit, Substitution } from "./edit.ts";
import { COSTS } from "./edit.ts";
import type { Nearby } from "./nearness.ts";
import { STRANGE } from "./nearness.ts";
import type { LeafPlace } from "./places.ts";
import type { Count } from "../pattern.ts";
import { ONCE } from "../pattern.ts";

/** The most steps tried for one list, counted and not timed. */
const WORK_MAX = 200_000;

/** How many steps it counts for to compare a span with a pattern that it does not fit. */
const SUBSTITUTION_WORK = 10;

/**
 * Reads the spans of a list along its automaton at the least cost, where a span may be skipped, taken for another, or be
 * missing: what is not a match on that way is the smallest explanation. `undefined` where that takes too many steps.
 *
 * Dijkstra's search over pairs of a position and a state; what is nearly right is found without looking at the rest.
 */
export function align(
  list: List,
  candidates: readonly Candidate[],
  { nearby, places }: { readonly nearby: Nearby; readonly places: readonly LeafPlace[] },
): readonly Edit[] | undefined {
  const substitution: Substitution = (candidate, leaf) => {
    const target = list.leaves[leaf];
    if (target?.pattern === undefined || (!candidate.isChild && !target.isDeep)) return undefined;
    const nearness = nearby.of(candidate.row, target.pattern);
    // What is asked not to be there is no other thing in disguise.
    const isUnwanted = candidate.leaves.some((fitted) => places[fitted]?.count.max === 0);
    if (nearness.cost === Infinity || isUnwanted) return undefined;
    if (nearness.cost >= STRANGE) return { cost: COSTS.instead, nearness };
    // What fits another leaf stands in the wrong place more likely than it is another span.
    const isTaken = candidate.leaves.length > 0;
    return { cost: (isTaken ? COSTS.taken : 0) + Math.round(nearness.cost * (isTaken ? 1 : COSTS.near)), nearness };
  };
  const countOf = (leaf: number): Count => places[leaf]?.count ?? ONCE;
  const graphs: Graph[] = [statesOf(list)];
  let first: readonly Edit[] | undefined;
  for (let graph = graphs.pop(); graph !== undefined; graph = graphs.pop()) {
    const lists = graph.states.flatMap((state) => (state.type === "bag" ? state.lists : []));
    const own =
      first === undefined ? candidates : candidates.filter(({ leaves }) => leaves.some((leaf) => isOwn(graph, leaf)));
    const edits = new Search(graph, own, { substitution, countOf }).run();
    first ??= edits;
    // A list within a group without order is looked at apart, once nothing else is wrong.
    if (edits === undefined || edits.some(({ type }) => type !== "match" && type !== "unused")) return edits;
    graphs.push(...lists);
  }
  return first;
}

function isOwn(graph: Graph, leaf: number): boolean {
  return graph.ownerOf?.[leaf] !== -2;
}

interface Graph {
  readonly states: readonly State[];
  readonly start: number;
  readonly ownerOf?: Automaton["ownerOf"];
}

function statesOf({ plan }: List): Graph {
  if (plan.type === "chart") return plan.automaton;
  const states: State[] = [{ type: "accept" }];
  for (const members of plan.windows.toReversed()) {
    const next = states.length - 1;
    const leaf = members.length === 1 && members[0]?.leaves.length === 1 ? members[0].leaves[0] : undefined;
    states.push(
      leaf === undefined
        ? { type: "bag", members, next, isLooped: false, isParallel: false, lists: [] }
        : { type: "leaf", leaf, next, isSequential: false },
    );
  }
  return { states, start: states.length - 1 };
}

interface Step {
  readonly from: number;
  readonly edit?: Edit;
  readonly bag?: { readonly state: BagState; readonly to: number };
}

class Search {
  readonly #graph: Graph;
  readonly #candidates: readonly Candidate[];
  readonly #substitution: Substitution;
  readonly #countOf: (leaf: number) => Count;
  readonly #cost = new Map<number, number>();
  readonly #came = new Map<number, Step>();
  readonly #buckets: number[][] = [];
  #work = 0;

  constructor(
    graph: Graph,
    candidates: readonly Candidate[],
    { substitution, countOf }: { readonly substitution: Substitution; readonly countOf: (leaf: number) => Count },
  ) {
    this.#graph = graph;
    this.#candidates = candidates;
    this.#substitution = substitution;
    this.#countOf = countOf;
  }

  run(): readonly Edit[] | undefined {
    const { states, start } = this.#graph;
    const size = states.length;
    // State 0 accepts.
    const goal = this.#candidates.length * size;
    this.#push(start, 0, { from: -1 });
    for (let cost = 0; cost < this.#buckets.length; cost++) {
      const bucket = this.#buckets[cost] ?? [];
      for (let key = bucket.pop(); key !== undefined; key = bucket.pop()) {
        if (this.#cost.get(key) !== cost) continue;
        if (key === goal) return this.#edits(goal);
        if (this.#work > WORK_MAX) return undefined;
        this.#leave(Math.floor(key / size), key % size, cost);
      }
    }
    return undefined;
  }

  #leave(position: number, id: number, cost: number): void {
    const { states } = this.#graph;
    const state = states[id];
    if (state === undefined) return;
    const size = states.length;
    const from = position * size + id;
    const candidate = this.#candidates[position];
    if (state.type === "split") {
      for (const next of state.next.toReversed()) this.#push(position * size + next, cost, { from });
      return;
    }
    if (state.type === "bag") {
      this.#leaveBag(position, id, cost, state);
      return;
    }
    if (state.type === "leaf") {
      const edit = { type: "missing", leaves: [state.leaf], isFree: false, competes: [] } as const;
      this.#push(position * size + state.next, cost + COSTS.missing, { from, edit });
    }
    if (candidate === undefined) return;
    if (candidate.isObligatory) {
      const edit = { type: "extra", candidate, wanted: [] } as const;
      this.#push(from + size, cost + COSTS.extra, { from, edit });
    } else {
      const unused = candidate.leaves.length > 0 ? COSTS.unused : 0;
      this.#push(from + size, cost + unused, { from, edit: { type: "unused", candidate } });
    }
    // Pushed last and so tried first: of ways that cost the same, the one that uses the earliest span.
    if (state.type === "leaf") this.#take(candidate, from, (position + 1) * size + state.next, cost, state.leaf);
  }

  #take(candidate: Candidate, from: number, to: number, cost: number, leaf: number): void {
    if (candidate.leaves.includes(leaf)) {
      this.#push(to, cost, { from, edit: { type: "match", candidate, leaf } });
      return;
    }
    this.#work += SUBSTITUTION_WORK;
    const found = this.#substitution(candidate, leaf);
    if (found === undefined) return;
    const edit = { type: "near", candidate, leaf, nearness: found.nearness } as const;
    // Among equals the earliest.
    const position = Math.min(Math.floor(from / this.#graph.states.length), COSTS.near / 20);
    this.#push(to, cost + found.cost + position, { from, edit });
  }

  /** The group may end after any of the spans that follow; what it takes of them and what not is its own question. */
  #leaveBag(position: number, id: number, cost: number, state: BagState): void {
    const size = this.#graph.states.length;
    const from = position * size + id;
    const bag = new Bag(this.#membersOf(state), this.#substitution);
    for (let to = position; to <= this.#candidates.length; to++) {
      this.#push(to * size + state.next, cost + bag.cost(), { from, bag: { state, to } });
      const candidate = this.#candidates[to];
      if (candidate === undefined || this.#work > WORK_MAX) return;
      bag.offer(candidate);
      this.#work += state.members.length >> 3;
    }
  }

  #push(key: number, cost: number, step: Step): void {
    this.#work++;
    const known = this.#cost.get(key);
    if (known !== undefined && known <= cost) return;
    this.#cost.set(key, cost);
    this.#came.set(key, step);
    (this.#buckets[cost] ??= []).push(key);
  }

  /** The members of a group; of lists in it each leaf, their order left aside. */
  #membersOf({ members, lists }: BagState): readonly Member[] {
    if (lists.length === 0) return members;
    const leaves = lists.flatMap(ownLeaves);
    return [...members, ...leaves.map((leaf) => ({ leaves: [leaf], ...this.#countOf(leaf) }))];
  }

  /** The leaves that could come next on any way that has cost as little. */
  #wantedAt(key: number): readonly number[] {
    const { states } = this.#graph;
    const first = key - (key % states.length);
    const leaves = new Set<number>();
    for (const [id, state] of states.entries()) {
      if (this.#cost.get(first + id) !== this.#cost.get(key)) continue;
      if (state.type === "leaf") leaves.add(state.leaf);
      if (state.type === "bag") for (const leaf of state.members.flatMap((member) => member.leaves)) leaves.add(leaf);
    }
    return [...leaves].toSorted((a, b) => a - b);
  }

  #edits(goal: number): readonly Edit[] {
    const size = this.#graph.states.length;
    const parts: (readonly Edit[])[] = [];
    for (let step = this.#came.get(goal); step !== undefined; step = this.#came.get(step.from)) {
      if (step.edit?.type === "extra") parts.push([{ ...step.edit, wanted: this.#wantedAt(step.from) }]);
      else if (step.edit !== undefined) parts.push([step.edit]);
      if (step.bag === undefined) continue;
      const bag = new Bag(this.#membersOf(step.bag.state), this.#substitution);
      for (const candidate of this.#candidates.slice(Math.floor(step.from / size), step.bag.to)) bag.offer(candidate);
      parts.push(bag.edits());
    }
    return parts.toReversed().flat();
  }
}

import type { Member } from "../match/automaton.ts";
import { GrowingMatching } from "../match/matching.ts";
import type { Candidate } from "./candidates.ts";
import type { Edit, Substitution } from "./edit.ts";
import { COSTS } from "./edit.ts";

/** How many members and how many spans left over are compared with each other. */
const PAIRED_MAX = 16;

/** The spans offered to a group whose members have no order, and what it would cost to make them fill it. */
export class Bag {
  readonly #members: readonly Member[];
  readonly #substitution: Substitution;
  readonly #filling: GrowingMatching;
  readonly #covering: GrowingMatching;
  readonly #types: (readonly number[])[] = [];
  readonly #typeOf = new Map<string, number>();
  readonly #offered: Candidate[] = [];
  /** What fits no member, or only members that are full. */
  readonly #loose: Candidate[] = [];

  constructor(members: readonly Member[], substitution: Substitution) {
    this.#members = members;
    this.#substitution = substitution;
    this.#filling = new GrowingMatching(members.map(({ min }) => min));
    this.#covering = new GrowingMatching(members.map(({ max }) => max));
  }

  offer(candidate: Candidate): void {
    const fitting = this.#membersOf(candidate);
    const key = fitting.join(",");
    const type = this.#typeOf.get(key) ?? this.#types.push(fitting) - 1;
    this.#typeOf.set(key, type);
    const membersOf = (asked: number): readonly number[] => this.#types[asked] ?? [];
    const isFilling = this.#filling.add(type, membersOf);
    const isPlaced = candidate.isObligatory ? this.#covering.add(type, membersOf) : isFilling;
    this.#offered.push(candidate);
    if (!isPlaced) this.#loose.push(candidate);
  }

  cost(): number {
    const extra = this.#loose.filter(({ isObligatory }) => isObligatory).length;
    const missing = this.#members.reduce((sum, { min }, member) => sum + min - this.#filling.fill(member), 0);
    const saved = missing === 0 ? 0 : this.#pairs().reduce((sum, pair) => sum + pair.saved, 0);
    return COSTS.missing * missing + COSTS.extra * extra - saved;
  }

  edits(): readonly Edit[] {
    const pairs = this.#pairs();
    const edits: Edit[] = [];
    for (const [member, { leaves }] of this.#members.entries()) {
      const open = this.#openOf(member) - pairs.filter((pair) => pair.member === member).length;
      const competes = open > 0 ? this.#competing(member) : [];
      for (let round = 0; round < open; round++) edits.push({ type: "missing", leaves, isFree: true, competes });
    }
    const loose = new Set(this.#loose);
    for (const candidate of this.#offered) {
      const pair = pairs.find((other) => other.candidate === candidate);
      const leaf = candidate.leaves.find((fitted) => this.#members.some(({ leaves }) => leaves.includes(fitted)));
      if (pair !== undefined) edits.push(pair.edit);
      else if (!loose.has(candidate)) edits.push({ type: "match", candidate, leaf: leaf ?? -1 });
      else if (candidate.isObligatory) edits.push({ type: "extra", candidate, wanted: [] });
      else edits.push({ type: "unused", candidate });
    }
    return edits;
  }

  /** The spans held by members that would have to give one up for `member` to be filled: a witness in Hall's sense. */
  #competing(member: number): readonly Candidate[] {
    const reached = new Set([member]);
    const types = new Set<number>();
    for (const asking of reached) {
      for (const [other] of this.#members.entries()) {
        for (const type of this.#filling.held(other).keys()) {
          if (this.#types[type]?.includes(asking) !== true) continue;
          if (!this.#filling.held(member).has(type)) types.add(type);
          reached.add(other);
        }
      }
    }
    return this.#offered.filter((candidate) => types.has(this.#typeOf.get(this.#membersOf(candidate).join(",")) ?? -1));
  }

  #membersOf({ leaves }: Candidate): readonly number[] {
    return [...this.#members.keys()].filter((member) => {
      return this.#members[member]?.leaves.some((leaf) => leaves.includes(leaf)) === true;
    });
  }

  #openOf(member: number): number {
    return (this.#members[member]?.min ?? 0) - this.#filling.fill(member);
  }

  /** Members that are not filled with the spans left over that come nearest to them, the nearest pairs first. */
  #pairs(): readonly Pair[] {
    const open = [...this.#members.keys()].filter((member) => this.#openOf(member) > 0).slice(0, PAIRED_MAX);
    const pairs: Pair[] = [];
    for (const candidate of this.#loose.slice(0, PAIRED_MAX)) {
      for (const member of open) {
        for (const leaf of this.#members[member]?.leaves ?? []) {
          const found = this.#substitution(candidate, leaf);
          const apart = COSTS.missing + (candidate.isObligatory ? COSTS.extra : 0);
          if (found === undefined || found.cost >= apart) continue;
          const edit = { type: "near", candidate, leaf, nearness: found.nearness } as const;
          pairs.push({ member, candidate, saved: apart - found.cost, edit });
        }
      }
    }
    const left = new Map(open.map((member) => [member, this.#openOf(member)]));
    const used = new Set<Candidate>();
    return pairs
      .toSorted((a, b) => b.saved - a.saved)
      .filter(({ member, candidate }) => {
        const rest = left.get(member) ?? 0;
        if (rest === 0 || used.has(candidate)) return false;
        left.set(member, rest - 1);
        used.add(candidate);
        return true;
      });
  }
}

interface Pair {
  readonly member: number;
  readonly candidate: Candidate;
  readonly saved: number;
  readonly edit: Extract<Edit, { readonly type: "near" }>;
}

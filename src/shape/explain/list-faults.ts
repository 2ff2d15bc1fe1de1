import type { Columns } from "../match/columns.ts";
import type { List, Pattern } from "../match/program.ts";
import type { Candidate } from "./candidates.ts";
import type { Edit, MissingEdit } from "./edit.ts";
import type { Failure, Finding } from "./finding.ts";
import type { MismatchWriter } from "./mismatch-writer.ts";
import type { Nearby, Nearness } from "./nearness.ts";
import type { Demand, GroupPlace, LeafPlace } from "./places.ts";
import { timeFault } from "./time-fault.ts";

/** How many spans are looked at for the nearest to what is missing. */
const NEAREST_MAX = 64;

interface About {
  readonly nearby: Nearby;
  readonly columns: Columns;
  readonly row: number;
  readonly list: List;
  readonly places: readonly LeafPlace[];
  readonly edits: readonly Edit[];
}

/** What the steps of an alignment that are no match say, in the order of the list. */
export function listFaults(write: MismatchWriter, about: About): readonly (Finding | Failure)[] {
  return new ListFaults(write, about).all();
}

class ListFaults {
  readonly #write: MismatchWriter;
  readonly #nearby: Nearby;
  readonly #columns: Columns;
  readonly #row: number;
  readonly #list: List;
  readonly #edits: readonly Edit[];
  readonly #places: readonly LeafPlace[];
  /** Spans spoken of already, so that one fault is told once. */
  readonly #told = new Set<Candidate>();
  readonly #toldDemands = new Set<Demand>();

  constructor(write: MismatchWriter, { nearby, columns, row, list, places, edits }: About) {
    this.#write = write;
    this.#nearby = nearby;
    this.#columns = columns;
    this.#row = row;
    this.#list = list;
    this.#edits = missingFirst(edits);
    this.#places = places;
  }

  all(): readonly (Finding | Failure)[] {
    // Out of order first: it says of two steps at once, one missing and one extra, what they are.
    const swapped = new Map<Edit, Finding>();
    for (const [index, edit] of this.#edits.entries()) {
      if (edit.type !== "missing" || swapped.has(edit)) continue;
      const finding = this.#outOfOrder(edit, index);
      if (finding !== undefined) swapped.set(edit, finding);
    }
    const faults = this.#edits.flatMap((edit, index) => swapped.get(edit) ?? this.#faultOf(edit, index) ?? []);
    if (faults.length > 0) return faults;
    const fault = timeFault(this.#edits, this.#places, this.#columns);
    return fault === undefined ? [] : [this.#write.notTogether(this.#row, fault)];
  }

  #faultOf(edit: Edit, index: number): Finding | Failure | undefined {
    if (edit.type === "near") return this.#near(edit);
    if (edit.type === "missing") return this.#missing(edit, index);
    if (edit.type === "extra" && !this.#told.has(edit.candidate)) return this.#extra(edit, index);
    return undefined;
  }

  #near({ candidate, leaf, nearness }: Extract<Edit, { readonly type: "near" }>): Finding | Failure {
    const pattern = this.#list.leaves[leaf]?.pattern;
    if (nearness.failed.length === 0 && pattern !== undefined) {
      return { row: candidate.row, body: pattern.body, pattern };
    }
    const demand = this.#demandOf([leaf]);
    return this.#write.changed(this.#row, demand, nearness);
  }

  /** A span of the list that fits what is missing, on the wrong side of others. */
  #outOfOrder(missing: MissingEdit, index: number): Finding | undefined {
    const at = this.#edits.findIndex((edit) => {
      if (edit.type !== "extra" && edit.type !== "unused") return false;
      return !this.#told.has(edit.candidate) && edit.candidate.leaves.some((leaf) => missing.leaves.includes(leaf));
    });
    const edit = this.#edits[at];
    if (edit === undefined || !("candidate" in edit)) return undefined;
    this.#told.add(edit.candidate);
    const between = this.#edits.slice(Math.min(at, index), Math.max(at, index));
    const isEarly = at < index;
    const others = between.flatMap((step) => (step.type === "match" || step.type === "near" ? step.candidate.row : []));
    const beside = isEarly ? others.at(-1) : others[0];
    return this.#write.outOfOrder(this.#row, this.#demandOf(missing.leaves), {
      found: edit.candidate.row,
      beside,
      isEarly,
    });
  }

  #missing(missing: MissingEdit, index: number): Finding | undefined {
    const demand = this.#demandOf(missing.leaves);
    if (this.#toldDemands.has(demand)) return undefined;
    this.#toldDemands.add(demand);
    const leaves = this.#leavesOf(demand, missing.leaves);
    const round = this.#wholeRound(index);
    if (round !== undefined) {
      for (const { demand: inner, groups } of this.#places) if (groups.includes(round)) this.#toldDemands.add(inner);
    }
    const found = this.#edits.filter((edit) => "leaf" in edit && leaves.includes(edit.leaf)).length;
    const lacking = this.#edits.filter(
      (edit) => edit.type === "missing" && this.#demandOf(edit.leaves) === demand,
    ).length;
    const patterns = leaves.flatMap((leaf) => this.#list.leaves[leaf]?.pattern ?? []);
    const competes = missing.isFree ? missing.competes : this.#neighbours(index, leaves);
    return this.#write.missing(this.#row, round?.demand ?? demand, {
      found,
      lacking,
      competes: competes.map((candidate) => candidate.row),
      nearest: this.#nearest(patterns),
      after: missing.isFree ? undefined : this.#before(index, leaves),
      next: missing.isFree || this.#list.source.mode !== "exactly" ? undefined : this.#after(index),
      patterns,
      list: this.#list,
    });
  }

  /** The repeated group of which a whole round is missing from a step on. */
  #wholeRound(index: number): GroupPlace | undefined {
    const [first] = this.#missingAt(index);
    const group = this.#places[first ?? -1]?.groups[0];
    if (group === undefined || group.part.type === "one-of" || group.part.count.max < 2) return undefined;
    const isRound = group.part.parts.every((part, offset) => {
      return part.type === "leaf" && this.#missingAt(index + offset).includes(part.leaf);
    });
    return isRound ? group : undefined;
  }

  #missingAt(index: number): readonly number[] {
    const edit = this.#edits[index];
    return edit?.type === "missing" ? edit.leaves : [];
  }

  #extra({ candidate, wanted }: Extract<Edit, { readonly type: "extra" }>, index: number): Finding {
    const leaf = candidate.leaves.find((fitted) => this.#list.leaves[fitted]?.pattern !== undefined);
    if (leaf === undefined) return this.#write.extra(this.#row, this.#list, candidate.row, this.#before(index));
    const open = candidate.leaves.find((fitted) => this.#taken(fitted).length < (this.#places[fitted]?.count.max ?? 1));
    if (open === undefined) {
      const surplus = this.#edits.flatMap((edit) => {
        return edit.type === "extra" && edit.candidate.leaves.includes(leaf) ? [edit.candidate] : [];
      });
      for (const other of surplus) this.#told.add(other);
      const rows = [...this.#taken(leaf), ...surplus.map((other) => other.row)];
      return this.#write.tooMany(this.#row, this.#demandOf([leaf]), {
        count: this.#places[leaf]?.count ?? { min: 1, max: 1 },
        found: candidate.row,
        rows,
      });
    }
    this.#told.add(candidate);
    if (wanted.length > 0 && this.#isLooped(open)) {
      const demands = [...new Set(wanted.map((next) => this.#demandOf([next])))];
      return this.#write.stuck(this.#row, demands, { after: this.#before(index), found: candidate.row });
    }
    const later = this.#edits.slice(0, index).findLast((edit) => edit.type === "match" && edit.leaf > open);
    const earlier = this.#edits.slice(index).find((edit) => edit.type === "match" && edit.leaf < open);
    const beside = later ?? earlier;
    return this.#write.outOfOrder(this.#row, this.#demandOf([open]), {
      found: candidate.row,
      beside: beside !== undefined && "candidate" in beside ? beside.candidate.row : undefined,
      isEarly: later === undefined,
    });
  }

  /** Whether the items around a leaf come round again, so that before and after say little. */
  #isLooped(leaf: number): boolean {
    return this.#places[leaf]?.groups.some(({ part }) => part.type !== "one-of" && part.count.max > 1) === true;
  }

  #taken(leaf: number): readonly number[] {
    return this.#edits.flatMap((edit) => ("leaf" in edit && edit.leaf === leaf ? edit.candidate.row : []));
  }

  /** The last span before a step that stands where it should, unless it is of the same `leaves`. */
  #before(index: number, leaves: readonly number[] = []): number | undefined {
    const edit = this.#edits.slice(0, index).findLast((step) => "leaf" in step);
    return edit !== undefined && "leaf" in edit && !leaves.includes(edit.leaf) ? edit.candidate.row : undefined;
  }

  #after(index: number): number | undefined {
    const edit = this.#edits.slice(index + 1).find(({ type }) => type !== "missing");
    return edit !== undefined && "candidate" in edit ? edit.candidate.row : undefined;
  }

  /** The spans beside a gap that fit it, and that the items before or after it have taken. */
  #neighbours(index: number, leaves: readonly number[]): readonly Candidate[] {
    const isTaken = (edit: Edit | undefined): edit is Extract<Edit, { readonly type: "match" }> => {
      return (
        edit?.type === "match" &&
        !leaves.includes(edit.leaf) &&
        edit.candidate.leaves.some((leaf) => leaves.includes(leaf))
      );
    };
    const found: Candidate[] = [];
    for (const step of [-1, 1]) {
      for (let at = index + step; ; at += step) {
        const edit = this.#edits[at];
        if (!isTaken(edit)) break;
        found.push(edit.candidate);
      }
    }
    return found;
  }

  /** What is named for leaves: the pattern, or the choice of which it is one. */
  #demandOf(leaves: readonly number[]): Demand {
    const place = this.#places[leaves[0] ?? -1];
    const choice = place?.groups.findLast(({ part }) => part.type === "one-of");
    if (place === undefined) return NOTHING;
    if (choice === undefined) return place.demand;
    if (choice.part.parts.every(({ type }) => type === "leaf")) return choice.demand;
    const isBegun = this.#edits.some((edit) => "leaf" in edit && this.#isIn(edit.leaf, choice.demand));
    return isBegun ? place.demand : choice.demand;
  }

  #leavesOf(demand: Demand, leaves: readonly number[]): readonly number[] {
    const inner = [...this.#places.keys()].filter((leaf) => this.#isIn(leaf, demand));
    return inner.length > 0 ? inner : leaves;
  }

  #isIn(leaf: number, demand: Demand): boolean {
    return this.#places[leaf]?.groups.some((group) => group.demand === demand) === true;
  }

  /** Of the spans that the list has no use for, the one nearest to any of the patterns. */
  #nearest(patterns: readonly Pattern[]): Nearness | undefined {
    const used = new Set(this.#edits.flatMap((edit) => ("leaf" in edit ? edit.candidate.row : [])));
    const rows = this.#write.childrenOf(this.#row, this.#list).filter((row) => !used.has(row));
    let best: Nearness | undefined;
    for (const row of rows.slice(0, NEAREST_MAX)) {
      for (const pattern of patterns) {
        const nearness = this.#nearby.of(row, pattern);
        if (nearness.cost !== Infinity && (best === undefined || nearness.cost < best.cost)) best = nearness;
      }
    }
    return best;
  }
}

const NOTHING: Demand = { text: "nothing", plain: "nothing", isGroup: false, isDeep: false };

/** Between two spans that stand where they should, what is missing is told before what is too much. */
function missingFirst(edits: readonly Edit[]): readonly Edit[] {
  const sorted: Edit[] = [];
  const others: Edit[] = [];
  for (const edit of edits) {
    if ("leaf" in edit) sorted.push(...others.splice(0), edit);
    else (edit.type === "missing" ? sorted : others).push(edit);
  }
  return [...sorted, ...others];
}

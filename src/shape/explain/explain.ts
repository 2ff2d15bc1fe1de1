import type { Mismatch } from "../../trace/mismatch.ts";
import type { Demand } from "./balance.ts";
import { balanceOf } from "./balance.ts";
import { eachChild } from "../match/columns.ts";
import type { Letters } from "../match/letters.ts";
import { lettersOf } from "../match/letters.ts";
import { MismatchWriter } from "./mismatch-writer.ts";
import { nearestOf, STRANGE } from "./nearness.ts";
import { outOfOrder } from "./order-fault.ts";
import type { Pass } from "../match/pass.ts";
import type { Shape } from "../pattern.ts";
import type { BodyPlan, List, Pattern } from "../match/program.ts";

const MISMATCHES_MAX = 20;

/** How many candidates are looked at before the nearest is taken. */
const CANDIDATES_MAX = 64;

/**
 * Why a shape does not match, the first cause first.
 *
 * In a failing list a span whose head fits an item but whose own list fails is gone down into: what fails deepest is the
 * cause, and what stands above it is consequence, not reported. Only what fails is walked; nothing recurses.
 */
export function explain(pass: Pass, shape: Shape): readonly Mismatch[] {
  const writer = new MismatchWriter(pass, shape);
  if (pass.undecided.length > 0) {
    return pass.undecided.slice(0, 1).map((undecided) => writer.undecided(undecided));
  }
  const explainer = new Explainer(pass, writer);
  const mismatches: Mismatch[] = [];
  const stack: Cause[] = [{ row: 0, body: pass.program.top }];
  for (let cause = stack.pop(); cause !== undefined; cause = stack.pop()) {
    if ("kind" in cause) mismatches.push(cause);
    else for (const deeper of explainer.causes(cause).toReversed()) stack.push(deeper);
    if (mismatches.length === MISMATCHES_MAX) break;
  }
  return mismatches.length > 0 ? mismatches : [writer.unexplained(pass.program.top)];
}

/** A mismatch, or a place where the cause lies deeper. */
type Cause = Mismatch | Failure;

interface Failure {
  readonly row: number;
  readonly body: BodyPlan;
}

class Explainer {
  readonly #pass: Pass;
  readonly #write: MismatchWriter;

  constructor(pass: Pass, writer: MismatchWriter) {
    this.#pass = pass;
    this.#write = writer;
  }

  causes({ row, body }: Failure): readonly Cause[] {
    const causes: Cause[] = [];
    for (const pattern of body.never) {
      const [found] = this.#pass.below(row, pattern.id, 1);
      if (found !== undefined) causes.push(this.#write.forbidden(row, pattern, found));
    }
    if (body.list !== undefined && !this.#pass.holdsList(row, body.list))
      causes.push(...this.#listCauses(row, body.list));
    return causes;
  }

  #listCauses(row: number, list: List): readonly Cause[] {
    const letters = lettersOf(list, row, this.#pass, Infinity);
    const { unfilled, uncovered, taken } = balanceOf(list, letters);
    const used = new Set([...taken].map((letter) => letters.rows[letter] ?? 0));
    const causes = unfilled
      .slice(0, MISMATCHES_MAX)
      .map((demand) => this.#unfilledCause(row, list, letters, demand, used));
    for (const stranded of letters.stranded.slice(0, MISMATCHES_MAX + used.size)) {
      if (!used.has(stranded)) causes.push(this.#write.extra(row, list, stranded));
    }
    for (const letter of uncovered) {
      const found = letters.rows[letter] ?? 0;
      if (!used.has(found) || unfilled.length === 0) causes.push(this.#write.tooMany(row, list, letters, letter));
    }
    return causes.length > 0 ? causes : [outOfOrder(this.#write, row, list, letters)];
  }

  /** Why too few spans meet a demand. What is named as the nearest candidate goes to `used`, so it is not extra as well. */
  #unfilledCause(row: number, list: List, letters: Letters, demand: Demand, used: Set<number>): Cause {
    const leaves = demand.leaves.flatMap((leaf) => list.leaves[leaf] ?? []);
    const patterns = leaves.flatMap(({ pattern }) => pattern ?? []);
    const free = this.#scope(
      row,
      list,
      leaves.some(({ isDeep }) => isDeep),
    ).filter((span) => !used.has(span));
    const deeper = this.#deeperFailure(free, patterns);
    if (deeper !== undefined) {
      used.add(deeper.row);
      return deeper;
    }
    const nearest = nearestOf(this.#pass, free.slice(0, CANDIDATES_MAX), patterns);
    if (nearest !== undefined && nearest.cost < STRANGE) {
      used.add(nearest.row);
      return this.#write.changed(row, demand, nearest);
    }
    const competes = letters.rows.filter((_, letter) => {
      return letters.types[letters.typeOf[letter] ?? -1]?.leaves.some((leaf) => demand.leaves.includes(leaf));
    });
    const elsewhere = competes.length > 0 ? undefined : this.#elsewhere(row, list, patterns);
    if (elsewhere !== undefined) return this.#write.moved(row, demand, elsewhere);
    return this.#write.missing(row, demand, nearest, competes.slice(0, CANDIDATES_MAX));
  }

  /** The span whose head fits but whose own list or `never` fails: the one that fails fewest items, then the earliest. */
  #deeperFailure(rows: readonly number[], patterns: readonly Pattern[]): Failure | undefined {
    let best: Failure | undefined;
    let fewest = Infinity;
    let looked = 0;
    for (const row of rows) {
      for (const pattern of patterns) {
        if (!this.#fitsHead(row, pattern) || this.#pass.has(row, pattern.id) || ++looked > CANDIDATES_MAX) continue;
        const failing = this.#failingItems(row, pattern.body);
        if (failing < fewest) [best, fewest] = [{ row, body: pattern.body }, failing];
      }
    }
    return best;
  }

  #failingItems(row: number, { list, never }: BodyPlan): number {
    const broken = never.filter((pattern) => this.#pass.below(row, pattern.id, 1).length > 0).length;
    if (list === undefined) return broken;
    const letters = lettersOf(list, row, this.#pass, Infinity);
    return broken + balanceOf(list, letters).unfilled.length + letters.stranded.length;
  }

  #fitsHead(row: number, pattern: Pattern): boolean {
    const { columns, program } = this.#pass;
    const patterns = program.patternsOf[columns.label[row] ?? -1] ?? [];
    return patterns.includes(pattern) && this.#pass.fitsTests(row, pattern);
  }

  /** The spans an item may take: children, or for `//` all below; by start. */
  #scope(row: number, list: List, isDeep: boolean): readonly number[] {
    const { columns } = this.#pass;
    const rows: number[] = [];
    if (isDeep) for (let below = row + 1; below <= (columns.last[row] ?? row); below++) rows.push(below);
    else {
      eachChild(columns, row, (child, isPassed) => {
        if (!isPassed || list.namesTransparent) rows.push(child);
      });
    }
    return rows.toSorted((a, b) => (columns.start[a] ?? 0) - (columns.start[b] ?? 0));
  }

  /** The span nearest in the tree that fully matches one of the patterns where the list does not look. */
  #elsewhere(row: number, list: List, patterns: readonly Pattern[]): number | undefined {
    const { parent, size } = this.#pass.columns;
    const inScope = new Set(this.#scope(row, list, false));
    const stepsUp = new Map<number, number>();
    for (let above = row; above !== -1; above = parent[above] ?? -1) stepsUp.set(above, stepsUp.size);
    let best: number | undefined;
    let shortest = Infinity;
    let looked = 0;
    for (let other = 1; other < size && looked < CANDIDATES_MAX; other++) {
      if (inScope.has(other) || stepsUp.has(other) || !patterns.some(({ id }) => this.#pass.has(other, id))) continue;
      looked++;
      let distance = 0;
      let above = other;
      while (!stepsUp.has(above)) [above, distance] = [parent[above] ?? 0, distance + 1];
      distance += stepsUp.get(above) ?? 0;
      if (distance < shortest) [best, shortest] = [other, distance];
    }
    return best;
  }
}

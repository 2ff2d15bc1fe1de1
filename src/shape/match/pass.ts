import { Usage } from "./usage.ts";
import { runChart } from "./chart.ts";
import type { Columns } from "./columns.ts";
import { eachChild } from "./columns.ts";
import type { Known } from "./letters.ts";
import { lettersOf } from "./letters.ts";
import type { BodyPlan, List, Pattern, Program } from "./program.ts";
import { firstUnfilled } from "./windows.ts";

/** The nearest candidates that a `//` tries first; then eight times as many, until it matches or there are no more. */
const CANDIDATES_FIRST = 4096;

/** A list that was too much to decide: which, and under which row. */
export interface Undecided {
  readonly row: number;
  readonly list: List;
  readonly block: number;
}

/**
 * Which span matches which pattern, decided in one pass.
 *
 * Rows are visited in reverse preorder: what stands below a span is known before the span is judged, so nothing recurses.
 * Since the pass goes backwards, the matches of a sought pattern below a row are the tail of the list of its matches.
 */
export class Pass implements Known {
  readonly columns: Columns;
  readonly program: Program;
  readonly usage: Usage;
  readonly undecided: Undecided[] = [];
  readonly #words: number;
  readonly #bits: Int32Array;
  readonly #matches: readonly number[][];

  constructor(columns: Columns, program: Program) {
    this.columns = columns;
    this.program = program;
    this.usage = new Usage(columns);
    this.#words = Math.ceil(program.patterns.length / 32);
    this.#bits = new Int32Array(columns.size * this.#words);
    this.#matches = program.patterns.map(() => []);
    for (let row = columns.size - 1; row > 0; row--) this.#judge(row);
  }

  has = (row: number, pattern: number): boolean => {
    return (((this.#bits[row * this.#words + (pattern >> 5)] ?? 0) >>> (pattern & 31)) & 1) === 1;
  };

  signature = (row: number): string => {
    return this.#bits.subarray(row * this.#words, (row + 1) * this.#words).join(",");
  };

  below = (row: number, pattern: number, limit: number): readonly number[] => {
    const matches = this.#matches[pattern] ?? [];
    const last = this.columns.last[row] ?? row;
    // Matches stand in falling order, and all of them so far lie after `row`.
    let low = 0;
    for (let high = matches.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((matches[middle] ?? 0) > last) low = middle + 1;
      else high = middle;
    }
    let end = matches.length;
    while (end > low && (matches[end - 1] ?? 0) <= row) end--;
    return matches.slice(Math.max(low, end - limit), end);
  };

  /** Whether what stands below `row` is as `body` asks. */
  holds(row: number, { list, never }: BodyPlan): boolean {
    if (never.some((pattern) => this.below(row, pattern.id, 1).length > 0)) return false;
    return list === undefined || this.holdsList(row, list);
  }

  holdsList(row: number, list: List): boolean {
    const [first, second] = list.leaves;
    // By far the most common list: one bare pattern. Any span that matches it will do.
    if (list.isOpen && second === undefined && first?.pattern !== undefined) {
      const { id } = first.pattern;
      return first.isDeep ? this.below(row, id, 1).length > 0 : this.#hasChild(row, list, id);
    }
    if (!list.isOpen || !list.hasDeep) return this.#tryList(row, list, Infinity);
    const deep = list.leaves.filter(({ isDeep }) => isDeep);
    for (let limit = CANDIDATES_FIRST; ; limit *= 8) {
      if (this.#tryList(row, list, limit)) return true;
      const isExhausted = deep.every(({ pattern }) => this.below(row, pattern?.id ?? -1, limit + 1).length <= limit);
      if (isExhausted) return false;
    }
  }

  #hasChild(row: number, { namesTransparent }: List, pattern: number): boolean {
    let isFound = false;
    eachChild(this.columns, row, (child, isPassed) => {
      isFound ||= (!isPassed || namesTransparent) && this.has(child, pattern);
    });
    return isFound;
  }

  #tryList(row: number, list: List, limit: number): boolean {
    const letters = lettersOf(list, row, this, limit);
    if (letters.stranded.length > 0) return false;
    if (list.plan.type === "windows") return firstUnfilled(list.plan.windows, letters) === undefined;
    const result = runChart(list.plan.automaton, letters);
    if (result.verdict === "undecided") this.undecided.push({ row, list, block: result.block });
    return result.verdict === "yes";
  }

  #judge(row: number): void {
    const node = this.columns.nodes[row];
    if (node === undefined) return;
    for (const pattern of this.program.patternsOf[this.columns.label[row] ?? -1] ?? []) {
      if (!this.fitsTests(row, pattern) || !this.holds(row, pattern.body)) continue;
      const word = row * this.#words + (pattern.id >> 5);
      this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (pattern.id & 31));
      if (pattern.isSought) this.#matches[pattern.id]?.push(row);
    }
  }

  fitsTests(row: number, pattern: Pattern): boolean {
    const node = this.columns.nodes[row];
    return node !== undefined && pattern.tests.every(({ holds }) => holds(node, row, this.usage));
  }
}

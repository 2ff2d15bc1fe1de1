import { runChart } from "./chart.ts";
import type { Columns } from "./columns.ts";
import { eachChild } from "./columns.ts";
import type { Known } from "./letters.ts";
import { lettersOf, TypeTable } from "./letters.ts";
import { Links } from "./links.ts";
import { Marks } from "./marks.ts";
import type { Captured } from "./predicate.ts";
import type { BodyPlan, List, Pattern, Program, Sought } from "./program.ts";
import { capturesOf, closure, dependenciesOf } from "./scopes.ts";
import type { AbsentLink, Undecided } from "./undecided.ts";
import { Usage } from "./usage.ts";
import { firstUnfilled } from "./windows.ts";

/** The nearest candidates that a `//` tries first; then eight times as many, until it matches or there are no more. */
const CANDIDATES_FIRST = 4096;

const NOTHING: Captured = new Map();

/** Answers whether one row is as a pattern asks, from what is known of the rows below it and of those it links to. */
export class Judge implements Known {
  readonly columns: Columns;
  readonly program: Program;
  readonly usage: Usage;
  readonly links: Links;
  /** What could not be decided; if anything, the answers are not to be relied on. */
  readonly undecided: Undecided[] = [];
  /** Links to absent spans on which an answer may rest, by a key for the link and what was asked of it. */
  readonly absent = new Map<string, AbsentLink>();
  protected readonly marks: Marks;
  protected values = NOTHING;
  /** How many spans were looked at for lists while captures had values. */
  protected looked = 0;
  readonly #tables: (TypeTable | undefined)[] = [];
  readonly #questions = new Map<Sought, { readonly text: string; readonly names: ReadonlySet<string> }>();
  readonly #isAssumed: (key: string) => boolean;

  /** `isAssumed`: whether an absent span is taken to match, by the key of the link. */
  constructor(columns: Columns, program: Program, isAssumed: (key: string) => boolean) {
    this.columns = columns;
    this.program = program;
    this.usage = new Usage(columns);
    this.links = new Links(columns);
    this.marks = new Marks(columns, program.patterns);
    this.#isAssumed = isAssumed;
  }

  /** The values of captures under which the answers stand. */
  get captured(): Captured {
    return this.values;
  }

  has = (row: number, pattern: number): boolean => this.marks.has(row, pattern);

  signature = (row: number): number => this.marks.signature(row);

  below = (row: number, pattern: number, limit: number): readonly number[] => this.marks.below(row, pattern, limit);

  typesOf = (list: List): TypeTable => (this.#tables[list.id] ??= new TypeTable(list, this));

  /** Whether what stands below `row`, and what its links lead to, is as `body` asks. */
  holds(row: number, { list, never, links }: BodyPlan): boolean {
    for (const { patterns } of never) {
      for (const { id } of patterns) if (this.marks.below(row, id, 1).length > 0) return false;
    }
    for (const link of links) if (!this.holdsLink(row, link)) return false;
    return list === undefined || this.holdsList(row, list);
  }

  /** Whether some link of `row` leads to a span that matches. */
  holdsLink(row: number, sought: Sought): boolean {
    const absent: AbsentLink[] = [];
    for (const link of this.links.of(row)) {
      const targets = this.links.targetsOf(link);
      if (targets.length === 0) absent.push({ row, sought, link });
      if (targets.some((target) => sought.patterns.some(({ id }) => this.has(target, id)))) return true;
    }
    let isAssumed = false;
    for (const one of absent) {
      const key = JSON.stringify([one.link.traceId, one.link.spanId, ...this.#questionOf(sought)]);
      this.absent.set(key, one);
      isAssumed ||= this.#isAssumed(key);
    }
    return isAssumed;
  }

  holdsList(row: number, list: List): boolean {
    if (list.leaves.length === 0) return list.source.mode === "contain" || !this.#hasChildren(row);
    const [first, second] = list.leaves;
    // By far the most common list: one bare pattern. Any span that matches it will do.
    if (list.plan.type === "windows" && second === undefined && first?.pattern !== undefined) {
      const { id } = first.pattern;
      return first.isDeep ? this.below(row, id, 1).length > 0 : this.#hasChild(row, list, id);
    }
    for (const { id, isSought } of list.required) if (isSought && this.below(row, id, 1).length === 0) return false;
    if (!list.isOpen || !list.hasDeep) return this.#tryList(row, list, Infinity);
    const deep = list.leaves.filter(({ isDeep }) => isDeep);
    for (let limit = CANDIDATES_FIRST; ; limit *= 8) {
      if (this.#tryList(row, list, limit)) return true;
      const isExhausted = deep.every(({ pattern }) => this.below(row, pattern?.id ?? -1, limit + 1).length <= limit);
      if (isExhausted) return false;
    }
  }

  /** Whether the head of a span fits; its list and side conditions aside, but not its events. */
  fitsTests(row: number, { tests, events }: Pattern): boolean {
    const node = this.columns.nodes[row];
    if (node === undefined) return false;
    for (const { holds } of tests) if (!holds(node, row, this.usage, this.values)) return false;
    for (const { holds } of events) if (!holds(node.span, this.values)) return false;
    return true;
  }

  /** Whether that would be so if captures had the right values. */
  mayFit(row: number, { tests }: Pattern): boolean {
    const node = this.columns.nodes[row];
    return node !== undefined && tests.every(({ holds }) => holds(node, row, this.usage));
  }

  /** What is asked of a linked span, with the values of the captures that it may be compared with. */
  #questionOf(sought: Sought): readonly unknown[] {
    const known = this.#questions.get(sought) ?? {
      text: JSON.stringify(sought.source, (key, part: unknown) => (key === "at" ? undefined : part)),
      names: new Set([...closure(sought.patterns, dependenciesOf)].flatMap(capturesOf)),
    };
    this.#questions.set(sought, known);
    return [known.text, ...[...this.values].filter(([name]) => known.names.has(name))];
  }

  #hasChild(row: number, { namesTransparent }: List, pattern: number): boolean {
    let isFound = false;
    eachChild(this.columns, row, (child, isPassed) => {
      if (this.values.size > 0) this.looked++;
      isFound ||= (!isPassed || namesTransparent) && this.has(child, pattern);
    });
    return isFound;
  }

  #hasChildren(row: number): boolean {
    let isFound = false;
    eachChild(this.columns, row, (_child, isPassed) => {
      if (this.values.size > 0) this.looked++;
      isFound ||= !isPassed;
    });
    return isFound;
  }

  #tryList(row: number, list: List, limit: number): boolean {
    const letters = lettersOf(list, row, this, limit);
    if (this.values.size > 0) this.looked += letters.looked;
    if (letters.stranded.length > 0) return false;
    if (list.plan.type === "windows") return firstUnfilled(list.plan.windows, letters) === undefined;
    const result = runChart(list.plan.automaton, letters);
    if (result.verdict === "undecided") this.undecided.push({ reason: result.reason, row, list, block: result.block });
    return result.verdict === "yes";
  }
}

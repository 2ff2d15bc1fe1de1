import type { Combination, Use } from "./candidates.ts";
import { candidatesOf } from "./candidates.ts";
import type { Judge } from "./judge.ts";
import type { Keys, Range } from "./meetings.ts";
import { isIn, Meetings, rowsIn } from "./meetings.ts";
import type { Captured } from "./predicate.ts";
import type { Pattern } from "./program.ts";
import type { CaptureScope, CaptureUse } from "./scopes.ts";
import { captureKeys } from "./text-test.ts";

/** The values that the captures of a scope may have for one span that is judged by it, or for the whole shape. */
export interface Choices {
  /** `undefined`: too many to try. A capture that is not among one of them has a value that occurs nowhere. */
  readonly combinations: readonly Captured[] | undefined;
  /** How many spans were looked at to find them. */
  readonly looked: number;
  /** The rows whose answers may be others with these values than with none, in falling order. */
  readonly rowsOf: (values: Captured) => Int32Array;
}

/** Finds the choices of one scope for each span that is judged by it. */
export class ScopeChoices {
  readonly #scope: CaptureScope;
  readonly #judge: Judge;
  readonly #meetings: ReadonlyMap<Pattern, Meetings>;
  /** By pattern the captures, as numbers, that it must have a value for. */
  readonly #required: ReadonlyMap<Pattern, readonly number[]>;
  /** The rows, falling, with links that lead to what captures may change. */
  readonly #linking: readonly number[];
  /** Those of them with a link to an absent span, which may match for one value and not for another. */
  readonly #dangling: readonly number[];
  /** For each row the last search that met it, so that nothing is cleared between searches. */
  readonly #met: Int32Array;
  #search = 0;

  constructor(scope: CaptureScope, judge: Judge) {
    const { links } = judge;
    this.#scope = scope;
    this.#judge = judge;
    this.#meetings = meetingsOf(scope, judge);
    this.#required = new Map(scope.uses.map((use) => [use.pattern, requiredCaptures(use, scope, judge)]));
    this.#linking = linkingRows(scope, judge);
    this.#dangling = this.#linking.filter((row) => links.of(row).some((link) => links.targetsOf(link).length === 0));
    this.#met = new Int32Array(judge.columns.size);
  }

  /** `row`: the span that the owner judges; for the scope of the whole shape, 0. */
  of(row: number): Choices {
    const { names, owner } = this.#scope;
    const reach = this.#reachOf(row);
    const uses = Array.from(this.#meetings, ([pattern, meetings]): Use => {
      // Below itself the owner has values of its own.
      const ranges = pattern === owner ? [{ from: row, to: row }] : reach;
      return { meetings, ranges, required: this.#required.get(pattern) ?? [] };
    });
    const { combinations, looked } = candidatesOf(names.length, uses);
    return {
      combinations: combinations?.map((combination) => this.#captured(combination)),
      looked,
      rowsOf: (values) => this.#rowsOf(values, reach),
    };
  }

  #captured(combination: Combination): Captured {
    return new Map(
      this.#scope.names.flatMap((name, capture) => {
        const key = combination[capture];
        return key === undefined ? [] : [[name, key]];
      }),
    );
  }

  /** What the span looks at: all below it, all that links lead to, and all below that. In rising order. */
  #reachOf(row: number): readonly Range[] {
    const { columns, links } = this.#judge;
    const subtree = (top: number): Range => ({ from: top, to: columns.last[top] ?? top });
    const below = { ...subtree(row), from: row + 1 };
    if (this.#linking.length === 0 || this.#scope.owner === undefined) return [below];
    const targets = new Set<number>();
    const follow = (top: number): void => {
      for (const linking of rowsIn(this.#linking, subtree(top))) {
        for (const link of links.of(linking)) for (const target of links.targetsOf(link)) targets.add(target);
      }
    };
    follow(row);
    // A set is walked in the order of insertion, what is added on the way included.
    targets.forEach(follow);
    let end = -1;
    return [below, ...Array.from(targets, subtree)]
      .toSorted((a, b) => a.from - b.from || b.to - a.to)
      .filter(({ from, to }) => {
        // Of two subtrees one holds the other, or they are apart.
        const isNew = to > end && from <= to;
        end = Math.max(end, to);
        return isNew;
      });
  }

  /** The rows that meet one of the values, those above them and those that link to them, as far as the reach goes. */
  #rowsOf(values: Captured, reach: readonly Range[]): Int32Array {
    const { columns, links } = this.#judge;
    const search = ++this.#search;
    const rows: number[] = [];
    const meet = (row: number): void => {
      for (let above = row; this.#met[above] !== search && isIn(reach, above); above = columns.parent[above] ?? 0) {
        this.#met[above] = search;
        rows.push(above);
      }
    };
    for (const [capture, name] of this.#scope.names.entries()) {
      const key = values.get(name);
      if (key === undefined) continue;
      for (const meetings of this.#meetings.values())
        for (const row of meetings.rowsWith(capture, key, reach)) meet(row);
    }
    this.#dangling.forEach(meet);
    // Rows met on the way are walked too.
    if (this.#linking.length > 0) for (const row of rows) links.linkingTo(row).forEach(meet);
    return Int32Array.from(rows).toSorted().toReversed();
  }
}

function meetingsOf({ names, uses }: CaptureScope, judge: Judge): ReadonlyMap<Pattern, Meetings> {
  const { columns, program } = judge;
  const found = new Map(uses.map(({ pattern }) => [pattern, new Meetings(names.length)]));
  const usersOf = program.patternsOf.map((patterns) => patterns.filter((pattern) => found.has(pattern)));
  for (let row = columns.size - 1; row > 0; row--) {
    for (const pattern of usersOf[columns.label[row] ?? -1] ?? []) {
      if (judge.mayFit(row, pattern)) found.get(pattern)?.add(row, keysAt(row, pattern, names, judge));
    }
  }
  return found;
}

function keysAt(row: number, { tests, events }: Pattern, names: readonly string[], { columns, usage }: Judge): Keys {
  const node = columns.nodes[row];
  if (node === undefined) return [];
  return names.map((name) => {
    const keys = new Set<string>();
    for (const { capture, valueOf } of tests) {
      const value = capture === name ? valueOf(node, row, usage) : undefined;
      if (value !== undefined) for (const key of captureKeys(value)) keys.add(key);
    }
    for (const event of events) {
      if (event.captures.includes(name)) for (const key of event.keysOf(node.span, name)) keys.add(key);
    }
    return [...keys];
  });
}

/** The captures of a scope that a span must have a value for, if it must be there to match the use. */
function requiredCaptures(
  { pattern, isRequired }: CaptureUse,
  { names }: CaptureScope,
  { links }: Judge,
): readonly number[] {
  // What is absent may have any value.
  if (isRequired === false || (isRequired === "link" && links.hasAbsent)) return [];
  const isCompared = (name: string): boolean => {
    if (pattern.tests.some(({ capture }) => capture === name)) return true;
    return pattern.events.some(({ captures, source }) => captures.includes(name) && source.count?.min !== 0);
  };
  return [...names.keys()].filter((capture) => isCompared(names[capture] ?? ""));
}

function linkingRows({ owner, members }: CaptureScope, { columns, program, links }: Judge): readonly number[] {
  const changing = new Set(members);
  const linking = [...members, ...(owner === undefined ? [] : [owner])].filter(({ body }) => {
    return body.links.some(({ patterns }) => patterns.some((pattern) => changing.has(pattern)));
  });
  if (linking.length === 0) return [];
  const isLinking = program.patternsOf.map((patterns) => patterns.some((pattern) => linking.includes(pattern)));
  const rows: number[] = [];
  for (let row = columns.size - 1; row > 0; row--) {
    if (isLinking[columns.label[row] ?? -1] === true && links.of(row).length > 0) rows.push(row);
  }
  return rows;
}

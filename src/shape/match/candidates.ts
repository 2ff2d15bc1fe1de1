import type { Columns } from "./columns.ts";
import type { Captured } from "./predicate.ts";
import type { Pattern, Program } from "./program.ts";
import type { CaptureScope } from "./scopes.ts";
import { captureKeys } from "./text-test.ts";
import type { Usage } from "./usage.ts";

/** The most combinations of values that are tried for one scope. */
const COMBINATIONS_MAX = 10_000;

/** The most combinations that are held on the way to them. */
const HELD_MAX = 10 * COMBINATIONS_MAX;

/** The values that the captures of a scope may have. */
export interface Candidates {
  /** `undefined`: too many to try. A capture that is not among one of them has a value that occurs nowhere. */
  readonly combinations: readonly Captured[] | undefined;
  /** The rows where a capture meets a value. */
  readonly rowsOf: (name: string, key: string) => readonly number[];
}

export interface Heads {
  readonly columns: Columns;
  readonly program: Program;
  readonly usage: Usage;
}

/** What a required use allows: combinations of values for its captures, each found on some span. */
interface Relation {
  readonly names: readonly string[];
  readonly tuples: Map<string, readonly string[]>;
}

/**
 * The candidates of a scope. A value must be found at every required use, and the values of a use with several captures
 * on one span; a capture without a required use may be any value of its uses, or one that occurs nowhere.
 */
export function candidatesOf({ uses, names }: CaptureScope, heads: Heads): Candidates {
  const rows = new Map(names.map((name) => [name, new Map<string, number[]>()]));
  const relations = new Map<Pattern, Relation>();
  for (const { pattern, isRequired } of uses) {
    const required = names.filter((name) => isRequired && isRequiredOf(pattern, name));
    if (required.length > 0) relations.set(pattern, { names: required, tuples: new Map() });
  }
  const isUser = new Set(uses.map(({ pattern }) => pattern));
  const usersOf = heads.program.patternsOf.map((patterns) => patterns.filter((pattern) => isUser.has(pattern)));
  const { columns } = heads;
  for (let row = columns.size - 1; row > 0; row--) {
    for (const pattern of usersOf[columns.label[row] ?? -1] ?? []) {
      const keys = keysAt(row, pattern, names, heads);
      if (keys === undefined) continue;
      for (const [index, name] of names.entries()) {
        for (const key of keys[index] ?? []) {
          const known = rows.get(name)?.get(key);
          if (known === undefined) rows.get(name)?.set(key, [row]);
          else if (known.at(-1) !== row) known.push(row);
        }
      }
      const relation = relations.get(pattern);
      if (relation === undefined) continue;
      for (const tuple of products(relation.names.map((name) => keys[names.indexOf(name)] ?? []))) {
        relation.tuples.set(JSON.stringify(tuple), tuple);
      }
    }
  }
  const free = names.filter((name) => ![...relations.values()].some((relation) => relation.names.includes(name)));
  const valuesOf = (name: string): readonly string[] => [...(rows.get(name)?.keys() ?? [])];
  return {
    combinations: combined([...relations.values()], new Map(free.map((name) => [name, valuesOf(name)]))),
    rowsOf: (name, key) => rows.get(name)?.get(key) ?? [],
  };
}

function isRequiredOf({ tests, events }: Pattern, name: string): boolean {
  return (
    tests.some(({ capture }) => capture === name) ||
    events.some(({ captures, source }) => captures.includes(name) && source.count?.min !== 0)
  );
}

/** For each name the values with which a span could match, its captures aside; `undefined` if it could not. */
function keysAt(
  row: number,
  { tests, events }: Pattern,
  names: readonly string[],
  { columns, usage }: Heads,
): readonly (readonly string[])[] | undefined {
  const node = columns.nodes[row];
  if (node === undefined || !tests.every(({ holds }) => holds(node, row, usage))) return undefined;
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

function combined(
  relations: readonly Relation[],
  free: ReadonlyMap<string, readonly string[]>,
): readonly Captured[] | undefined {
  let found: readonly Captured[] = [new Map()];
  // Those with most captures first: they say which values go together.
  for (const relation of relations.toSorted((a, b) => b.names.length - a.names.length)) {
    const bound = relation.names.filter((name) => found[0]?.has(name) === true);
    const tuples = grouped(relation, bound);
    const joined: Captured[] = [];
    for (const captured of found) {
      for (const tuple of tuples.get(JSON.stringify(bound.map((name) => captured.get(name)))) ?? []) {
        joined.push(
          new Map([...captured, ...relation.names.map((name, index) => [name, tuple[index] ?? ""] as const)]),
        );
        if (joined.length > HELD_MAX) return undefined;
      }
    }
    found = joined;
  }
  for (const [name, values] of free) {
    if (found.length * (values.length + 1) > HELD_MAX) return undefined;
    found = found.flatMap((captured) => [captured, ...values.map((value) => new Map([...captured, [name, value]]))]);
  }
  return found.length > COMBINATIONS_MAX ? undefined : found;
}

function grouped({ names, tuples }: Relation, bound: readonly string[]): ReadonlyMap<string, (readonly string[])[]> {
  const groups = new Map<string, (readonly string[])[]>();
  for (const tuple of tuples.values()) {
    const key = JSON.stringify(bound.map((name) => tuple[names.indexOf(name)]));
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [tuple]);
    else known.push(tuple);
  }
  return groups;
}

function products(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  let found: readonly (readonly string[])[] = [[]];
  for (const set of sets) found = found.flatMap((tuple) => set.map((key) => [...tuple, key]));
  return found;
}

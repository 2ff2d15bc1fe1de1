import type { Automaton, Member } from "./automaton.ts";
import { automatonOf } from "./automaton.ts";
import type { Columns, Label } from "./columns.ts";
import type { Body, Item, ItemList, NodePattern, Shape } from "../pattern.ts";
import { flatItems } from "../pattern.ts";
import type { SpanTest } from "./predicate.ts";
import { spanTest } from "./predicate.ts";
import { textTester } from "./text-test.ts";

/** A shape made ready for one set of trees: patterns numbered, lists with a plan. */
export interface Program {
  readonly patterns: readonly Pattern[];
  readonly top: BodyPlan;
  /** For each label, the patterns whose kind, name and service it fits. */
  readonly patternsOf: readonly (readonly Pattern[])[];
}

export interface Pattern {
  readonly id: number;
  readonly source: NodePattern;
  readonly fitsLabel: (label: Label) => boolean;
  readonly tests: readonly SpanTest[];
  readonly body: BodyPlan;
  /** Whether it is looked for at any depth, so that its matches are kept in a row. */
  readonly isSought: boolean;
}

/** What is asked of the spans below one. */
export interface BodyPlan {
  readonly list?: List;
  readonly never: readonly Pattern[];
}

/** One place of a list that a span can take. `pattern` is absent for `...`. */
interface Leaf {
  readonly pattern?: Pattern;
  readonly isDeep: boolean;
  /** Whether every span that matches is obligatory. */
  readonly isCounted: boolean;
}

export interface List {
  /** Where the line that owns it was written. */
  readonly at?: string;
  readonly source: ItemList;
  readonly leaves: readonly Leaf[];
  readonly plan: Plan;
  readonly namesTransparent: boolean;
  readonly hasDeep: boolean;
  /** Whether candidates left out can only make it harder to match: nothing is obligatory. */
  readonly isOpen: boolean;
}

/** How a list is decided; chosen once, when the shape is compiled. */
type Plan =
  | { readonly type: "windows"; readonly windows: readonly (readonly Member[])[] }
  | { readonly type: "chart"; readonly automaton: Automaton };

const TRANSPARENT_NAMES: ReadonlySet<string> = new Set(["http", "span", "mcp.lifecycle", "workflow", "turn"]);

export function programOf(shape: Shape, columns: Columns): Program {
  const { patterns, top } = compiled(shape);
  const patternsOf = columns.labels.map((label) => patterns.filter((pattern) => pattern.fitsLabel(label)));
  return { patterns, top, patternsOf };
}

type Compiled = Pick<Program, "patterns" | "top">;

/** A shape is never changed, and is matched against one run after another. */
const compiledShapes = new WeakMap<Shape, Compiled>();

function compiled(shape: Shape): Compiled {
  const known = compiledShapes.get(shape);
  if (known !== undefined) return known;
  const compiler = new Compiler();
  const top = compiler.body({ ...shape.trace, ...(shape.at === undefined ? {} : { at: shape.at }) });
  const program = { patterns: compiler.patterns, top };
  compiledShapes.set(shape, program);
  return program;
}

class Compiler {
  readonly patterns: Pattern[] = [];

  body(source: Body & { readonly at?: string }): BodyPlan {
    const never = source.never.map((pattern) => this.#pattern(pattern, true));
    return source.list === undefined ? { never } : { never, list: this.#list(source.list, source.at) };
  }

  #pattern(source: NodePattern, isSought: boolean): Pattern {
    const body = this.body(source);
    const pattern: Pattern = {
      id: this.patterns.length,
      source,
      fitsLabel: headTester(source),
      tests: source.predicates.map(spanTest),
      body,
      isSought,
    };
    this.patterns.push(pattern);
    return pattern;
  }

  #list(source: ItemList, at: string | undefined): List {
    const leafOf = new Map<Item, number>();
    const leaves: Leaf[] = [];
    const counted = countedItems(source.items);
    for (const item of flatItems(source.items)) {
      if (item.type !== "node" && item.type !== "rest") continue;
      leafOf.set(item, leaves.length);
      if (item.type === "rest") leaves.push({ isDeep: false, isCounted: false });
      else {
        const pattern = this.#pattern(item, item.isDeep);
        leaves.push({ pattern, isDeep: item.isDeep, isCounted: counted.has(item) });
      }
    }
    const isOpen = source.mode === "contain" && counted.size === 0;
    const windows = isOpen ? windowsOf(source.items, leafOf) : undefined;
    return {
      ...(at === undefined ? {} : { at }),
      source,
      leaves,
      plan:
        windows === undefined
          ? { type: "chart", automaton: automatonOf(source.items, leafOf) }
          : { type: "windows", windows },
      namesTransparent: leaves.some(
        ({ pattern }) => pattern !== undefined && TRANSPARENT_NAMES.has(pattern.source.kind),
      ),
      hasDeep: leaves.some(({ isDeep }) => isDeep),
      isOpen,
    };
  }
}

/** The node patterns that carry a count or stand inside a group that does. */
function countedItems(items: readonly Item[]): ReadonlySet<Item> {
  const counted = new Set<Item>();
  const stack = items.map((item) => ({ item, isCounted: false }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { item } = next;
    if (item.type === "rest") continue;
    const isCounted = next.isCounted || item.count !== undefined;
    if (item.type === "node") {
      if (isCounted) counted.add(item);
    } else for (const inner of item.items) stack.push({ item: inner, isCounted });
  }
  return counted;
}

/** The list as a row of windows, if it is one: bare patterns, and bare any-order groups of them, in order. */
function windowsOf(
  items: readonly Item[],
  leafOf: ReadonlyMap<Item, number>,
): readonly (readonly Member[])[] | undefined {
  const windows: (readonly Member[])[] = [];
  for (const item of items) {
    if (item.type === "rest") return undefined;
    if (item.type === "in-order") {
      const inner = windowsOf(item.items, leafOf);
      if (inner === undefined) return undefined;
      windows.push(...inner);
      continue;
    }
    const members = (item.type === "any-order" ? item.items : [item]).map((member) => bareMember(member, leafOf));
    if (!members.every((member) => member !== undefined)) return undefined;
    windows.push(members);
  }
  return windows;
}

function bareMember(item: Item, leafOf: ReadonlyMap<Item, number>): Member | undefined {
  const parts = item.type === "one-of" ? item.items : [item];
  if (!parts.every((part) => part.type === "node")) return undefined;
  return { leaves: parts.map((part) => leafOf.get(part) ?? -1), min: 1, max: 1 };
}

function headTester({ kind, name, service }: NodePattern): (label: Label) => boolean {
  const fitsName = name === undefined ? () => true : textTester(name);
  const fitsService = service === undefined ? () => true : textTester(service);
  return (label) => {
    if (kind === "any" ? label.isTransparent : label.kind !== kind) return false;
    if (label.isTransparent && !TRANSPARENT_NAMES.has(kind)) return false;
    return fitsName(label.name) && fitsService(label.service);
  };
}

import type { Kind } from "../trace/kinds.ts";

/**
 * A pattern over semantic trees.
 *
 * With `trace`, one body is matched against the roots and orphans of all trees at hand. With `traces`, each body is met
 * by traces of its own. Text, builders and inference all give this one structure. `at` fields say where a part was
 * written; they take no part in its meaning and are absent in what builders make.
 */
export type Shape = Header & ({ readonly trace: Body } | { readonly traces: readonly TraceBody[] });

interface Header {
  readonly title?: string;
  /** The mode of every list that names none. */
  readonly children: ListMode;
  /** Files whose definitions are used here, as written. */
  readonly include: readonly string[];
  /** What `<name>` stands for: the file's own definitions, in its order, then those of included files. */
  readonly define: readonly Definition[];
  /** The file, for a shape that was read. */
  readonly at?: string;
}

/** Items that stand wherever `<name>` is written; they may hold `<name>` again, one level down. */
export interface Definition {
  readonly name: string;
  readonly items: readonly Item[];
  /** The included file that it comes from, as its `include:` was written; absent for the shape's own. */
  readonly from?: string;
  readonly at?: string;
}

/** What one trace must look like. Traces have no order; a count says these and no more. */
export interface TraceBody extends Body {
  readonly count?: Count;
  readonly at?: string;
}

export type ListMode = "contain" | "exactly";

/** What lines leave unsaid. */
export interface Unsaid {
  /** The mode of a list that names none. */
  readonly mode: ListMode;
  /** Whether lines draw the tree of a trace: not a definition, nor what `never:` or `link:` look for. */
  readonly isTree: boolean;
}

/** Whether a line in a list of some mode that has no items under it says that the span has no children. */
export function isLeafEmpty({ mode, isTree }: Unsaid, around: ListMode): boolean {
  return isTree && mode === "exactly" && around === "exactly";
}

/** What a span's pattern asks of the spans below it, and of its links and events. All must hold. */
export interface Body {
  readonly list?: ItemList;
  /** No span strictly below matches any of these. */
  readonly never: readonly SinglePattern[];
  /** Each is matched by the target of some link, in whatever trace. */
  readonly links: readonly SinglePattern[];
  readonly events: readonly EventPattern[];
}

/** Items in order of start, ties free. An empty list is only meant in `exactly`: no children at all. */
export interface ItemList {
  readonly mode: ListMode;
  readonly items: readonly Item[];
}

export type Item = SinglePattern | Group | RestItem;

/** One span's pattern, written out or by the name of a definition. */
export type SinglePattern = NodePattern | Reference;

export interface NodePattern extends Body {
  readonly type: "node";
  /** Whether it may stand at any depth (`//`) instead of among the children. */
  readonly isDeep: boolean;
  readonly kind: Kind | "any";
  readonly name?: TextTest;
  readonly service?: TextTest;
  readonly predicates: readonly Predicate[];
  /** Absent: at least this one. Present: these and no more. */
  readonly count?: Count;
  readonly at?: string;
}

/** `<name>`: the items of a definition, in order. Where one span is meant, the definition is a single pattern or a choice of such. */
export interface Reference {
  readonly type: "reference";
  readonly isDeep: boolean;
  readonly name: string;
  readonly count?: Count;
  readonly at?: string;
}

/**
 * `one-of` chooses one item. The others hold all of theirs: in order of start; each ended before the next starts
 * (`sequence`); in any order; or all at work at one instant (`parallel`). A count repeats the whole.
 */
export interface Group {
  readonly type: GroupType;
  readonly items: readonly Item[];
  readonly count?: Count;
  readonly at?: string;
}

export const GROUP_TYPES = ["in-order", "sequence", "any-order", "parallel", "one-of"] as const;

export type GroupType = (typeof GROUP_TYPES)[number];

/** `...`: any number of children that no counted item matches. */
export interface RestItem {
  readonly type: "rest";
  readonly at?: string;
}

/** An event of a span. Without a count at least one; predicates look at the event's attributes. */
export interface EventPattern {
  readonly name?: TextTest;
  readonly predicates: readonly Predicate[];
  readonly count?: Count;
  readonly at?: string;
}

/** `max` is Infinity for `*`. Zero is a number. */
export interface Count {
  readonly min: number;
  readonly max: number;
}

/**
 * A test of a name or a service. In a glob `*` is any run of characters, also none, and a {@link PLACEHOLDERS} word in
 * brackets a value of that form: `report-[uuid]`.
 */
export type TextTest =
  | { readonly type: "literal"; readonly text: string }
  | { readonly type: "glob"; readonly text: string }
  | { readonly type: "regex"; readonly source: string; readonly flags: string };

/** What stands for volatile text in a glob: `[uuid]`, `[hex]` (8 digits or more), `[number]`, `[time]` (ISO 8601), `[id]` (letters, digits, `_` and `-`). */
export const PLACEHOLDERS = ["uuid", "hex", "number", "time", "id"] as const;

/** A test of an attribute. A `word` equals by text or by number; a `literal` by text alone. */
export type ValueTest = TextTest | { readonly type: "word"; readonly text: string } | Capture;

/** `$name`, the value of `=` alone: one value, the same at every use, makes the whole scope match. */
export interface Capture {
  readonly type: "capture";
  readonly name: string;
}

export type Predicate =
  | { readonly key: string; readonly op: "present" | "absent" }
  | { readonly key: string; readonly op: "=" | "!="; readonly value: ValueTest }
  | { readonly key: string; readonly op: Comparison; readonly value: { readonly type: "word"; readonly text: string } };

export type Comparison = "<" | "<=" | ">" | ">=";

export const ONCE: Count = { min: 1, max: 1 };

/** The most steps that the counts of one list may multiply to, since they are unrolled. */
export const STEPS_MAX = 20_000;

/** Where a part was written, for messages about it. */
export function placeOf(part: { readonly at?: string }): string {
  return part.at ?? "shape";
}

/** Every node pattern and group of `items`, outermost first; a group's own items follow it, a pattern's children do not. */
export function* flatItems(items: readonly Item[]): Generator<Item> {
  const stack = items.toReversed();
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    yield item;
    if ("items" in item) stack.push(...item.items.toReversed());
  }
}

import type { Kind } from "../trace/kinds.ts";

/**
 * A pattern over a semantic tree, matched against the roots and orphans of all trees at hand.
 *
 * Text, builders and inference all give this one structure. `at` fields say where a part was written; they take no part
 * in its meaning and are absent in what builders make.
 */
export interface Shape {
  readonly title?: string;
  /** The mode of every list that names none. */
  readonly children: ListMode;
  /** What stands under the virtual span above all roots. */
  readonly trace: Body;
  /** The file, for a shape that was read. */
  readonly at?: string;
}

export type ListMode = "contain" | "exactly";

/** What a span's pattern asks of the spans below it. */
export interface Body {
  readonly list?: ItemList;
  /** No span strictly below matches any of these. */
  readonly never: readonly NodePattern[];
}

/** Items in order of start, ties free. An empty list is only meant in `exactly`: no children at all. */
export interface ItemList {
  readonly mode: ListMode;
  readonly items: readonly Item[];
}

export type Item = NodePattern | Group | RestItem;

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

/** `one-of` chooses one item; the others hold all of theirs, in order or in any order. A count repeats the whole. */
export interface Group {
  readonly type: "in-order" | "any-order" | "one-of";
  readonly items: readonly Item[];
  readonly count?: Count;
  readonly at?: string;
}

/** `...`: any number of children that no counted item matches. */
interface RestItem {
  readonly type: "rest";
  readonly at?: string;
}

/** `max` is Infinity for `*`. Zero is a number. */
export interface Count {
  readonly min: number;
  readonly max: number;
}

/** A test of a name or a service. In a glob only `*` is special: any run of characters, also none. */
export type TextTest =
  | { readonly type: "literal"; readonly text: string }
  | { readonly type: "glob"; readonly text: string }
  | { readonly type: "regex"; readonly source: string; readonly flags: string };

/** A test of an attribute. A `word` equals by text or by number; a `literal` by text alone. */
export type ValueTest = TextTest | { readonly type: "word"; readonly text: string };

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
    if (item.type !== "node" && item.type !== "rest") stack.push(...item.items.toReversed());
  }
}

import { definitionsOf } from "./definitions.ts";
import type { Definition, Group, Item, NodePattern, Predicate, Shape } from "./pattern.ts";
import { STEPS_MAX } from "./pattern.ts";

/** A list inside an any-order group: its rounds may run between those of the group's other members. */
export interface Interleaved {
  readonly list: Group;
  /** The list, or the innermost of what it stands in, that carries a count. */
  readonly counted?: Item;
  /** An item of the list and one outside of it that may claim the same span. Two lists that clash say so once. */
  readonly clash?: Clash;
}

interface Clash {
  readonly items: readonly [Item, Item];
  /** Whether the other item too stands in a list inside the group. */
  readonly isWithList: boolean;
}

/** Every list inside an any-order group of `items`, also where a definition brings it. */
export function interleavedIn(items: readonly Item[], shape: Shape): readonly Interleaved[] {
  const definitions = definitionsOf(shape);
  if (!mayInterleave(items, definitions)) return [];
  const leaves = leavesOf(items, definitions);
  const lists = listPathsIn(leaves);
  return lists.map(({ path, list }, index) => {
    const counted = path.findLast((step) => step.type !== "rest" && step.count !== undefined);
    const earlier = lists.slice(0, index).filter((other) => !isIn(other.path, path));
    const compared = leaves.filter((leaf) => !earlier.some((other) => isIn(other.path, leaf.path)));
    const clash = clashOf(
      path,
      compared,
      lists.slice(index + 1).map((other) => other.path),
    );
    return { list, ...(counted === undefined ? {} : { counted }), ...(clash === undefined ? {} : { clash }) };
  });
}

/**
 * Whether no span can match both patterns: they differ in kind, in a literal name or service, or in what one attribute
 * must equal. An attribute that holds a list may still equal both.
 */
function areApart(a: NodePattern, b: NodePattern): boolean {
  if (a.kind !== b.kind && a.kind !== "any" && b.kind !== "any") return true;
  if (areOtherTexts(a.name, b.name) || areOtherTexts(a.service, b.service)) return true;
  return a.predicates.some((left) => b.predicates.some((right) => areOtherValues(left, right)));
}

interface Leaf {
  readonly item: Item;
  /** The groups and references that it stands in, outermost first. */
  readonly path: readonly Item[];
}

function isList(item: Item): item is Group {
  return item.type === "in-order" || item.type === "sequence";
}

function mayInterleave(items: readonly Item[], definitions: ReadonlyMap<string, Definition>): boolean {
  const seen = new Set<string>();
  const stack = [...items];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    if (item.type === "any-order" && item.items.some(isList)) return true;
    if ("items" in item) stack.push(...item.items);
    else if (item.type === "reference" && !seen.has(item.name)) {
      seen.add(item.name);
      stack.push(...(definitions.get(item.name)?.items ?? []));
    }
  }
  return false;
}

/** The patterns and `...` of a list, through groups and references, as far as the limit of steps allows to look. */
function leavesOf(items: readonly Item[], definitions: ReadonlyMap<string, Definition>): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const stack: Leaf[] = items.toReversed().map((item) => ({ item, path: [] }));
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    const leaf = stack.pop();
    if (leaf === undefined) break;
    const { item } = leaf;
    if (item.type === "node" || item.type === "rest") {
      leaves.push(leaf);
      continue;
    }
    const isCircle = leaf.path.includes(item);
    const inner = "items" in item ? item.items : isCircle ? [] : (definitions.get(item.name)?.items ?? []);
    const path = [...leaf.path, item];
    stack.push(...inner.toReversed().map((next) => ({ item: next, path })));
  }
  return leaves;
}

/** The lists inside any-order groups with all that they stand in, itself last; where one stands twice, the first place. */
function listPathsIn(leaves: readonly Leaf[]): readonly { readonly path: readonly Item[]; readonly list: Group }[] {
  const found = new Map<Group, readonly Item[]>();
  for (const { path } of leaves) {
    for (const [index, list] of path.entries()) {
      if (!isList(list) || path[index - 1]?.type !== "any-order" || found.has(list)) continue;
      found.set(list, path.slice(0, index + 1));
    }
  }
  return Array.from(found, ([list, path]) => ({ list, path }));
}

function isIn(outer: readonly Item[], path: readonly Item[]): boolean {
  return outer.every((step, index) => path[index] === step);
}

function clashOf(
  list: readonly Item[],
  leaves: readonly Leaf[],
  others: readonly (readonly Item[])[],
): Clash | undefined {
  const inside = new Set(leaves.filter(({ path }) => isIn(list, path)).map(({ item }) => item));
  const outside = leaves.filter(({ path }) => !isIn(list, path));
  for (const a of inside) {
    const b = outside.find(({ item }) => a.type !== "node" || item.type !== "node" || !areApart(a, item));
    if (b !== undefined) return { items: [a, b.item], isWithList: others.some((other) => isIn(other, b.path)) };
  }
  return undefined;
}

function areOtherTexts(a: NodePattern["name"], b: NodePattern["name"]): boolean {
  return a?.type === "literal" && b?.type === "literal" && a.text !== b.text;
}

function areOtherValues(a: Predicate, b: Predicate): boolean {
  if (a.key !== b.key || a.op !== "=" || b.op !== "=") return false;
  const [left, right] = [a.value, b.value];
  if (left.type !== "word" && left.type !== "literal") return false;
  if (right.type !== "word" && right.type !== "literal") return false;
  // A word equals a number in whatever digits.
  const areTexts = left.type === "literal" && right.type === "literal";
  return left.text !== right.text && (areTexts || Number(left.text) !== Number(right.text));
}

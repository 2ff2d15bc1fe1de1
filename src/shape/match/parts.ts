import type { Count, Definition, GroupType, Item, NodePattern, Reference, RestItem } from "../pattern.ts";
import { ONCE } from "../pattern.ts";

/** The items of a list with every `<name>` replaced by what it stands for and every leaf numbered in reading order. */
export type Part = LeafPart | GroupPart;

/** A place that single spans take. */
interface LeafPart {
  readonly type: "leaf";
  readonly leaf: number;
  readonly count: Count;
}

export interface GroupPart {
  readonly type: GroupType;
  readonly parts: readonly Part[];
  readonly count: Count;
  readonly at?: string;
}

/** What stands at a leaf. */
export interface LeafSource {
  /** As written in the list: the pattern itself, `...`, or the `<name>` that led to it. */
  readonly item: NodePattern | Reference | RestItem;
  /** Absent for `...`. */
  readonly pattern?: NodePattern;
  readonly isDeep: boolean;
  /** Whether it carries a count or stands inside something that does. */
  readonly isCounted: boolean;
}

interface Frame {
  readonly item: Item;
  readonly into: Part[];
  /** The count of a `<name>` that stands for this one item. */
  readonly countOutside?: Count;
  readonly isCounted: boolean;
  readonly isDeep: boolean;
  /** The outermost `<name>` that led here. */
  readonly reference?: Reference;
  /** How many references led here, one within the other. */
  readonly references: number;
}

/** `<name>` is an in-order group of the definition's items; where they are one item, that item with the count of `<name>`. */
export function partsOf(
  items: readonly Item[],
  definitions: ReadonlyMap<string, Definition>,
): { readonly parts: readonly Part[]; readonly sources: readonly LeafSource[] } {
  const parts: Part[] = [];
  const sources: LeafSource[] = [];
  const stack: Frame[] = [];
  const push = (inner: readonly Item[], frame: Omit<Frame, "item">): void => {
    for (const item of inner.toReversed()) stack.push({ ...frame, item });
  };
  push(items, { into: parts, isCounted: false, isDeep: false, references: 0 });
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    const { item, into } = frame;
    if (item.type === "rest") {
      into.push({ type: "leaf", leaf: sources.length, count: { min: 0, max: Infinity } });
      sources.push({ item, isDeep: false, isCounted: false });
      continue;
    }
    const { countOutside: outside, ...around } = frame;
    const own = outside ?? item.count;
    const isCounted = frame.isCounted || own !== undefined;
    const count = own ?? ONCE;
    if (item.type === "node") {
      into.push({ type: "leaf", leaf: sources.length, count });
      const isDeep = frame.isDeep || item.isDeep;
      sources.push({ item: frame.reference ?? item, pattern: item, isDeep, isCounted });
      continue;
    }
    if (item.type !== "reference") {
      const group = { type: item.type, parts: [], count, ...(item.at === undefined ? {} : { at: item.at }) };
      into.push(group);
      push(item.items, { ...around, into: group.parts, isCounted });
      continue;
    }
    const defined = definitions.get(item.name)?.items ?? [];
    const [only, second] = defined;
    const inner = {
      into,
      isCounted,
      isDeep: frame.isDeep || item.isDeep,
      reference: frame.reference ?? item,
      references: frame.references + 1,
    };
    // A definition that holds itself without going down a level was refused; going on would not end.
    if (inner.references > definitions.size) continue;
    const isOne = only !== undefined && second === undefined && only.type !== "rest";
    if (isOne && (own === undefined || only.count === undefined)) {
      push([only], own === undefined ? inner : { ...inner, countOutside: own });
      continue;
    }
    const group = { type: "in-order" as const, parts: [], count };
    into.push(group);
    push(defined, { ...inner, into: group.parts });
  }
  return { parts, sources };
}

/** Every leaf of `parts`, groups within groups included, in reading order. */
export function leavesIn(parts: readonly Part[]): readonly number[] {
  const leaves: number[] = [];
  const stack = parts.toReversed();
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    if (part.type === "leaf") leaves.push(part.leaf);
    else stack.push(...part.parts.toReversed());
  }
  return leaves;
}

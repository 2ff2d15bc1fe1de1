import type { Body, Definition, Item, NodePattern, Reference, Shape } from "./pattern.ts";
import { flatItems } from "./pattern.ts";

/** The definitions of a shape by name; of several with one name the first. */
export function definitionsOf(shape: Shape): ReadonlyMap<string, Definition> {
  const definitions = new Map<string, Definition>();
  for (const definition of shape.define) {
    if (!definitions.has(definition.name)) definitions.set(definition.name, definition);
  }
  return definitions;
}

/** The bodies that traces must have: one, or those under `traces:`. */
export function traceBodiesOf(shape: Shape): readonly Body[] {
  return "trace" in shape ? [shape.trace] : shape.traces;
}

/**
 * The patterns that an item stands for where one span is meant: itself, or what a definition chooses between. The count
 * is the item's own. `undefined` if it stands for several spans, for none, or for a count of them.
 */
export function singlesOf(
  item: Item,
  definitions: ReadonlyMap<string, Definition>,
): readonly [NodePattern, ...NodePattern[]] | undefined {
  if (item.type === "node") return [item];
  if (item.type !== "reference") return undefined;
  const singles: NodePattern[] = [];
  const seen = new Set<string>();
  const stack: Item[] = [item];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next !== item && next.type !== "rest" && next.count !== undefined) return undefined;
    if (next.type === "node") singles.push(next);
    else if (next.type === "one-of") stack.push(...next.items.toReversed());
    else if (next.type !== "reference" || seen.has(next.name)) return undefined;
    else {
      seen.add(next.name);
      const [only, second] = definitions.get(next.name)?.items ?? [];
      if (only === undefined || second !== undefined) return undefined;
      stack.push(only);
    }
  }
  const [first, ...others] = singles;
  return first === undefined ? undefined : [first, ...others];
}

/** A `<name>` somewhere in a definition or body. */
export interface FoundReference {
  readonly reference: Reference;
  /** Whether it speaks of spans below, so that what it names is met one level down. */
  readonly isBelow: boolean;
  /** Whether it stands under a `link:`, so that what it names may be anywhere. */
  readonly isLinked: boolean;
}

/** Every reference in `items` and all that stands under them. */
export function* referencesIn(items: readonly Item[]): Generator<FoundReference> {
  type Frame = Omit<FoundReference, "reference"> & { readonly items: readonly Item[] };
  const stack: Frame[] = [{ items, isBelow: false, isLinked: false }];
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    const { isBelow, isLinked } = frame;
    for (const item of flatItems(frame.items)) {
      if (item.type === "reference") yield { reference: item, isBelow, isLinked };
      if (item.type !== "node") continue;
      if (item.links.length > 0) stack.push({ items: item.links, isBelow: true, isLinked: true });
      if (item.never.length > 0) stack.push({ items: item.never, isBelow: true, isLinked });
      if (item.list !== undefined) stack.push({ items: item.list.items, isBelow: true, isLinked });
    }
  }
}

/** The items and side conditions of a body, as one list to look through. */
export function partsOf(body: Body): readonly Item[] {
  return [...(body.list?.items ?? []), ...body.never, ...body.links];
}

/** The definitions that the traces lead to, directly or through others, in the order of the shape. */
export function reachedDefinitions(shape: Shape): readonly Definition[] {
  const definitions = definitionsOf(shape);
  const reached = new Set<Definition>();
  const stack: (readonly Item[])[] = traceBodiesOf(shape).map(partsOf);
  for (let items = stack.pop(); items !== undefined; items = stack.pop()) {
    for (const { reference } of referencesIn(items)) {
      const definition = definitions.get(reference.name);
      if (definition === undefined || reached.has(definition)) continue;
      reached.add(definition);
      stack.push(definition.items);
    }
  }
  return shape.define.filter((definition) => reached.has(definition));
}

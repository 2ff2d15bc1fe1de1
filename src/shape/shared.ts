import type { Body, Definition, Group, Item, NodePattern, Reference, RestItem, Shape, TraceBody } from "./pattern.ts";
import type { SinglePattern } from "./pattern.ts";
import { captureScopes } from "./scope.ts";

/**
 * The shape with patterns that say the same as one object, and without the places where they are written. It matches the
 * same traces, and in less time: the matcher judges one object once, however often it stands. What a capture is bound to
 * depends on where its pattern stands, so a shape that has any is given back as it is. Linear in the shape.
 */
export function sharedShape(shape: Shape): Shape {
  const shared = sharedShapes.get(shape) ?? sharedFrom(shape);
  sharedShapes.set(shape, shared);
  return shared;
}

/** A shape is never changed, and is matched against one run after another. */
const sharedShapes = new WeakMap<Shape, Shape>();

function sharedFrom(shape: Shape): Shape {
  if (captureScopes(shape).length > 0) return shape;
  const { bodyOf, itemOf } = sharing();
  const define = shape.define.map((made): Definition => ({ ...made, items: made.items.map(itemOf) }));
  if ("trace" in shape) return { ...shape, define, trace: bodyOf(shape.trace) };
  return { ...shape, define, traces: shape.traces.map((body): TraceBody => ({ ...body, ...bodyOf(body) })) };
}

interface Sharing {
  readonly bodyOf: (body: Body) => Body;
  readonly itemOf: (item: Item) => Item;
}

function sharing(): Sharing {
  const numbers = new Map<Item, number>();
  const firstNode = firstOfEach<NodePattern>(numbers);
  const firstReference = firstOfEach<Reference>(numbers);
  const firstOther = firstOfEach<Group | RestItem>(numbers);
  // Items are bottom-up: what is inside of one has its number.
  const numbersOf = (items: readonly Item[]): readonly unknown[] => items.map((item) => numbers.get(item));
  return { bodyOf, itemOf };

  function bodyOf({ list, never, links, events }: Body): Body {
    return {
      ...(list === undefined ? {} : { list: { ...list, items: list.items.map(itemOf) } }),
      never: never.map(singleOf),
      links: links.map(singleOf),
      events: events.map(({ at: _at, ...event }) => event),
    };
  }

  function itemOf(item: Item): Item {
    if (item.type === "node" || item.type === "reference") return singleOf(item);
    const { at: _at, ...rest } = item;
    if (rest.type === "rest") return firstOther(rest, rest);
    const items = rest.items.map(itemOf);
    return firstOther({ ...rest, items }, { ...rest, items: numbersOf(items) });
  }

  function singleOf({ at: _at, ...pattern }: SinglePattern): SinglePattern {
    if (pattern.type === "reference") return firstReference(pattern, pattern);
    const body = bodyOf(pattern);
    const { list, never, links } = body;
    const below = list === undefined ? null : [list.mode, numbersOf(list.items)];
    return firstNode(
      { ...pattern, ...body },
      { ...pattern, ...body, list: below, never: numbersOf(never), links: numbersOf(links) },
    );
  }
}

/** Gives the first object of all that say the same, and a number to each of these. */
function firstOfEach<Made extends Item>(numbers: Map<Item, number>): (made: Made, said: object) => Made {
  const known = new Map<string, Made>();
  return (made, said) => {
    const key = JSON.stringify(said);
    const first = known.get(key) ?? made;
    if (first !== made) return first;
    known.set(key, made);
    numbers.set(made, numbers.size);
    return made;
  };
}

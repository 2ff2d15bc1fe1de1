import { reachedDefinitions } from "./definitions.ts";
import type { Body, Definition, Group, Item, NodePattern, Predicate, Shape } from "./pattern.ts";
import { ONCE, placeOf } from "./pattern.ts";

/** Captures for which one choice of values, afresh for each span, must make `owner` match. */
export interface CaptureScope {
  readonly names: readonly string[];
  /** `undefined`: the whole shape, all traces. */
  readonly owner: NodePattern | undefined;
}

/** One capture of a shape with all its uses. */
export interface CaptureUses {
  readonly name: string;
  readonly uses: readonly CaptureUse[];
  readonly owner: NodePattern | undefined;
  /** What repeats or is no single pattern, and yet holds all uses, so that no one value can be meant. */
  readonly trouble?: Group | Definition;
}

interface CaptureUse {
  readonly at: string;
  /** Whether a span that is there is asked for the value: not under `never`, nor under a count of 0. */
  readonly isAsked: boolean;
  /** Whether several traces meet it, so that it joins them all by itself; not where each span has a value of its own. */
  readonly isRepeated: boolean;
}

/** What holds captures: the whole shape, a counted pattern, a definition, or a group that repeats without being one span. */
interface Holder {
  readonly part?: NodePattern | Definition | Group;
  readonly parent?: Holder;
  readonly depth: number;
}

/**
 * The scopes of a shape's captures. A capture's scope is the smallest counted node pattern, or single pattern of a
 * definition, that holds all its uses, and otherwise the whole shape. Definitions that no trace leads to have no say.
 */
export function captureScopes(shape: Shape): readonly CaptureScope[] {
  const scopes = new Map<NodePattern | undefined, string[]>();
  for (const { name, owner } of capturesOf(shape)) {
    const names = scopes.get(owner);
    if (names === undefined) scopes.set(owner, [name]);
    else names.push(name);
  }
  return Array.from(scopes, ([owner, names]) => ({ owner, names }));
}

/** The captures of a shape by name, each with its uses, in the order of the shape. */
export function capturesOf(shape: Shape): readonly CaptureUses[] {
  const found = new Map<string, { readonly uses: CaptureUse[]; holder: Holder }>();
  for (const { name, holder, ...use } of usesIn(shape)) {
    const known = found.get(name);
    if (known === undefined) found.set(name, { uses: [use], holder });
    else {
      known.uses.push(use);
      known.holder = commonHolder(known.holder, holder);
    }
  }
  return Array.from(found, ([name, { uses, holder }]) => ({ name, uses, ...ownerOf(holder) }));
}

function ownerOf(holder: Holder): Pick<CaptureUses, "owner" | "trouble"> {
  const { part } = holder;
  if (part === undefined) return { owner: undefined };
  if (isNode(part)) return { owner: part };
  if (!("name" in part)) return { owner: undefined, trouble: part };
  const [only, second] = part.items;
  const isSingle = only !== undefined && second === undefined && only.type === "node";
  return isSingle ? { owner: only } : { owner: undefined, trouble: part };
}

function isNode(part: NodePattern | Definition | Group): part is NodePattern {
  return "type" in part && part.type === "node";
}

function commonHolder(a: Holder, b: Holder): Holder {
  let [left, right] = [a, b];
  while (left !== right) {
    const deeper: Holder = left.depth >= right.depth ? left : right;
    const { parent } = deeper;
    if (parent === undefined) return deeper;
    if (deeper === left) left = parent;
    else right = parent;
  }
  return left;
}

interface Around {
  readonly holder: Holder;
  readonly isAsked: boolean;
  readonly isRepeated: boolean;
}

interface Frame extends Around {
  readonly part: Item | Body;
}

function* usesIn(shape: Shape): Generator<CaptureUse & { readonly name: string; readonly holder: Holder }> {
  const whole: Holder = { depth: 0 };
  const stack: Frame[] = framesAtTop(shape, whole).toReversed();
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    const { part } = frame;
    if ("type" in part && part.type !== "node") {
      if (!("items" in part)) continue;
      const inner = innerFrame(part, frame, (part.count?.max ?? 1) > 1);
      stack.push(...part.items.toReversed().map((item) => ({ ...inner, part: item })));
      continue;
    }
    const inner = "type" in part ? innerFrame(part, frame, part.count !== undefined) : frame;
    if ("type" in part) yield* capturesIn(part.predicates, placeOf(part), inner);
    for (const event of part.events) {
      const isAsked = inner.isAsked && event.count?.max !== 0;
      yield* capturesIn(event.predicates, placeOf(event), { ...inner, isAsked });
    }
    stack.push(...framesBelow(part, inner).toReversed());
  }
}

function framesAtTop(shape: Shape, whole: Holder): readonly Frame[] {
  const around = { holder: whole, isAsked: true, isRepeated: false };
  const definitions = reachedDefinitions(shape).flatMap((definition): readonly Frame[] => {
    const holder = { part: definition, parent: whole, depth: 1 };
    return definition.items.map((part) => ({ ...around, part, holder }));
  });
  if ("trace" in shape) return [...definitions, { ...around, part: shape.trace }];
  const bodies = shape.traces.map((part) => {
    const { max } = part.count ?? ONCE;
    return { ...around, part, isAsked: max > 0, isRepeated: max > 1 };
  });
  return [...definitions, ...bodies];
}

function framesBelow({ list, never, links }: Body, { holder, isAsked, isRepeated }: Around): readonly Frame[] {
  return [
    ...(list?.items ?? []).map((part) => ({ part, holder, isAsked, isRepeated })),
    ...never.map((part) => ({ part, holder, isAsked: false, isRepeated })),
    ...links.map((part) => ({ part, holder, isAsked, isRepeated })),
  ];
}

/** What holds inside a part, which is a holder itself if `isHolder`. */
function innerFrame(part: NodePattern | Group, { holder, isAsked, isRepeated }: Around, isHolder: boolean): Around {
  return {
    holder: isHolder ? { part, parent: holder, depth: holder.depth + 1 } : holder,
    isAsked: isAsked && part.count?.max !== 0,
    isRepeated: isRepeated && !(isHolder && part.type === "node"),
  };
}

function* capturesIn(predicates: readonly Predicate[], at: string, { holder, isAsked, isRepeated }: Around) {
  for (const predicate of predicates) {
    if (!("value" in predicate) || predicate.value.type !== "capture") continue;
    yield { name: predicate.value.name, at, isAsked, isRepeated, holder };
  }
}

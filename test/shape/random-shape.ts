import type { Random } from "../../src/core/random.ts";
import type { Body, Count, Item, ItemList, ListMode, NodePattern, Shape } from "../../src/shape/pattern.ts";
import type { Kind } from "../../src/trace/kinds.ts";
import type { Sketch } from "./sketch.ts";

const KINDS: readonly Kind[] = ["llm", "tool", "tool", "tool", "agent", "http", "turn"];
const NAMES = ["a", "b", "ab"] as const;

/** A small forest in which ties and overlaps are common. */
export function randomForest(random: Random, spansMax: number): readonly Sketch[] {
  const parents: { sketch: Sketch & { children: Sketch[] }; depth: number }[] = [];
  const roots: Sketch[] = [];
  const count = random.integer(0, spansMax);
  for (let made = 0; made < count; made++) {
    const parent = random.chance(0.3) || parents.length === 0 ? undefined : random.pick(parents);
    const kind = random.pick(KINDS);
    const start = random.integer(0, random.pick([0, 2, 6]));
    const sketch = {
      kind,
      ...(kind === "tool" || random.chance(0.1) ? { name: random.pick(NAMES) } : {}),
      ...(random.chance(0.1) ? { service: "s" } : {}),
      isHarness: kind === "turn" && random.chance(0.5),
      start,
      end: start + random.integer(0, 3),
      children: [],
    };
    (parent?.sketch.children ?? roots).push(sketch);
    parents.push({ sketch, depth: (parent?.depth ?? 0) + 1 });
  }
  return roots;
}

/** A shape of at most about `nodes` patterns, in every form that may stand in it. */
export function randomShape(random: Random, nodes: number): Shape {
  const budget = { nodes: random.integer(1, nodes) };
  const children: ListMode = random.chance(0.3) ? "exactly" : "contain";
  const trace = randomBody(random, budget, 0);
  const list: ItemList = { mode: "contain", items: [randomNode(random, budget, 0, false)] };
  return { children, trace: trace.list === undefined && trace.never.length === 0 ? { list, never: [] } : trace };
}

interface Budget {
  nodes: number;
}

function randomBody(random: Random, budget: Budget, depth: number): Body {
  const never: NodePattern[] = [];
  if (random.chance(0.08)) {
    const { count: _count, ...pattern } = randomNode(random, budget, depth + 1, false);
    never.push(pattern);
  }
  if (budget.nodes <= 0 || depth > 3) return { never };
  const mode: ListMode = random.chance(0.4) ? "exactly" : "contain";
  const items = randomItems(random, budget, depth, mode);
  if (items.length === 0 && mode === "contain") return { never };
  return { never, list: { mode, items } };
}

function randomItems(random: Random, budget: Budget, depth: number, mode: ListMode): readonly Item[] {
  const items: Item[] = [];
  for (let left = random.integer(1, 4); left > 0 && budget.nodes > 0; left--) {
    if (mode === "exactly" && random.chance(0.2)) items.push({ type: "rest" });
    else items.push(randomItem(random, budget, depth, mode));
  }
  return items;
}

function randomItem(random: Random, budget: Budget, depth: number, mode: ListMode): Item {
  const mayBeDeep = mode === "contain";
  const group = random.next();
  if (budget.nodes < 2 || group > 0.45) return withCount(random, randomNode(random, budget, depth, mayBeDeep), 0.4);
  if (group < 0.15) {
    const items = some(random, () => randomItem(random, budget, depth, mode));
    return withCount(random, { type: "in-order", items }, 0.5);
  }
  if (group < 0.25) {
    const items = some(random, () => randomItem(random, budget, depth, mode));
    return withCount(random, { type: "one-of", items }, 0.3);
  }
  const items = some(random, () => {
    if (random.chance(0.8)) return withCount(random, randomNode(random, budget, depth, mayBeDeep), 0.4);
    const ways = some(random, () => randomNode(random, budget, depth, mayBeDeep));
    return withCount(random, { type: "one-of", items: ways } as const, 0.3);
  });
  return withCount(random, { type: "any-order", items }, 0.3);
}

function some<T>(random: Random, make: () => T): readonly T[] {
  return Array.from({ length: random.pick([1, 2, 2, 3]) }, make);
}

function randomNode(random: Random, budget: Budget, depth: number, mayBeDeep: boolean): NodePattern {
  budget.nodes--;
  const kind = random.pick<Kind | "any">(["llm", "tool", "tool", "tool", "any", "agent", "http", "turn"]);
  const body = random.chance(depth === 0 ? 0.5 : 0.25) ? randomBody(random, budget, depth + 1) : { never: [] };
  return {
    type: "node",
    isDeep: mayBeDeep && random.chance(0.15),
    kind,
    ...(kind === "tool" && random.chance(0.7) ? { name: { type: "literal", text: random.pick(NAMES) } } : {}),
    ...(kind === "tool" && random.chance(0.1) ? { name: { type: "glob", text: "a*" } } : {}),
    ...(random.chance(0.05) ? { service: { type: "literal", text: "s" } } : {}),
    predicates: [],
    ...body,
  };
}

function withCount<T extends Item>(random: Random, item: T, probability: number): T {
  if (!random.chance(probability)) return item;
  const min = random.pick([0, 0, 1, 1, 2]);
  const count: Count = { min, max: random.pick([min, min + 1, Infinity]) };
  return { ...item, count };
}

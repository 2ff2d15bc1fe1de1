import type { Random } from "../../src/core/random.ts";
import type { Body, Count, Item, NodePattern, Predicate, Shape, TextTest } from "../../src/shape/pattern.ts";
import type { Kind } from "../../src/trace/kinds.ts";
import type { AttributeValue } from "../../src/trace/span.ts";
import type { Sketch } from "./sketch.ts";

const SPANS_MAX = 8;
const DEPTH_MAX = 5;
const ABSENT = "t9/s9";

type Grown = Omit<Mutable<Sketch>, "children" | "end" | "attributes" | "events" | "links"> & {
  end: number;
  attributes: Record<string, AttributeValue>;
  events: { name: string; attributes: Record<string, AttributeValue> }[];
  children: Grown[];
  ends: Grown[];
};
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Traces that the shape was made to match, and may fail to: they were made without looking left or right, and often
 * something was changed after. `undefined` where they would have more spans than the oracle can take.
 */
export function randomWitness(
  random: Random,
  shape: Shape,
  mayMissSpans: boolean,
): readonly (readonly Sketch[])[] | undefined {
  const maker = new WitnessMaker(random, shape);
  const traces = "trace" in shape ? [maker.trace(shape.trace)] : shape.traces.flatMap((body) => maker.traces(body));
  maker.placeLinked(traces);
  const shuffled = traces.length > 1 && random.chance(0.5) ? traces.toReversed() : traces;
  if (maker.spans > SPANS_MAX) return undefined;
  if (random.chance(0.4)) change(random, shuffled, mayMissSpans);
  const all = shuffled.map((roots) => preorder(roots));
  if (all.flat().length > SPANS_MAX) return undefined;
  const ids = new Map(
    all.flatMap((spans, trace) => spans.map((span, index) => [span, `t${trace + 1}/s${index + 1}`] as const)),
  );
  const absent = mayMissSpans ? [ABSENT] : [];
  const finished = ({ ends, children, ...span }: Grown): Sketch => ({
    ...span,
    links: ends.flatMap((end) => ids.get(end) ?? absent),
    children: children.map(finished),
  });
  return shuffled.map((roots) => roots.map(finished));
}

class WitnessMaker {
  spans = 0;
  readonly #random: Random;
  readonly #shape: Shape;
  readonly #values = new Map<string, AttributeValue>();
  /** Spans that links lead to, to be put somewhere. */
  readonly #linked: Grown[] = [];
  /** Whether spans of a group stand to each other in time as they come. */
  readonly #isLoose: boolean;

  constructor(random: Random, shape: Shape) {
    this.#random = random;
    this.#shape = shape;
    this.#isLoose = random.chance(0.35);
  }

  traces({ count, ...body }: Body & { readonly count?: Count }): Grown[][] {
    return Array.from({ length: this.#number(count) }, () => this.trace(body));
  }

  trace(body: Body): Grown[] {
    return this.#below(body, this.#random.integer(0, 2), 0);
  }

  /** Gives each span that a link leads to a place among the roots, or in a trace of its own. */
  placeLinked(traces: Grown[][]): void {
    for (const span of this.#linked) {
      if (traces.length === 0 || this.#random.chance(0.5)) traces.push([span]);
      else this.#random.pick(traces).push(span);
    }
  }

  #number(count: Count | undefined): number {
    if (count === undefined) return 1;
    return Math.min(this.#random.integer(count.min, count.min + 2), count.max);
  }

  #below({ list }: Body, from: number, depth: number): Grown[] {
    if (list === undefined || depth > DEPTH_MAX) return [];
    return this.#all(list.items, from, depth, false);
  }

  /** Spans for the items one after the other, each starting no earlier than the last. */
  #all(items: readonly Item[], from: number, depth: number, isSequence: boolean): Grown[] {
    const made: Grown[] = [];
    let clock = from;
    for (const item of items) {
      for (
        let left = item.type === "rest" ? this.#random.pick([0, 0, 1]) : this.#number(item.count);
        left > 0;
        left--
      ) {
        const next = this.#round(item, clock, depth);
        made.push(...next);
        const times = next.map(({ start, end }) =>
          !this.#isLoose && (isSequence || item.type === "sequence") ? end : start,
        );
        const mayMix = this.#isLoose && "items" in item && this.#random.chance(0.5);
        if (!mayMix) clock = Math.max(clock, ...times) + this.#random.pick([0, 0, 1]);
      }
      if (this.spans > SPANS_MAX) return made;
    }
    return made;
  }

  #round(item: Item, from: number, depth: number): Grown[] {
    const random = this.#random;
    if (this.spans > SPANS_MAX || depth > DEPTH_MAX) return [];
    if (item.type === "rest") return [this.#span(from, random.pick(["llm", "tool", "agent"]))];
    if (item.type === "node") {
      const span = this.#grow(item, from, depth);
      return item.isDeep && random.chance(0.6) ? [this.#above(span)] : [span];
    }
    if (item.type === "one-of") return this.#all([random.pick(item.items)], from, depth, false);
    if (item.type === "reference") {
      const items = this.#shape.define.find(({ name }) => name === item.name)?.items ?? [];
      const spans = this.#all(items, from, depth, false);
      return item.isDeep && random.chance(0.6) ? spans.map((span) => this.#above(span)) : spans;
    }
    if (item.type === "in-order" || item.type === "sequence") {
      const items = this.#isLoose && random.chance(0.3) ? item.items.toReversed() : item.items;
      return this.#all(items, from, depth, item.type === "sequence");
    }
    const spans = item.items.flatMap((member) => this.#all([member], from + random.pick([0, 0, 1]), depth, false));
    if (item.type === "any-order" || this.#isLoose) return spans;
    const last = Math.max(...spans.map(({ start }) => start));
    for (const span of spans) span.end = Math.max(span.end, last + random.pick([0, 1, 1]));
    return spans;
  }

  #above(span: Grown): Grown {
    return { ...this.#span(span.start, this.#random.pick(["agent", "http", "tool"])), children: [span] };
  }

  #span(start: number, kind: Kind): Grown {
    this.spans++;
    const end = start + this.#random.integer(0, 2);
    return {
      kind,
      ...(kind === "tool" ? { name: "b" } : {}),
      start,
      end,
      attributes: {},
      events: [],
      children: [],
      ends: [],
    };
  }

  #grow(pattern: NodePattern, from: number, depth: number): Grown {
    const random = this.#random;
    const kind = pattern.kind === "any" ? random.pick<Kind>(["llm", "tool", "agent"]) : pattern.kind;
    const span = this.#span(from, kind);
    const name = this.#text(pattern.name);
    if (name !== undefined) span.name = name;
    if (pattern.service !== undefined) span.service = "s";
    span.attributes = this.#attributes(pattern.predicates);
    for (const event of pattern.events) {
      for (let left = this.#number(event.count); left > 0; left--) {
        span.events.push({ name: this.#text(event.name) ?? "a", attributes: this.#attributes(event.predicates) });
      }
    }
    span.children = this.#below(pattern, from, depth + 1);
    for (const link of pattern.links) {
      const ends = this.#round(link, random.integer(0, 2), depth + 1);
      span.ends.push(...ends);
      this.#linked.push(...ends);
    }
    return span;
  }

  #text(test: TextTest | undefined): string | undefined {
    if (test === undefined || test.type === "regex") return undefined;
    return test.text.replace("*", this.#random.pick(["", "b"]));
  }

  #attributes(predicates: readonly Predicate[]): Record<string, AttributeValue> {
    const attributes: Record<string, AttributeValue> = {};
    for (const predicate of predicates) {
      if (predicate.op === "absent" || predicate.key.includes(".")) continue;
      attributes[predicate.key] = this.#random.pick(["a", "b", 1, 2]);
      if (predicate.op !== "=") continue;
      const { value } = predicate;
      if (value.type !== "capture")
        attributes[predicate.key] = value.type === "regex" ? "a" : value.text.replace("*", "");
      else {
        const known = this.#random.chance(0.85) ? this.#values.get(value.name) : undefined;
        const chosen = known ?? this.#random.pick(["a", "b", 1, 2]);
        this.#values.set(value.name, chosen);
        attributes[predicate.key] = chosen;
      }
    }
    return attributes;
  }
}

/** One thing is made different. A link leads to an absent span after it only where `mayMissSpans`. */
function change(random: Random, traces: Grown[][], mayMissSpans: boolean): void {
  const siblings: Grown[][] = traces.flatMap((roots) => [roots, ...preorder(roots).map(({ children }) => children)]);
  const list = random.pick<Grown[]>([...siblings.filter(({ length }) => length > 0), []]);
  const index = random.integer(0, Math.max(0, list.length - 1));
  const span = list[index];
  if (span === undefined) return;
  const linking = traces.flatMap(preorder).filter(({ ends }) => ends.length > 0);
  if (linking.length > 0 && random.chance(0.3)) {
    random.pick(linking).ends = mayMissSpans ? [{ ...span }] : [random.pick(traces.flatMap(preorder))];
    return;
  }
  const way = random.integer(0, 9);
  const length = span.end - span.start;
  if (way === 0) list.splice(index, 1);
  else if (way === 1) list.push({ ...span, start: span.start + random.integer(0, 1) });
  else if (way === 2) list.splice(index, 1, ...span.children);
  else if (way === 3) span.end = span.start;
  else if (way === 4) span.end = span.start + random.integer(0, 3);
  else if (way === 5) span.attributes = {};
  else span.start = Math.max(0, span.start + random.pick([-1, 1, 2]));
  span.end = way > 5 ? span.start + length : Math.max(span.start, span.end);
}

function preorder(roots: readonly Grown[]): readonly Grown[] {
  return roots.flatMap((root) => [root, ...preorder(root.children)]);
}

import type { Random } from "../../src/core/random.ts";
import type {
  Body,
  Count,
  Definition,
  EventPattern,
  Group,
  Item,
  ItemList,
  ListMode,
  NodePattern,
  Predicate,
  Reference,
  Shape,
  SinglePattern,
  TraceBody,
  ValueTest,
} from "../../src/shape/pattern.ts";
import { ONCE } from "../../src/shape/pattern.ts";
import type { Kind } from "../../src/trace/kinds.ts";
import { KEYS, NAMES, randomTrace, VALUES } from "./random-trace.ts";
import type { Sketch } from "./sketch.ts";

/** A small forest in which ties and overlaps are common. */
export function randomForest(random: Random, spansMax: number): readonly Sketch[] {
  return randomTrace(random, random.integer(0, spansMax));
}

/** What a random shape may hold besides items, groups, counts, `//` and `never`. */
export interface Features {
  readonly time: boolean;
  readonly predicates: boolean;
  readonly events: boolean;
  readonly links: boolean;
  readonly captures: boolean;
  readonly references: boolean;
  readonly traces: boolean;
}

const PLAIN: Features = {
  time: false,
  predicates: false,
  events: false,
  links: false,
  captures: false,
  references: false,
  traces: false,
};

/** One or two features, now and then none, many or all: a shape of everything would hardly ever match. */
export function randomFeatures(random: Random): Features {
  const names = ["time", "time", "predicates", "events", "links", "captures", "references", "traces"] as const;
  const chosen = Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3, 8]) }, () => random.pick(names));
  const has = (name: keyof Features): boolean => chosen.includes(name);
  return {
    time: has("time"),
    predicates: has("predicates"),
    events: has("events"),
    links: has("links"),
    captures: has("captures"),
    references: has("references"),
    traces: has("traces"),
  };
}

/**
 * A shape of at most about `nodes` patterns, in every form that the features allow.
 *
 * Without features it is one that is not refused. With them it may be: who asks has to look.
 */
export function randomShape(random: Random, nodes: number, features: Features = PLAIN): Shape {
  return new ShapeMaker(random, random.integer(1, nodes), features).shape();
}

/** Where an item is to stand. */
interface Place {
  readonly depth: number;
  readonly mode: ListMode;
  /** The definition in which it stands. */
  readonly within?: Definition["name"];
  /** Whether it stands in the items of that definition itself, where the name would reach itself. */
  readonly isTop?: boolean;
  readonly isUnderLink?: boolean;
}

/** The definition that is one pattern or a choice of such, and the one that is any items. */
const ONE = "one";
const MANY = "many";

class ShapeMaker {
  readonly #random: Random;
  readonly #features: Features;
  readonly #named = new Set<string>();
  #left: number;
  #hasJoin = false;

  constructor(random: Random, nodes: number, features: Features) {
    this.#random = random;
    this.#left = nodes;
    this.#features = features;
  }

  shape(): Shape {
    const children: ListMode = this.#random.chance(0.3) ? "exactly" : "contain";
    const content = this.#features.traces ? { traces: this.#traces() } : { trace: this.#trace() };
    return { children, include: [], define: this.#definitions(), ...content };
  }

  #traces(): readonly TraceBody[] {
    return Array.from({ length: this.#random.pick([1, 2, 2, 3]) }, () => this.#withCount(this.#trace(), 0.4));
  }

  #trace(): Body {
    this.#left = Math.max(1, this.#left);
    const body = { ...EMPTY_BODY, ...this.#under({ depth: 0, mode: "contain" }) };
    if (body.list !== undefined || body.never.length > 0) return body;
    return { ...EMPTY_BODY, list: { mode: "contain", items: [this.#node({ depth: 0, mode: "exactly" })] } };
  }

  #definitions(): readonly Definition[] {
    const made = new Map<string, Definition>();
    for (const name of [MANY, ONE]) {
      if (!this.#named.has(name)) continue;
      this.#left = this.#random.integer(1, 3);
      const place: Place = { depth: 1, mode: "exactly", within: name, isTop: true };
      const items = name === ONE ? [this.#single(place)] : this.#some(() => this.#item(place));
      made.set(name, { name, items });
    }
    // The body of <one> may be the first to name <many>.
    if (this.#named.size > made.size)
      return [...made.values(), { name: MANY, items: [this.#node({ depth: 3, mode: "exactly" })] }];
    return [...made.values()];
  }

  #single(place: Place): NodePattern | Group {
    if (this.#mayJoin(0.5)) return this.#joined(place);
    if (this.#random.chance(0.7)) return this.#node(place);
    return { type: "one-of", items: this.#some(() => this.#node(place)) };
  }

  /** The list and the `never` of a body; an item at its own level stands at `place`. */
  #under(place: Place): Pick<Body, "list" | "never"> {
    const never = this.#random.chance(0.08) ? [this.#bare({ ...place, mode: "exactly" })] : [];
    if (this.#left <= 0 || place.depth > 3) return { never };
    const mode: ListMode = this.#random.chance(0.4) ? "exactly" : "contain";
    const items = this.#items({ ...place, mode });
    if (items.length === 0 && mode === "contain") return { never };
    const list: ItemList = { mode, items };
    return { never, list };
  }

  #items(place: Place): readonly Item[] {
    const items: Item[] = [];
    if (this.#features.time && this.#random.chance(0.6)) items.push(this.#timed(place));
    for (let left = this.#random.integer(1, 4); left > 0 && this.#left > 0; left--) {
      if (place.mode === "exactly" && this.#random.chance(0.2)) items.push({ type: "rest" });
      else items.push(this.#item(place));
    }
    return items;
  }

  #item(place: Place): Item {
    const random = this.#random;
    const group = random.next() * (this.#features.time ? 0.7 : 1);
    if (this.#left < 2 || group > 0.45) return this.#member(place, 0.4);
    if (group < 0.15) return this.#withCount({ type: "in-order", items: this.#some(() => this.#item(place)) }, 0.5);
    if (group < 0.25) return this.#withCount({ type: "one-of", items: this.#some(() => this.#item(place)) }, 0.3);
    const type = this.#features.time
      ? random.pick(["any-order", "sequence", "sequence", "parallel", "parallel"] as const)
      : "any-order";
    const items = this.#some(() => {
      if (random.chance(0.8)) return this.#member(place, 0.4, true);
      return this.#withCount({ type: "one-of", items: this.#some(() => this.#node(place)) } as const, 0.3);
    });
    return this.#withCount({ type, items }, 0.3);
  }

  /** A group of plain patterns whose times matter. */
  #timed(place: Place): Group {
    const random = this.#random;
    if (random.chance(0.4)) return this.#shuffle(place);
    const type = random.pick(["any-order", "sequence", "sequence", "sequence", "parallel"] as const);
    const items = this.#some(() => this.#withCount(this.#leaf(random.pick(["llm", "tool"])), 0.5));
    return this.#withCount({ type, items }, 0.5);
  }

  #leaf(kind: Kind): NodePattern {
    return { type: "node", isDeep: false, kind, predicates: this.#predicates(), ...EMPTY_BODY };
  }

  /** An any-order group with lists in it, each of which has spans of its own. */
  #shuffle(place: Place): Group {
    const random = this.#random;
    const kinds: Kind[] = ["agent", "llm", "tool"];
    const items = this.#some((): Item => {
      const kind = kinds.pop() ?? "http";
      const own = (): NodePattern => (this.#random.chance(0.5) ? this.#leaf(kind) : { ...this.#node(place), kind });
      if (random.chance(0.3)) return this.#withCount(own(), 0.4);
      const inner = this.#some(() => this.#withCount(own(), 0.3));
      return this.#withCount({ type: random.pick(["in-order", "sequence"] as const), items: inner }, 0.3);
    });
    return { type: "any-order", items };
  }

  /** A node or a reference with a count. */
  #member(place: Place, probability: number, isSingle = false): Item {
    const random = this.#random;
    if (this.#features.captures && random.chance(0.2))
      return { ...this.#joined(place), count: random.pick([ONCE, { min: 1, max: Infinity }, { min: 2, max: 2 }]) };
    const reference = random.chance(0.3) ? this.#reference(place, isSingle) : undefined;
    return this.#withCount(reference ?? this.#node(place), probability);
  }

  #mayJoin(probability: number): boolean {
    return this.#features.captures && !this.#hasJoin && this.#random.chance(probability);
  }

  /** A node with a capture of its own, and below it the same capture again. */
  #joined(place: Place): NodePattern {
    this.#hasJoin = true;
    const capture = (): Predicate => ({ key: this.#random.pick(KEYS), op: "=", value: { type: "capture", name: "z" } });
    const { list: _list, ...above } = this.#node(place);
    const below = this.#node({ depth: 4, mode: "exactly" });
    const items = [{ ...below, predicates: [capture()] }];
    return { ...above, predicates: [capture()], list: { mode: "contain", items } };
  }

  #reference({ mode, within, isTop, isUnderLink }: Place, isSingle: boolean): Reference | undefined {
    const random = this.#random;
    // A definition may not reach itself through a link.
    if (!this.#features.references || (isUnderLink === true && within !== undefined)) return undefined;
    const name = isSingle || random.chance(0.6) ? ONE : MANY;
    if (isTop === true && (within === ONE || name === MANY)) return undefined;
    this.#left--;
    this.#named.add(name);
    return { type: "reference", isDeep: name === ONE && mode === "contain" && random.chance(0.2), name };
  }

  #node(place: Place): NodePattern {
    const random = this.#random;
    const { depth } = place;
    this.#left--;
    const kind = random.pick<Kind | "any">(["llm", "tool", "tool", "tool", "any", "agent", "http", "turn"]);
    const below = { ...place, depth: depth + 1, isTop: false };
    const body = random.chance(depth === 0 ? 0.5 : 0.25) ? this.#under(below) : {};
    const name = kind === "tool" ? random.next() : 1;
    return {
      type: "node",
      isDeep: place.mode === "contain" && random.chance(0.15),
      kind,
      ...(name < 0.63 ? { name: { type: "literal", text: random.pick(NAMES) } } : {}),
      ...(name > 0.63 && name < 0.73 ? { name: { type: "glob", text: "a*" } } : {}),
      ...(random.chance(0.05) ? { service: { type: "literal", text: "s" } } : {}),
      predicates: this.#predicates(),
      ...EMPTY_BODY,
      ...body,
      links:
        this.#features.links && random.chance(0.3)
          ? [this.#bare({ ...below, mode: "exactly", isUnderLink: true })]
          : [],
      events: this.#features.events && random.chance(0.3) ? this.#some(() => this.#event()) : [],
    };
  }

  /** A pattern as `never` and `link` take it. */
  #bare(place: Place): SinglePattern {
    const reference = this.#random.chance(0.2) ? this.#reference(place, true) : undefined;
    return reference ?? this.#node(place);
  }

  #event(): EventPattern {
    const random = this.#random;
    const name = random.next();
    return this.#withCount(
      {
        ...(name < 0.6 ? { name: { type: "literal", text: random.pick(NAMES) } as const } : {}),
        ...(name > 0.8 ? { name: { type: "glob", text: "a*" } as const } : {}),
        predicates: this.#predicates(),
      },
      0.4,
    );
  }

  #predicates(): readonly Predicate[] {
    const random = this.#random;
    const { captures, predicates } = this.#features;
    const made: Predicate[] = [];
    if (predicates && random.chance(0.35)) made.push(this.#predicate());
    if (captures && random.chance(0.5)) {
      const key = random.chance(0.1) ? "span.id" : random.pick(KEYS);
      const name = random.chance(0.75) ? "x" : "y";
      made.push({ key, op: "=", value: { type: "capture", name } });
    }
    return made;
  }

  #predicate(): Predicate {
    const random = this.#random;
    const key = random.pick(KEYS);
    const text = random.pick(VALUES);
    const op = random.pick(["present", "absent", "=", "=", "!=", "!=", "<", "<=", ">", ">="] as const);
    if (op === "present" || op === "absent") return { key, op };
    if (op !== "=" && op !== "!=") {
      return { key, op, value: { type: "word", text: random.pick(["1", "2"]) } };
    }
    const value: ValueTest = random.pick([
      { type: "word", text },
      { type: "word", text },
      { type: "literal", text },
      { type: "glob", text: "a*" },
    ] as const);
    return { key, op, value };
  }

  #some<T>(make: () => T): readonly T[] {
    return Array.from({ length: this.#random.pick([1, 2, 2, 3]) }, make);
  }

  #withCount<T extends object>(part: T, probability: number): T & { readonly count?: Count } {
    const random = this.#random;
    if (!random.chance(probability)) return part;
    const min = random.pick([0, 0, 1, 1, 2]);
    return { ...part, count: { min, max: random.pick([min, min + 1, Infinity]) } };
  }
}

const EMPTY_BODY = { never: [], links: [], events: [] } as const;

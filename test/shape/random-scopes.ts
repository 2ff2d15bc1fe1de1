import type { Random } from "../../src/core/random.ts";
import type {
  Body,
  Count,
  EventPattern,
  Item,
  ListMode,
  NodePattern,
  Predicate,
  Reference,
  Shape,
} from "../../src/shape/pattern.ts";
import type { Kind } from "../../src/trace/kinds.ts";
import { KEYS } from "./random-trace.ts";

const COUNTS: readonly Count[] = [
  { min: 0, max: 0 },
  { min: 0, max: 1 },
  { min: 0, max: Infinity },
  { min: 1, max: 1 },
  { min: 1, max: Infinity },
  { min: 2, max: 2 },
];
const KINDS: readonly (Kind | "any")[] = ["tool", "tool", "tool", "llm", "agent", "http", "any"];

/**
 * A shape in which scopes of captures stand within each other: the whole shape, counted lines and a definition, each
 * with a capture of its own that lines in it, behind links and under `never` compare with, beside those around it.
 *
 * Most are refused, since a capture is used once: who asks has to look.
 */
export function randomScopedShape(random: Random): Shape {
  return new ScopeMaker(random).shape();
}

class ScopeMaker {
  readonly #random: Random;
  #names = 0;
  #left: number;
  #defined: NodePattern | undefined;

  constructor(random: Random) {
    this.#random = random;
    this.#left = random.integer(3, 7);
  }

  shape(): Shape {
    const random = this.#random;
    const children: ListMode = random.chance(0.25) ? "exactly" : "contain";
    const whole = random.chance(0.75) ? [this.#newName()] : [];
    const trace = (): Body => ({ ...NOTHING, ...this.#below(whole, 0) });
    const content = random.chance(0.3) ? { traces: [trace(), trace()] } : { trace: trace() };
    const define = this.#defined === undefined ? [] : [{ name: "one", items: [this.#defined] }];
    return { children, include: [], define, ...content };
  }

  #newName(): string {
    return "xyzuvw"[this.#names++ % 6] ?? "x";
  }

  #below(names: readonly string[], depth: number): Pick<Body, "list" | "never"> {
    const random = this.#random;
    const items = Array.from({ length: random.integer(1, 3) }, () => this.#item(names, depth));
    const never = random.chance(0.12) ? [this.#line(names, 3)] : [];
    return { never, list: { mode: random.chance(0.3) ? "exactly" : "contain", items } };
  }

  #item(names: readonly string[], depth: number): Item {
    const random = this.#random;
    const way = random.next();
    if (this.#left > 1 && depth < 3 && way < 0.4) return this.#scope(names, depth);
    if (this.#left > 1 && depth < 2 && way < 0.52) return this.#definedScope(names, depth);
    if (way > 0.85) {
      const type = random.pick(["in-order", "sequence", "one-of", "one-of", "any-order", "parallel"] as const);
      const items = Array.from({ length: random.integer(1, 2) }, () => this.#line(names, depth + 1));
      return { type, items, ...(random.chance(0.4) ? { count: random.pick(COUNTS) } : {}) };
    }
    const line = this.#line(names, depth);
    return random.chance(0.2) ? { ...line, count: random.pick(COUNTS) } : line;
  }

  /** A counted line with a capture of its own, or two. */
  #scope(names: readonly string[], depth: number): NodePattern {
    const own = [this.#newName(), ...(this.#random.chance(0.15) ? [this.#newName()] : [])];
    return { ...this.#line([...own, ...own, ...names], depth, 0.9), count: this.#random.pick(COUNTS) };
  }

  #definedScope(names: readonly string[], depth: number): Reference {
    const random = this.#random;
    this.#defined ??= this.#line([...names.slice(0, 1), this.#newName()], depth, 1);
    const count = random.chance(0.5) ? { count: random.pick(COUNTS) } : {};
    return { type: "reference", isDeep: false, name: "one", ...count };
  }

  #line(names: readonly string[], depth: number, below = 0.3): NodePattern {
    const random = this.#random;
    this.#left--;
    const isDeeper = this.#left > 0 && depth < 3 && random.chance(below);
    return {
      type: "node",
      isDeep: random.chance(0.1),
      kind: random.pick(KINDS),
      predicates: random.chance(0.6) ? [this.#compared(names)] : [],
      ...NOTHING,
      ...(isDeeper ? this.#below(names, depth + 1) : {}),
      links: this.#left > 0 && random.chance(0.25) ? [{ ...this.#line(names, depth + 1), isDeep: false }] : [],
      events: random.chance(0.1) ? [this.#event(names)] : [],
    };
  }

  #event(names: readonly string[]): EventPattern {
    const count = this.#random.chance(0.3) ? { count: this.#random.pick(COUNTS) } : {};
    return { predicates: [this.#compared(names)], ...count };
  }

  #compared(names: readonly string[]): Predicate {
    const key = this.#random.pick(KEYS);
    if (names.length === 0) return { key, op: "present" };
    return { key, op: "=", value: { type: "capture", name: this.#random.pick(names) } };
  }
}

const NOTHING = { never: [], links: [], events: [] } as const;

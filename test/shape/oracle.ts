import type { Body, Item, ItemList, NodePattern, Shape } from "../../src/shape/pattern.ts";
import { isTransparent } from "../../src/trace/semantic.ts";
import type { SpanNode, Tree } from "../../src/trace/tree.ts";

/**
 * The meaning of a shape by plain enumeration, as its definition is written: every plan (a number for every count, an
 * alternative for every choice), every placement of the plan's occurrences into spans. Shares no code with the matcher
 * but the types. Exponential: for trees of a few spans.
 */
export function oracleMatches(shape: Shape, trees: readonly Tree[]): boolean {
  const roots = trees.flatMap((tree) => tree.roots);
  return new Oracle().holds(roots, shape.trace);
}

/** Occurrences that may stand in any order among themselves; the steps of a plan follow each other. */
type Step = readonly Occurrence[];
type Occurrence = NodePattern | "rest";

class Oracle {
  readonly #known = new Map<NodePattern, Map<SpanNode, boolean>>();

  /** Whether what stands under a span is as `body` asks; `below` are the span's children as recorded. */
  holds(below: readonly SpanNode[], body: Body): boolean {
    for (const span of descendants(below)) {
      if (body.never.some((pattern) => this.#matches(span, pattern))) return false;
    }
    return body.list === undefined || this.#listHolds(below, body.list);
  }

  #matches(span: SpanNode, pattern: NodePattern): boolean {
    const known = this.#known.get(pattern)?.get(span);
    if (known !== undefined) return known;
    const answer = fitsHead(span, pattern) && this.holds(span.children, pattern);
    const ofPattern = this.#known.get(pattern) ?? new Map<SpanNode, boolean>();
    this.#known.set(pattern, ofPattern.set(span, answer));
    return answer;
  }

  #listHolds(below: readonly SpanNode[], list: ItemList): boolean {
    const passed: SpanNode[] = [];
    const children = semanticChildren(below, passed);
    const everything = descendants(below);
    const counted = countedOf(list.items, false);
    const scopeOf = (pattern: NodePattern): readonly SpanNode[] => {
      return (pattern.isDeep ? everything : [...children, ...passed]).filter((span) => this.#matches(span, pattern));
    };
    const claimed = new Set(counted.flatMap(scopeOf));
    const obligatory = new Set([...claimed, ...(list.mode === "exactly" ? children : [])]);
    const candidates = (occurrence: Occurrence): readonly SpanNode[] => {
      return occurrence === "rest" ? children.filter((span) => !claimed.has(span)) : scopeOf(occurrence);
    };
    for (const plan of new Plans(candidates, everything.length).ofAll(list.items)) {
      const count = plan.reduce((sum, step) => sum + step.length, 0);
      if (count < obligatory.size) continue;
      if (placeable(plan, candidates, obligatory)) return true;
    }
    return false;
  }
}

function placeable(
  plan: readonly Step[],
  candidates: (occurrence: Occurrence) => readonly SpanNode[],
  obligatory: ReadonlySet<SpanNode>,
): boolean {
  const occurrences = plan.flatMap((step, index) =>
    step.map((occurrence) => ({ index, spans: candidates(occurrence) })),
  );
  const placed: { readonly index: number; readonly span: SpanNode }[] = [];
  const place = (next: number): boolean => {
    const occurrence = occurrences[next];
    if (occurrence === undefined) return [...obligatory].every((span) => placed.some((other) => other.span === span));
    return occurrence.spans.some((span) => {
      const isFree = placed.every((other) => {
        const isInOrder = other.index === occurrence.index || startOf(other.span) <= startOf(span);
        return other.span !== span && isInOrder;
      });
      if (!isFree) return false;
      placed.push({ index: occurrence.index, span });
      const isPlaced = place(next + 1);
      placed.pop();
      return isPlaced;
    });
  };
  return place(0);
}

/** Every plan of a list, but for those that need more spans than there are. */
class Plans {
  readonly #most = new Map<Occurrence, number>();
  readonly #candidates: (occurrence: Occurrence) => readonly SpanNode[];
  readonly #mostInAll: number;

  constructor(candidates: (occurrence: Occurrence) => readonly SpanNode[], mostInAll: number) {
    this.#candidates = candidates;
    this.#mostInAll = mostInAll;
  }

  ofAll(items: readonly Item[]): readonly (readonly Step[])[] {
    let plans: readonly (readonly Step[])[] = [[]];
    for (const item of items) plans = this.#joined(plans, this.#of(item));
    return plans;
  }

  #of(item: Item): readonly (readonly Step[])[] {
    const { min, max } = item.type === "rest" ? { min: 0, max: Infinity } : (item.count ?? { min: 1, max: 1 });
    const once = this.#roundOf(item);
    let rounds: readonly (readonly Step[])[] = [[]];
    const plans: (readonly Step[])[] = min === 0 ? [[]] : [];
    for (let round = 1; round <= Math.min(max, this.#mostInAll + min) && rounds.length > 0; round++) {
      rounds = this.#joined(rounds, once);
      if (round >= min) for (const plan of rounds) plans.push(plan);
    }
    return distinct(plans);
  }

  #roundOf(item: Item): readonly (readonly Step[])[] {
    if (item.type === "rest") return [[["rest"]]];
    if (item.type === "node") return [[[item]]];
    if (item.type === "in-order") return this.ofAll(item.items);
    if (item.type === "one-of") return item.items.flatMap((way) => this.#of(way));
    return this.ofAll(item.items).map((plan) => (plan.length === 0 ? [] : [plan.flat()]));
  }

  #joined(before: readonly (readonly Step[])[], after: readonly (readonly Step[])[]): readonly (readonly Step[])[] {
    const plans = before.flatMap((first) => after.map((second) => [...first, ...second]));
    return distinct(plans.filter((plan) => this.#isPossible(plan)));
  }

  #isPossible(plan: readonly Step[]): boolean {
    const used = new Map<Occurrence, number>();
    for (const occurrence of plan.flat()) {
      const count = (used.get(occurrence) ?? 0) + 1;
      const most = this.#most.get(occurrence) ?? this.#candidates(occurrence).length;
      this.#most.set(occurrence, most);
      if (count > most) return false;
      used.set(occurrence, count);
    }
    return plan.flat().length <= this.#mostInAll;
  }
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;

function distinct(plans: readonly (readonly Step[])[]): readonly (readonly Step[])[] {
  const byKey = new Map(plans.map((plan) => [plan.map((step) => step.map(numberOf).join(" ")).join("|"), plan]));
  return [...byKey.values()];
}

function numberOf(occurrence: Occurrence): number {
  if (occurrence === "rest") return 0;
  const known = numbers.get(occurrence) ?? ++lastNumber;
  numbers.set(occurrence, known);
  return known;
}

function countedOf(items: readonly Item[], isInside: boolean): readonly NodePattern[] {
  return items.flatMap((item) => {
    if (item.type === "rest") return [];
    const isCounted = isInside || item.count !== undefined;
    if (item.type === "node") return isCounted ? [item] : [];
    return countedOf(item.items, isCounted);
  });
}

const NAMED_TRANSPARENT = ["http", "span", "mcp.lifecycle", "workflow", "turn"];

function fitsHead({ meaning, span }: SpanNode, pattern: NodePattern): boolean {
  if (pattern.predicates.length > 0) throw new Error("the oracle knows no predicates");
  const passes = isTransparent(meaning);
  if (pattern.kind === "any" ? passes : meaning.kind !== pattern.kind) return false;
  if (passes && !NAMED_TRANSPARENT.includes(pattern.kind)) return false;
  const service = span.resource["service.name"] ?? "";
  return [[pattern.name, meaning.name] as const, [pattern.service, service] as const].every(([test, text]) => {
    if (test === undefined || typeof text !== "string") return test === undefined;
    if (test.type === "regex") throw new Error("the oracle knows no regular expressions");
    return test.type === "literal" ? test.text === text : new RegExp(`^${test.text.replaceAll("*", ".*")}$`).test(text);
  });
}

function semanticChildren(below: readonly SpanNode[], passed: SpanNode[]): readonly SpanNode[] {
  return below.flatMap((span) => {
    if (!isTransparent(span.meaning)) return [span];
    passed.push(span);
    return semanticChildren(span.children, passed);
  });
}

function descendants(below: readonly SpanNode[]): readonly SpanNode[] {
  return below.flatMap((span) => [span, ...descendants(span.children)]);
}

function startOf({ span }: SpanNode): bigint {
  return span.startTimeUnixNano;
}

import type {
  Body,
  Count,
  Definition,
  Item,
  ItemList,
  NodePattern,
  Reference,
  Shape,
  SinglePattern,
  TraceBody,
} from "../../src/shape/pattern.ts";
import { isTransparent } from "../../src/trace/semantic.ts";
import type { SpanLink } from "../../src/trace/span.ts";
import type { SpanNode, Tree } from "../../src/trace/tree.ts";
import type { Flaw } from "./oracle-flaws.ts";
import { type Bound, fitsEvents, fitsHead, textsOf } from "./oracle-head.ts";
import { definitionOf, isPlaceable, type Occurrence, type PlanContext, plansOf } from "./oracle-plans.ts";
import { scopesOf } from "./oracle-scopes.ts";

/**
 * The meaning of a shape by plain enumeration. Shares no code with the matcher but the types. Exponential: for trees of
 * a few spans.
 *
 * A span v matches a pattern p iff kind, name, service and predicates hold, the side conditions hold and v matches p's
 * list. A *plan* of a list chooses a number in range for every count and an alternative for every choice; what is left
 * is a finite set of occurrences, one pattern each, and constraints between them. v matches a list iff some plan has a
 * placement f of its occurrences into spans such that
 * 1. f is injective;
 * 2. f(o) is a child of v, for `//p` any span below v, and f(o) matches p;
 * 3. the constraints hold: *before*, start f(o) <= start f(o'); *ends before*, end f(o) <= start f(o'); *together*, at
 *    some instant every f(o) of the group is alive;
 * 4. every obligatory span is in the image of f: in `exactly` all children, in `contain` all that match a counted item.
 *
 * For captures of one scope there is one value that makes the scope match. What an absent span matches is unknown:
 * `undecided` iff the answer differs between what it might match; `undefined` if that is too much to try.
 */
export function oracleVerdict(
  shape: Shape,
  trees: readonly Tree[],
  flaw?: Flaw,
): "matched" | "mismatched" | "undecided" | undefined {
  const answers = new Set<boolean>();
  const cases: ReadonlyMap<string, boolean>[] = [new Map()];
  for (let known = cases.pop(); known !== undefined && answers.size < 2; known = cases.pop()) {
    const oracle = new Oracle(shape, trees, { known, flaw });
    const isMatch = oracle.isMatch();
    const { unknown } = oracle;
    if (unknown === undefined) answers.add(isMatch);
    else if (known.size === QUESTIONS_MAX) return undefined;
    else for (const answer of [false, true]) cases.push(new Map([...known, [unknown, answer]]));
  }
  if (answers.size === 2) return "undecided";
  return answers.has(true) ? "matched" : "mismatched";
}

const QUESTIONS_MAX = 8;
const NOWHERE = "a value that is nowhere";

class Oracle {
  /** A question about an absent span that was asked and not yet answered. */
  unknown: string | undefined;

  readonly #shape: Shape;
  readonly #trees: readonly Tree[];
  readonly #known: ReadonlyMap<string, boolean>;
  readonly #flaw: Flaw | undefined;
  readonly #fileCaptures: readonly string[];
  readonly #values: readonly string[];
  readonly #spans: readonly SpanNode[];
  readonly #answers = new Map<NodePattern, Map<SpanNode, Map<string, boolean>>>();
  readonly #deepened = new Map<NodePattern, NodePattern>();
  /** The captures that have a value for each span that a pattern matches. */
  readonly #ownCaptures = new Map<NodePattern, readonly string[]>();

  constructor(
    shape: Shape,
    trees: readonly Tree[],
    { known, flaw }: { known: ReadonlyMap<string, boolean>; flaw: Flaw | undefined },
  ) {
    this.#shape = shape;
    this.#trees = trees;
    this.#known = known;
    this.#flaw = flaw;
    this.#spans = trees.flatMap(({ roots }) => descendants(roots));
    const captures = scopesOf(shape);
    const isFlat = flaw === "a capture is one value for the whole file";
    this.#fileCaptures = isFlat ? [...captures.values()].flat() : (captures.get("file") ?? []);
    for (const [scope, names] of isFlat ? [] : captures) {
      if (scope === "file") continue;
      const patterns = "items" in scope ? this.#singles(referenceTo(scope)) : [scope];
      for (const pattern of patterns) {
        this.#ownCaptures.set(pattern, [...(this.#ownCaptures.get(pattern) ?? []), ...names]);
      }
    }
    const values = captures.size === 0 ? [] : valuesIn(this.#spans);
    this.#values = flaw === "a capture has only values that are there" ? values : [...values, NOWHERE];
  }

  isMatch(): boolean {
    const shape = this.#shape;
    return this.#some(this.#fileCaptures, new Map(), (bound) => {
      if ("traces" in shape) return this.#tracesHold(shape.traces, bound);
      const roots = this.#trees.flatMap((tree) => tree.roots);
      return this.#holds(roots, shape.trace, bound);
    });
  }

  #some(names: readonly string[], bound: Bound, holds: (bound: Bound) => boolean): boolean {
    const [name, ...others] = names;
    if (name === undefined) return holds(bound);
    return this.#values.some((value) => this.#some(others, new Map([...bound, [name, value]]), holds));
  }

  #tracesHold(bodies: readonly TraceBody[], bound: Bound): boolean {
    const fitting = bodies.map((body) => this.#trees.map((tree) => this.#holds(tree.roots, body, bound)));
    const isExact = this.#shape.children === "exactly" && this.#flaw !== "exactly leaves traces free";
    const claims = this.#flaw !== "counts of traces claim nothing";
    const isObligatory = this.#trees.map(({ roots }, trace) => {
      if (isExact && semanticChildren(roots, []).length > 0) return true;
      return claims && bodies.some(({ count }, body) => count !== undefined && fitting[body]?.[trace] === true);
    });
    const used = bodies.map(() => 0);
    const place = (trace: number): boolean => {
      if (trace === this.#trees.length) {
        return bodies.every(({ count = { min: 1, max: 1 } }, body) => inRange(used[body] ?? 0, count));
      }
      if (isObligatory[trace] === false && place(trace + 1)) return true;
      return bodies.some((_, body) => {
        if (fitting[body]?.[trace] !== true) return false;
        used[body] = (used[body] ?? 0) + 1;
        const isPlaced = place(trace + 1);
        used[body]--;
        return isPlaced;
      });
    };
    if (this.#flaw === "two bodies share a trace") {
      return bodies.every(({ count = { min: 1, max: Infinity } }, body) => {
        return inRange(fitting[body]?.filter((fits) => fits).length ?? 0, count);
      });
    }
    return place(0);
  }

  /** Whether what stands under a span is as `body` asks; `below` are the span's children as recorded. */
  #holds(below: readonly SpanNode[], body: Body, bound: Bound): boolean {
    const where = this.#flaw === "never looks at children only" ? below : descendants(below);
    const never = body.never.flatMap((pattern) => this.#singles(pattern));
    if (where.some((span) => never.some((pattern) => this.#matches(span, pattern, bound)))) return false;
    return body.list === undefined || this.#listHolds(below, body.list, bound);
  }

  #matches(span: SpanNode, pattern: NodePattern, bound: Bound): boolean {
    const ofPattern = this.#answers.get(pattern) ?? new Map<SpanNode, Map<string, boolean>>();
    this.#answers.set(pattern, ofPattern);
    const ofSpan = ofPattern.get(span) ?? new Map<string, boolean>();
    ofPattern.set(span, ofSpan);
    const key = JSON.stringify([...bound]);
    const known = ofSpan.get(key);
    if (known !== undefined) return known;
    const answer = this.#some(this.#ownCaptures.get(pattern) ?? [], bound, (within) => {
      if (!fitsHead(span, pattern, within, this.#flaw) || !this.#holds(span.children, pattern, within)) return false;
      return this.#linksHold(span, pattern, within) && this.#eventsHold(span, pattern, within);
    });
    ofSpan.set(key, answer);
    return answer;
  }

  #eventsHold(span: SpanNode, { events }: NodePattern, bound: Bound): boolean {
    return this.#flaw === "events say nothing" || events.every((event) => fitsEvents(span, event, bound, this.#flaw));
  }

  #linksHold(span: SpanNode, { links }: NodePattern, bound: Bound): boolean {
    if (this.#flaw === "links say nothing") return true;
    return links.every((single) => {
      return this.#singles(single).some((pattern) => {
        return span.span.links.some((link) => this.#leadsTo(span, link, pattern, bound));
      });
    });
  }

  #leadsTo(from: SpanNode, link: SpanLink, pattern: NodePattern, bound: Bound): boolean {
    let ends = this.#spans.filter(({ span }) => span.spanId === link.spanId);
    if (this.#flaw === "a link leads to the first span of its span id") ends = ends.slice(0, 1);
    else ends = ends.filter(({ span }) => span.traceId === link.traceId);
    if (this.#flaw === "a link stays within its trace" && link.traceId !== from.span.traceId) return false;
    if (ends.length > 0) return ends.some((end) => this.#matches(end, pattern, bound));
    if (this.#flaw === "an absent span matches nothing") return false;
    const question = `${link.traceId} ${link.spanId} ${JSON.stringify([pattern, this.#boundIn(pattern, bound)])}`;
    const answer = this.#known.get(question);
    if (answer === undefined) this.unknown ??= question;
    return answer === true;
  }

  /** The values that a pattern may be compared with: of captures that it names, or that a definition may. */
  #boundIn(pattern: NodePattern, bound: Bound): readonly (readonly [name: string, value: string])[] {
    const text = JSON.stringify(pattern);
    const all = text.includes('"reference"') ? text + JSON.stringify(this.#shape.define) : text;
    return [...bound].filter(([name]) => all.includes(`{"type":"capture","name":"${name}"}`));
  }

  #listHolds(below: readonly SpanNode[], list: ItemList, bound: Bound): boolean {
    const passed: SpanNode[] = [];
    const children =
      this.#flaw === "transparent spans are not passed through" ? below : semanticChildren(below, passed);
    const near = [...new Set([...children, ...passed])];
    const everything = this.#flaw === "// reaches children only" ? near : descendants(below);
    const known = new Map<NodePattern, readonly SpanNode[]>();
    const scopeOf = (pattern: NodePattern): readonly SpanNode[] => {
      const spans =
        known.get(pattern) ??
        (pattern.isDeep ? everything : near).filter((span) => this.#matches(span, pattern, bound));
      known.set(pattern, spans);
      return spans;
    };
    const claimed = new Set(this.#countedOf(list.items, false).flatMap(scopeOf));
    const isExact = list.mode === "exactly" && this.#flaw !== "exactly demands nothing";
    const obligatory = new Set([...claimed, ...(isExact ? children : [])]);
    const isFree = this.#flaw === "... takes what a count claims";
    const candidates = (occurrence: Occurrence): readonly SpanNode[] => {
      return occurrence === "rest" ? children.filter((span) => isFree || !claimed.has(span)) : scopeOf(occurrence);
    };
    const context: PlanContext = {
      define: this.#shape.define,
      singles: (reference) => this.#singles(reference),
      candidates,
      spans: everything.length,
      flaw: this.#flaw,
    };
    return plansOf(list.items, context).some((plan) => isPlaceable(plan, obligatory, context));
  }

  #countedOf(items: readonly Item[], isInside: boolean): readonly NodePattern[] {
    if (this.#flaw === "counts claim nothing") return [];
    const isGroupBlind = this.#flaw === "a count of a group claims nothing";
    return items.flatMap((item) => {
      if (item.type === "rest") return [];
      const { count } = item;
      if (count?.max === 0 && this.#flaw === "a count of zero is no limit") return [];
      const isCounted = isInside || (count !== undefined && !(isGroupBlind && "items" in item));
      if (item.type === "node") return isCounted ? [item] : [];
      if (item.type !== "reference") return this.#countedOf(item.items, isCounted);
      return item.isDeep && isCounted
        ? this.#singles(item)
        : this.#countedOf(definitionOf(item, this.#shape.define).items, isCounted);
    });
  }

  /** The patterns of which one is meant where one span is. */
  #singles(pattern: SinglePattern): readonly NodePattern[] {
    if (pattern.type === "node") return [pattern];
    const [item, ...more] = definitionOf(pattern, this.#shape.define).items;
    const ways = item?.type === "one-of" ? item.items : item === undefined ? [] : [item];
    if (more.length > 0) throw new Error(`<${pattern.name}> is not one pattern`);
    return ways.flatMap((way) => {
      if (way.type !== "node" && way.type !== "reference") throw new Error(`<${pattern.name}> is not one pattern`);
      return this.#singles(way).map((single) => (pattern.isDeep ? this.#deepenedOf(single) : single));
    });
  }

  #deepenedOf(pattern: NodePattern): NodePattern {
    if (pattern.isDeep) return pattern;
    const deepened = this.#deepened.get(pattern) ?? { ...pattern, isDeep: true };
    this.#deepened.set(pattern, deepened);
    this.#ownCaptures.set(deepened, this.#ownCaptures.get(pattern) ?? []);
    return deepened;
  }
}

function referenceTo({ name }: Definition): Reference {
  return { type: "reference", isDeep: false, name };
}

/** Every value that a capture could have and fit something. */
function valuesIn(nodes: readonly SpanNode[]): readonly string[] {
  const values = nodes.flatMap(({ span }) => {
    const attributes = [span.attributes, ...span.events.map((event) => event.attributes)];
    return [span.spanId, span.traceId, ...attributes.flatMap((each) => Object.values(each).flatMap(textsOf))];
  });
  return [...new Set(values)];
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

function inRange(number: number, { min, max }: Count): boolean {
  return number >= min && number <= max;
}

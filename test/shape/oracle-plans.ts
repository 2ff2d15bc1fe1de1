import type { Definition, Group, Item, NodePattern, Reference } from "../../src/shape/pattern.ts";
import { ONCE } from "../../src/shape/pattern.ts";
import type { SpanNode } from "../../src/trace/tree.ts";
import type { Flaw } from "./oracle-flaws.ts";

/** One pattern of a plan, to be placed on one span. */
export type Occurrence = NodePattern | "rest";

/** What is left of a list once every count is a number and every choice is made. */
export interface Plan {
  readonly occurrences: readonly Occurrence[];
  /** For each occurrence, as bits, those that start no later. */
  readonly after: readonly number[];
  /** For each occurrence, as bits, those that have ended when it starts. */
  readonly afterEnd: readonly number[];
  /** Each, as bits, a group that is alive at one instant. */
  readonly together: readonly number[];
}

export interface PlanContext {
  readonly define: readonly Definition[];
  /** The patterns of which a reference means one. */
  readonly singles: (reference: Reference) => readonly NodePattern[];
  readonly candidates: (occurrence: Occurrence) => readonly SpanNode[];
  /** How many spans there are to place occurrences on. */
  readonly spans: number;
  readonly flaw: Flaw | undefined;
}

/** How what comes next stands to what was before. */
type Between = "start" | "end" | "free";

const EMPTY: Plan = { occurrences: [], after: [], afterEnd: [], together: [] };

/** Every plan of a list, but for those that need more spans than there are. */
export function plansOf(items: readonly Item[], context: PlanContext): readonly Plan[] {
  return new Plans(context).ofAll(items, "start");
}

/** Whether some placement of the plan keeps its constraints and leaves no obligatory span over. */
export function isPlaceable(plan: Plan, obligatory: ReadonlySet<SpanNode>, context: PlanContext): boolean {
  const { flaw, candidates } = context;
  const placed: SpanNode[] = [];
  const isKept = (span: SpanNode, index: number): boolean => {
    return placed.every((other, before) => {
      if (other === span && flaw !== "a span serves two items") return false;
      if (has(plan.afterEnd[index], before) && endOf(other) > startOf(span)) return false;
      if (!has(plan.after[index], before)) return true;
      const isTie = startOf(other) === startOf(span);
      return isTie ? flaw !== "ties are in one order only" : startOf(other) < startOf(span);
    });
  };
  const place = (index: number): boolean => {
    const occurrence = plan.occurrences[index];
    if (occurrence === undefined) {
      const areTogether = plan.together.every((bits) =>
        shareInstant(
          placed.filter((_, at) => has(bits, at)),
          flaw,
        ),
      );
      return areTogether && [...obligatory].every((span) => placed.includes(span));
    }
    return candidates(occurrence).some((span) => {
      if (!isKept(span, index)) return false;
      placed.push(span);
      const isPlaced = place(index + 1);
      placed.pop();
      return isPlaced;
    });
  };
  return place(0);
}

class Plans {
  readonly #context: PlanContext;
  readonly #most = new Map<Occurrence, number>();

  constructor(context: PlanContext) {
    this.#context = context;
  }

  ofAll(items: readonly Item[], between: Between): readonly Plan[] {
    let plans: readonly Plan[] = [EMPTY];
    for (const item of items) plans = this.#joined(plans, this.#of(item, between), between);
    return plans;
  }

  /** The plans of an item with its count; `between` is what holds between the members of the group that it stands in. */
  #of(item: Item, between: Between): readonly Plan[] {
    const { flaw, spans } = this.#context;
    const isBlind = item.type === "reference" && flaw === "a reference has no count";
    const { min, max } = item.type === "rest" ? { min: 0, max: Infinity } : (!isBlind && item.count) || ONCE;
    const once = this.#roundOf(item, between);
    const betweenRounds = this.#betweenRounds(item, between);
    let rounds: readonly Plan[] = [EMPTY];
    const plans: Plan[] = min === 0 ? [EMPTY] : [];
    for (let round = 1; round <= Math.min(max, spans + min) && rounds.length > 0; round++) {
      rounds = this.#joined(rounds, once, betweenRounds);
      if (round >= min) for (const plan of rounds) plans.push(plan);
    }
    return distinct(plans);
  }

  #betweenRounds(item: Item, between: Between): Between {
    const { flaw } = this.#context;
    if (between === "end" && flaw === "repeats within a sequence may overlap") return "start";
    if (item.type === "node" || item.type === "one-of" || item.type === "rest") return between;
    if (item.type === "reference") return this.#isSingle(item) ? between : "start";
    if (flaw === "rounds of a group may mix") return "free";
    return item.type === "sequence" ? this.#sequenceOrder() : "start";
  }

  #roundOf(item: Item, between: Between): readonly Plan[] {
    if (item.type === "rest") return [planOf("rest")];
    if (item.type === "node") return [planOf(item)];
    if (item.type === "one-of") return item.items.flatMap((way) => this.#of(way, between));
    if (item.type !== "reference") return this.#roundOfGroup(item, between);
    if (item.isDeep) return this.#context.singles(item).map(planOf);
    const { items } = definitionOf(item, this.#context.define);
    return this.ofAll(items, this.#isSingle(item) ? between : "start");
  }

  #roundOfGroup({ type, items }: Group, between: Between): readonly Plan[] {
    const { flaw } = this.#context;
    if (between === "free" && flaw === "a list within any-order has no order") return this.ofAll(items, "free");
    if (type === "in-order") return this.ofAll(items, "start");
    if (type === "sequence") return this.ofAll(items, this.#sequenceOrder());
    const plans = this.ofAll(items, "free");
    if (type !== "parallel" || flaw === "parallel is any-order") return plans;
    return plans.map((plan) => ({ ...plan, together: [...plan.together, allOf(plan)] }));
  }

  #sequenceOrder(): Between {
    return this.#context.flaw === "a sequence is in order by start" ? "start" : "end";
  }

  #isSingle(reference: Reference): boolean {
    const { items } = definitionOf(reference, this.#context.define);
    const [item] = items;
    return items.length === 1 && (item?.type === "node" || item?.type === "one-of" || item?.type === "reference");
  }

  #joined(before: readonly Plan[], after: readonly Plan[], between: Between): readonly Plan[] {
    const plans: Plan[] = [];
    for (const first of before) {
      for (const second of after) {
        const plan = joined(first, second, between);
        if (this.#isPossible(plan)) plans.push(plan);
      }
    }
    return distinct(plans);
  }

  #isPossible({ occurrences }: Plan): boolean {
    const used = new Map<Occurrence, number>();
    for (const occurrence of occurrences) {
      const count = (used.get(occurrence) ?? 0) + 1;
      const most = this.#most.get(occurrence) ?? this.#context.candidates(occurrence).length;
      this.#most.set(occurrence, most);
      if (count > most) return false;
      used.set(occurrence, count);
    }
    return occurrences.length <= this.#context.spans;
  }
}

export function definitionOf({ name }: Reference, define: readonly Definition[]): Definition {
  const definition = define.find((each) => each.name === name);
  if (definition === undefined) throw new Error(`<${name}> is not defined`);
  return definition;
}

function planOf(occurrence: Occurrence): Plan {
  return { occurrences: [occurrence], after: [0], afterEnd: [0], together: [] };
}

function joined(first: Plan, second: Plan, between: Between): Plan {
  if (first.occurrences.length === 0) return second;
  if (second.occurrences.length === 0) return first;
  const shift = first.occurrences.length;
  const all = allOf(first);
  return {
    occurrences: [...first.occurrences, ...second.occurrences],
    after: [...first.after, ...second.after.map((bits) => (bits << shift) | (between === "start" ? all : 0))],
    afterEnd: [...first.afterEnd, ...second.afterEnd.map((bits) => (bits << shift) | (between === "end" ? all : 0))],
    together: [...first.together, ...second.together.map((bits) => bits << shift)],
  };
}

function allOf({ occurrences }: Plan): number {
  return (1 << occurrences.length) - 1;
}

function distinct(plans: readonly Plan[]): readonly Plan[] {
  if (plans.length < 2) return plans;
  const keyOf = ({ occurrences, after, afterEnd, together }: Plan): string => {
    return `${occurrences.map(numberOf).join()};${after.join()};${afterEnd.join()};${together.join()}`;
  };
  return [...new Map(plans.map((plan) => [keyOf(plan), plan])).values()];
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;

function numberOf(occurrence: Occurrence): number {
  if (occurrence === "rest") return 0;
  const known = numbers.get(occurrence) ?? ++lastNumber;
  numbers.set(occurrence, known);
  return known;
}

function shareInstant(spans: readonly SpanNode[], flaw: Flaw | undefined): boolean {
  const isAlive = (span: SpanNode, instant: bigint): boolean => {
    if (startOf(span) === instant) return true;
    const end = endOf(span);
    return startOf(span) < instant && (instant < end || (instant === end && flaw === "touching spans overlap"));
  };
  return spans.length === 0 || spans.some((first) => spans.every((span) => isAlive(span, startOf(first))));
}

function has(bits: number | undefined, index: number): boolean {
  return (((bits ?? 0) >> index) & 1) === 1;
}

function startOf({ span }: SpanNode): bigint {
  return span.startTimeUnixNano;
}

function endOf({ span }: SpanNode): bigint {
  const start = span.startTimeUnixNano;
  const end = span.endTimeUnixNano ?? start;
  return end < start ? start : end;
}

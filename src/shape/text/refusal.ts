import type { Fault } from "../../core/errors.ts";
import type { Body, Count, Group, Item, ItemList, ListMode, NodePattern, Shape } from "../pattern.ts";
import { flatItems, ONCE, placeOf, STEPS_MAX } from "../pattern.ts";

/**
 * What a well-written shape may still not say, because it says nothing, contradicts itself or cannot be decided
 * exactly. Both the reader and the builders ask.
 */
export function refusalsOf(shape: Shape): readonly Fault[] {
  const faults: Fault[] = [];
  if (shape.trace.list === undefined && shape.trace.never.length === 0) {
    faults.push({
      where: placeOf(shape),
      what: "the shape is empty and would match everything",
      mend: "State at least one span.",
    });
  }
  for (const { list } of bodiesOf(shape)) {
    for (const item of flatItems(list?.items ?? [])) {
      if (item.type === "node" || item.type === "rest" || item.items.length > 0) continue;
      const what = `${item.type} is empty`;
      faults.push({ where: placeOf(item), what, mend: "State what stands in it, or leave it out." });
    }
  }
  return [...faults, ...contentFaults(shape)];
}

/** The refusals of what is there, whatever may be missing. */
export function contentFaults(shape: Shape): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { list, never } of bodiesOf(shape)) {
    if (list !== undefined) faults.push(...listFaults(list));
    for (const pattern of never) faults.push(...neverFaults(pattern));
  }
  return faults;
}

function* bodiesOf(shape: Shape): Generator<Body> {
  const bodies: Body[] = [shape.trace];
  for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
    yield body;
    bodies.push(...body.never);
    for (const item of flatItems(body.list?.items ?? [])) if (item.type === "node") bodies.push(item);
  }
}

/** What is wrong with a count, or `undefined`. */
export function countFault({ min, max }: Count): Omit<Fault, "where"> | undefined {
  if (!Number.isSafeInteger(min) || (!Number.isSafeInteger(max) && max !== Infinity) || min < 0) {
    return { what: `a count is a whole number from 0, not ${min}..${max}`, mend: "Write xN, xA..B or xA..*." };
  }
  if (min <= max) return undefined;
  return {
    what: `the count x${min}..${max} is reversed and could never hold`,
    mend: `Write x${max}..${min}.`,
  };
}

function neverFaults(pattern: NodePattern): readonly Fault[] {
  const where = placeOf(pattern);
  const faults: Fault[] = [];
  if (pattern.isDeep) {
    faults.push({ where, what: "never looks at any depth already", mend: "Leave out the //." });
  }
  if (pattern.count !== undefined) {
    faults.push({ where, what: "never takes no count", mend: "Leave the count out, or count the item in the list." });
  }
  return faults;
}

function listFaults(list: ItemList): readonly Fault[] {
  const faults: Fault[] = [];
  for (const item of flatItems(list.items)) {
    const where = placeOf(item);
    if (item.type === "rest" && list.mode === "contain") {
      faults.push({
        where,
        what: "... says nothing here, where other children are allowed anyway",
        mend: "Leave it out, or put the list under exactly:.",
      });
    } else if (item.type === "node" && item.isDeep && list.mode === "exactly") {
      faults.push({
        where,
        what: "// has no place in exactly, which speaks of children only",
        mend: "Leave out the //, or put the list under contain:.",
      });
    } else if (item.type === "any-order") {
      faults.push(...anyOrderFaults(item, list.mode));
    }
  }
  const steps = stepsOf(list.items);
  if (steps > STEPS_MAX) {
    faults.push({
      where: placeOf(list.items[0] ?? {}),
      what: `counts multiply to ${steps.toLocaleString("en-US")} steps; the limit is ${STEPS_MAX.toLocaleString("en-US")}`,
      mend: "Lower a count, or leave its upper end open with *.",
    });
  }
  return faults;
}

function anyOrderFaults(group: Group, mode: ListMode): readonly Fault[] {
  const faults: Fault[] = [];
  for (const member of group.items) {
    const where = placeOf(member);
    if (member.type === "rest" && mode === "exactly") {
      faults.push({ where, what: "... has no place in any-order", mend: "Put it before or after the group." });
    } else if (member.type === "in-order" || member.type === "any-order") {
      faults.push({
        where,
        what: `${member.type} inside any-order is not supported yet`,
        mend: "Give each branch a parent, or list the single patterns.",
      });
    } else if (member.type === "one-of" && !member.items.every(isSingle)) {
      faults.push({
        where,
        what: "inside any-order a choice is between single patterns",
        mend: "Put the one-of around the group.",
      });
    }
  }
  return faults;
}

function isSingle(item: Item): boolean {
  return item.type === "node" && item.count === undefined;
}

/** How many steps the items unroll to. */
function stepsOf(items: readonly Item[]): number {
  let steps = 0;
  for (const item of items) {
    if (item.type === "rest") continue;
    const { min, max } = item.count ?? ONCE;
    const rounds = Math.max(1, max === Infinity ? min : max);
    steps += rounds * (item.type === "node" ? 1 : Math.max(1, stepsOf(item.items)));
  }
  return steps;
}

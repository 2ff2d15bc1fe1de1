import type { Fault } from "../../core/errors.ts";
import type { Interleaved } from "../apart.ts";
import { interleavedIn } from "../apart.ts";
import { definitionsOf } from "../definitions.ts";
import type { Definition, Group, Item, ItemList, Reference, Shape } from "../pattern.ts";
import { flatItems, ONCE, placeOf, STEPS_MAX } from "../pattern.ts";
import { printItemLine } from "../print.ts";

/** What a list may not hold as a whole, the items that definitions bring included. */
export function levelFaults(list: ItemList, shape: Shape): readonly Fault[] {
  const definitions = definitionsOf(shape);
  const steps = stepFaults(list, definitions);
  const faults = [...modeFaults(list, definitions), ...steps];
  return steps.length > 0 ? faults : [...faults, ...interleavedIn(list.items, shape).flatMap(interleavedFaults)];
}

/** `...` says something only in `exactly`, and `//` only in `contain`. */
function modeFaults({ mode, items }: ItemList, definitions: ReadonlyMap<string, Definition>): readonly Fault[] {
  const faults: Fault[] = [];
  const isWrong = (item: Item): boolean =>
    mode === "contain" ? item.type === "rest" : (item.type === "node" || item.type === "reference") && item.isDeep;
  // Their groups refuse them already.
  const misplaced = new Set([...flatItems(items)].flatMap((item) => (isStrict(item) ? item.items : [])).filter(isRest));
  for (const item of flatItems(items)) {
    const where = placeOf(item);
    if (misplaced.has(item)) continue;
    if (isWrong(item)) faults.push({ where, ...(mode === "contain" ? SAYS_NOTHING : NO_DEEP) });
    else if (item.type === "reference" && brings(item, isWrong, definitions)) {
      const { what, mend } = mode === "contain" ? SAYS_NOTHING : NO_DEEP;
      faults.push({ where, what: `<${item.name}> brings what has no place here: ${what}`, mend });
    }
  }
  return faults;
}

function isStrict(item: Item): item is Group {
  return item.type === "any-order" || item.type === "parallel" || item.type === "sequence";
}

function isRest(item: Item): boolean {
  return item.type === "rest";
}

const SAYS_NOTHING = {
  what: "... says nothing here, where other children are allowed anyway",
  mend: "Leave it out, or put the list under exactly:.",
};

const NO_DEEP = {
  what: "// has no place in exactly, which speaks of children only",
  mend: "Leave out the //, or put the list under contain:.",
};

function brings(
  reference: Reference,
  isWrong: (item: Item) => boolean,
  definitions: ReadonlyMap<string, Definition>,
): boolean {
  const seen = new Set([reference.name]);
  for (const name of seen) {
    for (const item of flatItems(definitions.get(name)?.items ?? [])) {
      if (isWrong(item)) return true;
      if (item.type === "reference") seen.add(item.name);
    }
  }
  return false;
}

function stepFaults({ items }: ItemList, definitions: ReadonlyMap<string, Definition>): readonly Fault[] {
  const steps = stepsOf(items, definitions, new Map());
  if (steps <= STEPS_MAX) return [];
  return [
    {
      where: placeOf(items[0] ?? {}),
      what: `counts multiply to ${steps.toLocaleString("en-US")} steps; the limit is ${STEPS_MAX.toLocaleString("en-US")}`,
      mend: "Lower a count, or leave its upper end open with *.",
    },
  ];
}

/** How many steps the items unroll to; `known` holds the steps of definitions, 1 for one that is being counted. */
function stepsOf(
  items: readonly Item[],
  definitions: ReadonlyMap<string, Definition>,
  known: Map<string, number>,
): number {
  let steps = 0;
  for (const item of items) {
    if (item.type === "rest") continue;
    const { min, max } = item.count ?? ONCE;
    const rounds = Math.max(1, max === Infinity ? min : max);
    if (item.type === "reference" && !known.has(item.name)) {
      known.set(item.name, 1);
      known.set(item.name, stepsOf(definitions.get(item.name)?.items ?? [], definitions, known));
    }
    const inner = "items" in item ? stepsOf(item.items, definitions, known) : 1;
    steps += rounds * Math.max(1, item.type === "reference" ? (known.get(item.name) ?? 1) : inner);
  }
  return steps;
}

function interleavedFaults({ list, counted, clash }: Interleaved): readonly Fault[] {
  const where = placeOf(list);
  if (counted !== undefined) {
    const what = `${list.type} inside any-order takes no count, and nothing around it does: ${printItemLine(counted)}`;
    return [{ where, what, mend: "Leave the count out, or give each branch a parent." }];
  }
  if (clash === undefined) return [];
  const [a, b] = clash.items.map((item) => `"${printItemLine(item)}" at ${shortPlace(placeOf(item), where)}`);
  const who = clash.isWithList ? "these two lists" : "this list and what stands beside it";
  return [
    {
      where,
      what: `${who} may claim the same span: ${a} and ${b}`,
      mend: "Give each branch a parent, a service or a telling attribute.",
    },
  ];
}

/** `line:column` within the same file. */
function shortPlace(place: string, where: string): string {
  const file = where.replace(/:\d+:\d+$/, ":");
  return place.startsWith(file) ? place.slice(file.length) : place;
}

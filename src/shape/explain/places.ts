import type { GroupPart, Part } from "../match/parts.ts";
import { leavesIn } from "../match/parts.ts";
import type { Leaf, List } from "../match/program.ts";
import type { Count, NodePattern, SinglePattern } from "../pattern.ts";
import { ONCE } from "../pattern.ts";
import { printItemLine } from "../print.ts";

/** What a list asks for in one place, as messages name it. */
export interface Demand {
  /** As the shape prints it, count included. */
  readonly text: string;
  /** The same without count and `//`, which a sentence tells in words; a `<name>` says what it stands for. */
  readonly plain: string;
  readonly at?: string;
  /** As written; absent where none was. */
  readonly count?: Count;
  /** Whether it is a group of which a count counts rounds. */
  readonly isGroup: boolean;
  /** Whether it may stand at any depth. */
  readonly isDeep: boolean;
}

/** Where a leaf of a list stands among its parts. */
export interface LeafPlace {
  readonly demand: Demand;
  /** The groups around it, innermost first. */
  readonly groups: readonly GroupPlace[];
  /** How many spans it takes, all counts above it multiplied in. */
  readonly count: Count;
}

export interface GroupPlace {
  readonly demand: Demand;
  readonly part: GroupPart;
}

/** Where a definition was written, by its name. */
export type DefinedAt = (name: string) => string | undefined;

/** The place of every leaf of a list, by leaf. */
export function placesOf({ parts, leaves }: List, definedAt: DefinedAt): readonly LeafPlace[] {
  const demands = leaves.map((leaf) => leafDemand(leaf, definedAt));
  const places: LeafPlace[] = [];
  const stack = parts.toReversed().map((part) => ({ part, groups: [] as readonly GroupPlace[], count: ONCE }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { part, groups } = next;
    const count = times(next.count, part.count);
    if (part.type === "leaf") {
      places[part.leaf] = { demand: demands[part.leaf] ?? REST, groups, count };
      continue;
    }
    const around = [{ demand: groupDemand(part, demands), part }, ...groups];
    const inner = part.type === "one-of" ? { min: 0, max: count.max } : count;
    for (const member of part.parts.toReversed()) stack.push({ part: member, groups: around, count: inner });
  }
  return places;
}

/** What a single pattern or `<name>` asks for, which may stand for `patterns`. */
export function singleDemand(item: SinglePattern, patterns: readonly NodePattern[], definedAt: DefinedAt): Demand {
  const { count, at } = item;
  const where = item.type === "reference" ? definedAt(item.name) : undefined;
  const lines = (item.type === "reference" ? patterns : [item]).map((pattern) => {
    const { count: written, ...once } = pattern;
    return printItemLine(written === undefined && !pattern.isDeep ? pattern : { ...once, isDeep: false });
  });
  const defined = item.type === "reference" ? ` (<${item.name}>${where === undefined ? "" : `, ${where}`})` : "";
  return {
    text: printItemLine(item),
    plain: `${lines.join(" or ")}${defined}`,
    isGroup: false,
    isDeep: item.isDeep || patterns.some((pattern) => pattern.isDeep),
    ...(at === undefined ? {} : { at }),
    ...(count === undefined ? {} : { count }),
  };
}

const REST: Demand = { text: "...", plain: "...", isGroup: false, isDeep: false };

function leafDemand({ item, pattern }: Leaf, definedAt: DefinedAt): Demand {
  return item.type === "rest" || pattern === undefined ? REST : singleDemand(item, [pattern.source], definedAt);
}

function groupDemand(part: GroupPart, demands: readonly Demand[]): Demand {
  const isChoice = part.type === "one-of";
  const isCounted = part.count.min !== 1 || part.count.max !== 1;
  const lines = part.parts.map((member) => memberText(member, demands));
  const isDeep = leavesIn([part]).some((leaf) => demands[leaf]?.isDeep === true);
  const plain = isChoice ? lines.join(" or ") : `${part.type} (${lines.join(", ")})`;
  const count = isCounted ? { count: part.count } : {};
  const text = isChoice ? plain : `${printItemLine({ type: part.type, items: [], ...count })} (${lines.join(", ")})`;
  return { text, plain, isGroup: !isChoice, isDeep, ...count, ...(part.at === undefined ? {} : { at: part.at }) };
}

/** A member in one line; groups within groups are only named. */
function memberText(part: Part, demands: readonly Demand[]): string {
  if (part.type === "leaf") return demands[part.leaf]?.text ?? REST.text;
  const inner = part.parts.map((member) => {
    return member.type === "leaf" ? (demands[member.leaf]?.text ?? REST.text) : member.type;
  });
  return part.type === "one-of" ? inner.join(" or ") : `${part.type} (${inner.join(", ")})`;
}

function times(a: Count, b: Count): Count {
  return { min: a.min * b.min, max: a.max === 0 || b.max === 0 ? 0 : a.max * b.max };
}

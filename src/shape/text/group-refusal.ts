import type { Fault } from "../../core/errors.ts";
import { singlesOf } from "../definitions.ts";
import type { Definition, Group, GroupType, Item, Reference } from "../pattern.ts";
import { flatItems, placeOf } from "../pattern.ts";

type Definitions = ReadonlyMap<string, Definition>;

/** Members that have no place in their group, and `//<name>` of what is not one span. */
export function groupFaults(items: readonly Item[], definitions: Definitions): readonly Fault[] {
  const faults: Fault[] = [];
  for (const item of flatItems(items)) {
    if (item.type === "reference" && item.isDeep) {
      const singles = singlesOf(item, definitions);
      if (singles?.length !== 1) faults.push(...noSingle(item, "//", definitions));
    }
    if (!("items" in item)) continue;
    for (const member of item.items) faults.push(...MEMBER_FAULTS[item.type](member, item, definitions));
  }
  return faults;
}

type MemberFaults = (member: Item, group: Group, definitions: Definitions) => readonly Fault[];

const MEMBER_FAULTS: Readonly<Record<GroupType, MemberFaults>> = {
  "in-order": () => [],
  "one-of": () => [],
  "any-order": unorderedFaults,
  parallel: unorderedFaults,
  sequence: sequenceFaults,
};

function unorderedFaults(member: Item, { type }: Group, definitions: Definitions): readonly Fault[] {
  if (member.type === "node") return [];
  if (member.type === "reference") return singlesOf(member, definitions) ? [] : noSingle(member, type, definitions);
  if (member.type === "one-of") {
    const bad = member.items.find((way) => !isSingle(way, definitions));
    if (bad === undefined || isUnknown(bad, definitions)) return [];
    const what = `inside ${type} a choice is between single patterns`;
    return [{ where: placeOf(member), what, mend: "Put the one-of around the group." }];
  }
  if (type === "any-order" && (member.type === "in-order" || member.type === "sequence")) return [];
  return [noPlace(member, type)];
}

function sequenceFaults(member: Item, { type }: Group, definitions: Definitions): readonly Fault[] {
  const ways = member.type === "one-of" ? member.items : [member];
  return ways.flatMap((way) => {
    if (way.type === "node") return [];
    if (way.type === "reference") return singlesOf(way, definitions) ? [] : noSingle(way, type, definitions);
    return [noPlace(way, type)];
  });
}

function isSingle(item: Item, definitions: Definitions): boolean {
  return item.type !== "rest" && item.count === undefined && singlesOf(item, definitions) !== undefined;
}

function isUnknown(item: Item, definitions: Definitions): boolean {
  return item.type === "reference" && !definitions.has(item.name);
}

function noSingle(reference: Reference, what: string, definitions: Definitions): readonly Fault[] {
  if (isUnknown(reference, definitions)) return [];
  return [
    {
      where: placeOf(reference),
      what: `<${reference.name}> is no single pattern, and ${what} needs one`,
      mend: "Write its patterns out here, or make its definition one line without a count.",
    },
  ];
}

function noPlace(member: Item, type: GroupType): Fault {
  const name = member.type === "rest" ? "..." : member.type;
  const mend = member.type === "rest" ? "Put it before or after the group." : MENDS[type];
  return { where: placeOf(member), what: `${name} has no place in ${type}`, mend };
}

const MENDS: Readonly<Record<GroupType, string>> = {
  "in-order": "",
  "one-of": "",
  "any-order": "Write its members straight into the any-order, or give each branch a parent.",
  parallel: "Give each branch a parent: parallel holds single patterns.",
  sequence: "Give it a parent: sequence holds single patterns.",
};

import type { SpanNode } from "../../trace/tree.ts";
import { runsOf } from "../runs.ts";
import type { Body, Count, Item, ItemList, ListMode, NodePattern, Reference, TextTest } from "../pattern.ts";
import { flatItems } from "../pattern.ts";
import { itemsOf } from "./build.ts";
import type { Evidence } from "./evidence.ts";
import type { Keys } from "./keys.ts";
import { laidOutOver, layOut } from "./layout.ts";
import type { Slot, SpanSlot } from "./slot.ts";
import { countOver } from "./slot.ts";
import type { Trial } from "./trial.ts";
import { scopeOf } from "./trial.ts";

/** The children as recorded of each span (or of each run) that one list has to hold for. */
type Places = readonly (readonly SpanNode[])[];

interface Means {
  readonly trial: Trial;
  readonly evidence: Evidence;
}

/** An old line and what it has become. */
interface Kept {
  readonly old: NodePattern | Reference;
  readonly now: NodePattern | Reference;
  /** The spans that it stands for, by place. */
  readonly spans: readonly ReadonlySet<SpanNode>[];
}

/** A body with every part that still holds in all places, and its list refreshed where it does not. */
export function refreshBody(body: Body, places: Places, service: TextTest | undefined, means: Means): Body {
  const { trial } = means;
  const never = body.never.filter((pattern) => places.every((below) => trial.holds({ never: [pattern] }, below)));
  const list = body.list === undefined ? undefined : refreshList(body.list, places, service, means);
  return { ...(list === undefined ? {} : { list }), never, links: body.links, events: body.events };
}

/**
 * A list that holds in all places, with as much of the old one as may be: all of it; else its lines with what is below them
 * refreshed; else those without the ones that nothing is left for; else its lines in a new order, beside what is new; else
 * nothing of it.
 */
function refreshList(list: ItemList, places: Places, service: TextTest | undefined, means: Means): ItemList {
  const holds = (candidate: ItemList): boolean => {
    return places.every((below) => means.trial.holds({ list: candidate, never: [] }, below));
  };
  if (holds(list)) return list;
  const kept = new Map(linesIn(list.items).map((old) => [old, keptOf(old, list.mode, { places, means })]));
  const isRenamed = list.mode === "contain" && newNames([...kept.values()], { places, means }).size > 0;
  const steps = [
    (): ItemList => ({ ...list, items: list.items.map((item) => renewed(item, kept)) }),
    ...(isRenamed ? [] : [(): ItemList => ({ ...list, items: pruned(list.items, list.mode, kept) })]),
    (): ItemList => relaid(list.mode, [...kept.values()], { places, service, means }),
  ];
  for (const step of steps) {
    const candidate = step();
    if (candidate.items.length > 0 && holds(candidate)) return candidate;
  }
  const slots = layOut(places.map(means.evidence.siblingsIn), means.evidence);
  return { mode: "exactly", items: itemsOf(slots, service, { evidence: means.evidence, layOut }) };
}

function linesIn(items: readonly Item[]): readonly (NodePattern | Reference)[] {
  return [...flatItems(items)].filter((item) => item.type === "node" || item.type === "reference");
}

interface Scene {
  readonly places: Places;
  readonly means: Means;
}

/** What an old line stands for now, and what it has to say to hold for all of it. */
function keptOf(old: NodePattern | Reference, mode: ListMode, { places, means }: Scene): Kept {
  const { trial, evidence } = means;
  const scopes = places.map((below) => scopeOf(old, below));
  const fitting = scopes.map((scope) => scope.filter((span) => trial.fits(old, span)));
  const isEnough = mode === "contain" && old.count === undefined && fitting.every(({ length }) => length > 0);
  if (old.type === "reference" || isEnough) return { old, now: old, spans: fitting.map((spans) => new Set(spans)) };
  const { head, spans } = headOver(old, scopes, trial);
  const all = spans.flat();
  const isWhole = head === old && spans.every((found, place) => found.length === fitting[place]?.length);
  const [first] = all;
  const now =
    isWhole || first === undefined
      ? head
      : {
          ...head,
          ...refreshBody(
            head,
            all.map(({ children }) => children),
            evidence.headOf(first).service,
            means,
          ),
        };
  return { old, now, spans: spans.map((found) => new Set(found)) };
}

/** The head of a pattern as it fits; where nothing does, without the predicates and events that do not hold. */
function headOver(
  old: NodePattern,
  scopes: Places,
  { fitsHead }: Trial,
): { readonly head: NodePattern; readonly spans: Places } {
  const spansOf = (head: NodePattern): Places => scopes.map((scope) => scope.filter((span) => fitsHead(head, span)));
  const spans = spansOf(old);
  if (spans.some(({ length }) => length > 0)) return { head: old, spans };
  const bare = { ...old, predicates: [], events: [] };
  const named = spansOf(bare);
  const holds = (head: NodePattern): boolean => named.flat().every((span) => fitsHead(head, span));
  const predicates = old.predicates.filter((predicate) => holds({ ...bare, predicates: [predicate] }));
  const events = old.events.filter((event) => holds({ ...bare, events: [event] }));
  return { head: { ...old, predicates, events }, spans: named };
}

function renewed(item: Item, kept: ReadonlyMap<Item, Kept>): Item {
  if (item.type === "rest") return item;
  if ("items" in item) return { ...item, items: item.items.map((inner) => renewed(inner, kept)) };
  return kept.get(item)?.now ?? item;
}

/** The items without those that nothing is left for, counted as they came; rounds of a group keep their counts. */
function pruned(items: readonly Item[], mode: ListMode, kept: ReadonlyMap<Item, Kept>): readonly Item[] {
  return items.flatMap((item): readonly Item[] => {
    if (item.type === "rest") return [item];
    if ("items" in item) {
      const inner =
        item.count === undefined ? pruned(item.items, mode, kept) : item.items.map((one) => renewed(one, kept));
      return inner.length === 0 ? [] : [{ ...item, items: inner }];
    }
    const line = kept.get(item);
    const seen = line?.spans.map(({ size }) => size) ?? [];
    if (line === undefined || seen.every((times) => times === 0)) return [];
    return [counted(line.now, keptCount(item.count, seen, mode))];
  });
}

/** The count of an old line that came so often: its own, opened as far as it must be. */
export function keptCount(old: Count | undefined, seen: readonly number[], mode: ListMode): Count | undefined {
  const { min, max } = countOver(seen).count ?? { min: 1, max: 1 };
  if (old !== undefined) return { min: Math.min(old.min, min), max: Math.max(old.max, max) };
  return (min === 1 && max === 1) || (mode === "contain" && min > 0) ? undefined : { min, max };
}

function counted(item: NodePattern | Reference, count: Count | undefined): NodePattern | Reference {
  const { count: _count, ...bare } = item;
  return count === undefined ? bare : { ...bare, count };
}

/** The children that no line stands for and that are of the kind of a line that is gone: it may be called so now. */
function newNames(kept: readonly Kept[], { places, means }: Scene): ReadonlySet<SpanNode> {
  const isGone = (line: Kept): boolean => line.spans.every(({ size }) => size === 0);
  const kinds = new Set(kept.filter(isGone).flatMap(({ old }) => (old.type === "node" ? old.kind : [])));
  const known = new Set(kept.flatMap(({ spans }) => spans.flatMap((found) => [...found])));
  const children = places.flatMap((below) => means.evidence.siblingsIn(below).flat());
  return new Set(children.filter((span) => kinds.has(span.meaning.kind) && !known.has(span)));
}

/** The list laid out anew, by old lines where spans fit them, and by what they say where none does. */
function relaid(
  mode: ListMode,
  kept: readonly Kept[],
  { places, service, means }: Scene & { readonly service: TextTest | undefined },
): ItemList {
  const { evidence, trial } = means;
  const lineOf = new Map<SpanNode, number>();
  for (const isWanted of [(line: Kept, span: SpanNode) => trial.fits(line.old, span), () => true]) {
    for (const [index, line] of kept.entries()) {
      for (const span of line.spans.flatMap((spans) => [...spans])) {
        if (!lineOf.has(span) && isWanted(line, span)) lineOf.set(span, index);
      }
    }
  }
  const renamed = mode === "contain" ? newNames(kept, { places, means }) : new Set<SpanNode>();
  const lists = places.map((below, place) => {
    const own = kept.flatMap(({ spans }) => [...(spans[place] ?? [])]).filter((span) => lineOf.has(span));
    // In contain, other children are none of the list's business.
    const others = evidence
      .siblingsIn(below)
      .flat()
      .filter((span) => mode === "exactly" || renamed.has(span));
    return runsOf([...new Set([...own, ...others])], ({ span }) => span);
  });
  const keys: Keys = {
    keyOf: (node) => {
      const line = lineOf.get(node);
      return line === undefined ? evidence.headOf(node).key : `${OLD}${line}`;
    },
    nameOf: () => undefined,
  };
  const slots = laidOutOver(lists, keys).filter(({ type }) => mode === "exactly" || type !== "rest");
  const lineFor = (slot: SpanSlot, isRepeated: boolean): Item => {
    const line = slot.key.startsWith(OLD) ? kept[Number(slot.key.slice(OLD.length))] : undefined;
    if (line === undefined) return newLine(slot, mode, itemsOf([slot], service, { evidence, layOut }));
    const pattern = slot.spans.every((span) => trial.fits(line.old, span)) ? line.old : line.now;
    const own = new Set(slot.spans);
    const seen = lists.map((runs) => runs.flat().filter((span) => own.has(span)).length);
    return counted(pattern, isRepeated ? slot.count : keptCount(line.old.count, seen, mode));
  };
  return { mode, items: slots.map((slot) => relaidItem(slot, lineFor, false)) };
}

/** Before the number of an old line; no key of a head begins so. */
const OLD = "old ";

function relaidItem(slot: Slot, lineFor: (slot: SpanSlot, isRepeated: boolean) => Item, isRepeated: boolean): Item {
  if (slot.type === "rest") return { type: "rest" };
  if (slot.type === "spans") return lineFor(slot, isRepeated);
  const isAgain = isRepeated || slot.count !== undefined;
  return { ...slot, items: slot.items.map((inner) => relaidItem(inner, lineFor, isAgain)) };
}

/** A line that is new: as inferred in `exactly`, and no more than its head in `contain`. */
function newLine(slot: SpanSlot, mode: ListMode, [item]: readonly Item[]): Item {
  if (item?.type !== "node") throw new Error("BUG: a line became no pattern");
  if (mode === "exactly") return item;
  const { list: _list, count: _count, ...head } = item;
  return slot.count === undefined || slot.count.min > 0 ? head : { ...head, count: slot.count };
}

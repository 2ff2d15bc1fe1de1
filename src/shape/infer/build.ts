import { ATTR } from "../../trace/conventions.ts";
import type { SpanNode } from "../../trace/tree.ts";
import type { Item, ItemList, NodePattern, Predicate, TextTest, ValueTest } from "../pattern.ts";
import { isGlob, isPlainValue } from "../text/plain-text.ts";
import type { Evidence, Head, Siblings } from "./evidence.ts";
import { errorTypeOf, isError } from "./evidence.ts";
import type { Slot, SpanSlot } from "./slot.ts";

/** Gives the places of lists that one list has to stand for. */
export type LayOut = (lists: readonly Siblings[], evidence: Evidence) => readonly Slot[];

/** A list on its way from siblings to items. */
interface Job {
  readonly slots: readonly Slot[];
  readonly service: TextTest | undefined;
  /** Whether a step number is evidence here: not where its agent has several things under way. */
  readonly isOrdered: boolean;
  readonly depth: number;
  items: readonly Item[];
}

/** Below so many levels a shape says nothing: nobody could review it. */
const DEPTH_MAX = 100;

/** Met by a span whose process has no name. */
const NO_SERVICE: TextTest = { type: "literal", text: "" };

/** The list of what is common to `lists`, down to the leaves. Every list of it is `exactly`. */
export function listOver(lists: readonly Siblings[], evidence: Evidence, layOut: LayOut): ItemList {
  return { mode: "exactly", items: itemsOf(layOut(lists, evidence), undefined, { evidence, layOut }) };
}

/** The items of slots under spans of a service, with all that is below them. */
export function itemsOf(
  slots: readonly Slot[],
  service: TextTest | undefined,
  { evidence, layOut }: { readonly evidence: Evidence; readonly layOut: LayOut },
): readonly Item[] {
  const top: Job = { slots, service, isOrdered: true, depth: 0, items: [] };
  const jobs = [top];
  const jobOf = new Map<SpanSlot, Job>();
  // Grows as it goes, parents before children: read backwards, what is below a line is done before the line.
  for (const job of jobs) {
    for (const slot of spanSlotsIn(job.slots)) {
      const head = headOf(slot, evidence);
      const depth = job.depth + 1;
      const below: Job = {
        slots: slotsAt(depth, slot.spans.map(evidence.childrenOf), evidence, layOut),
        depth,
        service: head.service,
        // An agent numbers its own steps.
        isOrdered: head.kind === "agent" || (job.isOrdered && slot.isOrdered),
        items: [],
      };
      jobOf.set(slot, below);
      jobs.push(below);
    }
  }
  for (const job of jobs.toReversed()) {
    job.items = job.slots.map((slot) =>
      itemOf(slot, (inner) => nodeOf(inner, job, headOf(inner, evidence), jobOf.get(inner)?.items ?? [])),
    );
  }
  return top.items;
}

function headOf({ spans: [first] }: SpanSlot, evidence: Evidence): Head {
  if (first === undefined) throw new Error("BUG: a line without a span");
  return evidence.headOf(first);
}

function slotsAt(depth: number, lists: readonly Siblings[], evidence: Evidence, layOut: LayOut): readonly Slot[] {
  if (depth < DEPTH_MAX) return layOut(lists, evidence);
  return lists.every(({ length }) => length === 0) ? [] : [{ type: "rest" }];
}

/** The lines among slots and in their groups, which are a few levels deep. */
function spanSlotsIn(slots: readonly Slot[]): readonly SpanSlot[] {
  return slots.flatMap((slot) => {
    if (slot.type === "spans") return [slot];
    return slot.type === "rest" ? [] : spanSlotsIn(slot.items);
  });
}

/** Slots as items, each line made by `node`. */
function itemOf(slot: Slot, node: (slot: SpanSlot) => Item): Item {
  if (slot.type === "rest") return { type: "rest" };
  if (slot.type === "spans") return node(slot);
  return { ...slot, items: slot.items.map((inner) => itemOf(inner, node)) };
}

function nodeOf(
  { spans, name, count, isOrdered }: SpanSlot,
  job: Job,
  head: Head,
  items: readonly Item[],
): NodePattern {
  const service = serviceUnder(job.service, head.service);
  return {
    type: "node",
    isDeep: false,
    kind: head.kind,
    name: name ?? head.name,
    ...(service === undefined ? {} : { service }),
    predicates: predicatesOf(spans, head.kind === "tool" && job.isOrdered && isOrdered),
    ...(count === undefined ? {} : { count }),
    list: { mode: "exactly", items },
    never: [],
    links: [],
    events: [],
  };
}

/** What a line says of its service: nothing where it is that of the line above it. */
function serviceUnder(above: TextTest | undefined, own: TextTest | undefined): TextTest | undefined {
  if (own === undefined) return above === undefined ? undefined : NO_SERVICE;
  return isSame(own, above) ? undefined : own;
}

function isSame(a: TextTest, b: TextTest | undefined): boolean {
  return a.type === b?.type && a.type !== "regex" && b.type !== "regex" && a.text === b.text;
}

/** What all the spans say alike, of what may be asked of every run: nothing of content, ids, times or tokens. */
function predicatesOf(spans: readonly SpanNode[], hasStep: boolean): readonly Predicate[] {
  const [first] = spans;
  const predicates: Predicate[] = [];
  if (spans.every(isError)) predicates.push({ key: "status", op: "=", value: { type: "word", text: "error" } });
  const errorType = first === undefined ? undefined : errorTypeOf(first);
  if (errorType !== undefined && spans.every((span) => errorTypeOf(span) === errorType))
    predicates.push({ key: ATTR.errorType, op: "=", value: valueOf(errorType) });
  const step = first?.span.attributes[ATTR.trajectoryStep];
  if (hasStep && typeof step === "number" && spans.every(({ span }) => span.attributes[ATTR.trajectoryStep] === step))
    predicates.push({ key: ATTR.trajectoryStep, op: "=", value: { type: "word", text: String(step) } });
  return predicates;
}

function valueOf(text: string): ValueTest {
  return { type: isPlainValue(text) && !isGlob(text) ? "word" : "literal", text };
}

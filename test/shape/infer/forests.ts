import type { Random } from "../../../src/core/random.ts";
import type { SpanNode } from "../../../src/trace/tree.ts";
import { randomForest } from "../random-shape.ts";
import type { Sketch } from "../sketch.ts";

/** A span to be, which can be edited. */
export interface Draft extends Sketch {
  kind: Sketch["kind"];
  name?: string;
  start: number;
  end: number;
  children: Draft[];
}

const OPAQUE: Partial<Record<Sketch["kind"], Sketch["kind"]>> = { http: "chain", turn: "workflow", span: "chain" };

/** A forest to edit, without transparent spans, in which ties and overlaps are common; some are stretched so that they part. */
export function draftForest(random: Random, spansMax: number): Draft[] {
  const scale = random.pick([1, 1, 4]);
  const drafted = (sketches: readonly Sketch[]): Draft[] => {
    return sketches.map(({ kind, name, service, start, end = start, children = [] }) => ({
      kind: OPAQUE[kind] ?? kind,
      ...(name === undefined ? {} : { name }),
      ...(service === undefined ? {} : { service }),
      start: start * scale,
      end: start * scale + (end - start),
      children: drafted(children),
    }));
  };
  return drafted(randomForest(random, spansMax));
}

/** The lists of siblings of a forest, the roots first. */
export function listsOf(forest: Draft[]): readonly Draft[][] {
  return [forest, ...forest.flatMap((draft) => listsOf(draft.children))];
}

export const EDITS = {
  "a span is gone, and its children stand in its place": (forest: Draft[], random: Random): void => {
    const list = random.pick(listsOf(forest).filter(({ length }) => length > 0));
    const index = random.integer(0, list.length - 1);
    list.splice(index, 1, ...(list[index]?.children ?? []));
  },
  "a span is gone with all below it": (forest: Draft[], random: Random): void => {
    const list = random.pick(listsOf(forest).filter(({ length }) => length > 0));
    list.splice(random.integer(0, list.length - 1), 1);
  },
  "there is one more span": (forest: Draft[], random: Random): void => {
    const start = random.integer(0, 8);
    const name = random.pick(["a", "b", "ab"]);
    random.pick(listsOf(forest)).push({ kind: "tool", name, start, end: start + random.integer(0, 3), children: [] });
  },
  "a span has another parent": (forest: Draft[], random: Random): void => {
    const from = random.pick(listsOf(forest).filter(({ length }) => length > 0));
    const [moved] = from.splice(random.integer(0, from.length - 1), 1);
    if (moved !== undefined) random.pick(listsOf(forest)).push(moved);
  },
  "a span has another name": (forest: Draft[], random: Random): void => {
    random.pick(listsOf(forest).flat()).name = random.pick(["a", "b", "another"]);
  },
} as const;

/** What stands where, without order: equal only for forests that differ in times alone. Children are sought in no clever way. */
export function formOf(nodes: readonly SpanNode[]): string {
  const forms = nodes.map(({ meaning, span, children }) => {
    return JSON.stringify([meaning.kind, meaning.name, span.resource["service.name"], formOf(children)]);
  });
  return JSON.stringify(forms.toSorted());
}

/** Whether between two siblings there is an instant at which all before it have ended and none behind it has begun. */
export function isInOrder(list: readonly Draft[], a: Draft, b: Draft): boolean {
  const [first, second] = a.start < b.start ? [a, b] : [b, a];
  const cuts = list.map(({ start }) => start).filter((start) => start > first.start && start <= second.start);
  return cuts.some((cut) => list.every(({ start, end }) => start >= cut || end <= cut));
}

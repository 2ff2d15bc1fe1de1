import { semanticNodes } from "../../trace/semantic.ts";
import type { Tree } from "../../trace/tree.ts";
import type { Body, ItemList, Shape, TraceBody } from "../pattern.ts";
import { listOver } from "./build.ts";
import type { LayOut } from "./build.ts";
import type { Evidence, Siblings } from "./evidence.ts";
import { byText, evidenceOf } from "./evidence.ts";
import { isMatch } from "./is-match.ts";
import { layOut, layOutCalmly, layOutLoosely } from "./layout.ts";
import { countOver } from "./slot.ts";

/**
 * The shape that runs have in common, each given by its traces: a snapshot to be reviewed.
 *
 * It says `children: exactly` and matches every run that it was inferred from. Of one run it keeps structure, canonical
 * names, errors, and order wherever one sibling had ended before the next began; nothing of ids, times, tokens and
 * content. Over several runs it keeps what held in all: counts as seen, an order that no run speaks against, at most four
 * ways where runs went different ways. Equal runs give what one of them gives; the order of arrival means nothing.
 * O(n log n) for the n spans of one run.
 */
export function inferShape(runs: readonly (readonly Tree[])[]): Shape {
  const evidence = evidenceOf(runs.flat());
  for (const lay of [layOut, layOutCalmly, layOutLoosely]) {
    const shape = shapeOver(runs, evidence, lay);
    if (runs.every((trees) => isMatch(shape, trees))) return shape;
  }
  return { ...HEADER, trace: bodyWith({ mode: "exactly", items: [{ type: "rest" }] }) };
}

const HEADER = { children: "exactly", include: [], define: [] } as const;

function bodyWith(list: ItemList): Body {
  return { list, never: [], links: [], events: [] };
}

function shapeOver(runs: readonly (readonly Tree[])[], evidence: Evidence, lay: LayOut): Shape {
  const tops = runs.map((trees) => topsOf(trees, evidence));
  if (tops.every((traces) => traces.length <= 1)) {
    return {
      ...HEADER,
      trace: bodyWith(
        listOver(
          tops.map(([only = []]) => only),
          evidence,
          lay,
        ),
      ),
    };
  }
  const count = tops[0]?.length ?? 0;
  const isAligned = tops.every((traces) => traces.length === count);
  const groups = isAligned ? inPlaces(tops, evidence) : byHeads(tops, evidence);
  return {
    ...HEADER,
    traces: groups.map(({ lists, seen }): TraceBody => ({
      ...bodyWith(listOver(lists, evidence, lay)),
      ...countOver(seen),
    })),
  };
}

/** The traces of a run that mean something, by their first start. */
function topsOf(trees: readonly Tree[], evidence: Evidence): readonly Siblings[] {
  return trees
    .filter(({ roots }) => semanticNodes(roots).length > 0)
    .map((tree) => {
      const top = evidence.siblingsIn(tree.roots);
      return { top, start: top[0]?.[0]?.span.startTimeUnixNano ?? 0n, digest: digestOf(top, evidence) };
    })
    .toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : byText(a.digest, b.digest)))
    .map(({ top }) => top);
}

function digestOf(siblings: Siblings, evidence: Evidence): string {
  return siblings.map((run) => run.map(evidence.digestOf).join(" ")).join();
}

/** Traces that one body stands for, and how many each run has. */
interface Group {
  readonly lists: Siblings[];
  readonly seen: number[];
}

/** Runs of equally many traces: the first of each go together, the second, and so on; groups of equal traces are one. */
function inPlaces(tops: readonly (readonly Siblings[])[], evidence: Evidence): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const place of tops[0]?.keys() ?? []) {
    const lists = tops.flatMap((traces) => traces.slice(place, place + 1));
    const digests = new Set(lists.map((list) => digestOf(list, evidence)));
    const known = digests.size === 1 ? groups.get([...digests].join()) : undefined;
    if (known === undefined)
      groups.set(digests.size === 1 ? [...digests].join() : `place ${place}`, { lists, seen: [1] });
    else {
      known.lists.push(...lists);
      known.seen[0] = (known.seen[0] ?? 0) + 1;
    }
  }
  return [...groups.values()];
}

/** Otherwise traces go together that begin with the same spans. */
function byHeads(tops: readonly (readonly Siblings[])[], { headOf }: Evidence): readonly Group[] {
  const groups = new Map<string, Group & { place: number }>();
  for (const [run, traces] of tops.entries()) {
    for (const [place, top] of traces.entries()) {
      const key = [...new Set(top.flat().map((node) => headOf(node).key))].toSorted().join();
      const group = groups.get(key) ?? { lists: [], seen: tops.map(() => 0), place };
      group.place = Math.min(group.place, place);
      groups.set(key, group);
      group.lists.push(top);
      group.seen[run] = (group.seen[run] ?? 0) + 1;
    }
  }
  const sorted = [...groups].toSorted(([a, one], [b, other]) => one.place - other.place || byText(a, b));
  return sorted.map(([, group]) => group);
}

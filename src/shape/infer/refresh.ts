import { semanticNodes } from "../../trace/semantic.ts";
import type { SpanNode, Tree } from "../../trace/tree.ts";
import { reachedDefinitions } from "../definitions.ts";
import type { Shape, TraceBody } from "../pattern.ts";
import { flatItems } from "../pattern.ts";
import { refusalsOf } from "../text/refusal.ts";
import { evidenceOf } from "./evidence.ts";
import type { Evidence } from "./evidence.ts";
import { inferShape } from "./infer.ts";
import { isMatch } from "./is-match.ts";
import { unlinkedBody } from "./links.ts";
import { keptCount, refreshBody } from "./refresh-list.ts";
import type { Trial } from "./trial.ts";
import { scopeOf, trialOf } from "./trial.ts";

/**
 * A shape brought up to date with runs, each given by its traces: it matches them all.
 *
 * One that matches them already is returned as it is. Else the header stays, and every line that still holds, with its
 * predicates, counts, `never` and links; only lists that do not hold are inferred anew, and old lines stay in those too
 * where spans fit them. What nothing is left for goes. Where what was kept stands in the way, less is kept: links go
 * first, then all but the header.
 */
export function refreshShape(shape: Shape, runs: readonly (readonly Tree[])[]): Shape {
  const isMet = (candidate: Shape): boolean => runs.every((trees) => isMatch(candidate, trees));
  if (isMet(shape)) return shape;
  const isSound = (candidate: Shape): boolean => refusalsOf(candidate).length === 0 && isMet(candidate);
  const refreshed = withUsedDefinitions(refreshedFrom(shape, runs));
  if (isSound(refreshed)) return refreshed;
  const unlinked = withUsedDefinitions(withoutLinks(refreshed));
  if (isSound(unlinked)) return unlinked;
  const inferred = { ...inferShape(runs), children: shape.children };
  return shape.title === undefined ? inferred : { ...inferred, title: shape.title };
}

function refreshedFrom(shape: Shape, runs: readonly (readonly Tree[])[]): Shape {
  const means = { trial: trialOf(shape), evidence: evidenceOf(runs.flat()) };
  if ("traces" in shape) return { ...shape, traces: refreshedTraces(shape, runs, means) };
  const places = runs.map((trees) => trees.flatMap(({ roots }) => roots));
  return { ...shape, trace: refreshBody(shape.trace, places, undefined, means) };
}

/** Own definitions that no line names any more go. */
function withUsedDefinitions(shape: Shape): Shape {
  const reached = new Set(reachedDefinitions(shape));
  return {
    ...shape,
    define: shape.define.filter((definition) => definition.from !== undefined || reached.has(definition)),
  };
}

function refreshedTraces(
  shape: Shape & { readonly traces: readonly TraceBody[] },
  runs: readonly (readonly Tree[])[],
  means: { readonly trial: Trial; readonly evidence: Evidence },
): readonly TraceBody[] {
  const places: (readonly SpanNode[])[][] = shape.traces.map(() => []);
  const seen = shape.traces.map(() => runs.map(() => 0));
  const others = runs.map((trees, run) => {
    return trees.filter(({ roots }) => {
      if (semanticNodes(roots).length === 0) return false;
      const index = bodyFor(
        roots,
        shape.traces,
        seen.map((times) => times[run] ?? 0),
        means.trial,
      );
      const times = seen[index];
      if (times === undefined) return true;
      places[index]?.push(roots);
      times[run] = (times[run] ?? 0) + 1;
      return false;
    });
  });
  const kept = shape.traces.flatMap((body, index): readonly TraceBody[] => {
    const own = places[index] ?? [];
    if (own.length === 0) return [];
    const holds = own.every((roots) => means.trial.holds(body, roots));
    const { count: old, ...rest } = body;
    const count = keptCount(old, seen[index] ?? [], shape.children);
    const fresh = holds ? rest : { ...rest, ...refreshBody(body, own, undefined, means) };
    return [{ ...fresh, ...(count === undefined ? {} : { count }) }];
  });
  if (shape.children === "contain" || others.every(({ length }) => length === 0)) return kept;
  const inferred = inferShape(others);
  return [...kept, ...("traces" in inferred ? inferred.traces : [inferred.trace])];
}

/** The body that a trace belongs to: one that it matches and that has room for it, one that it matches, or one that begins alike. */
function bodyFor(
  roots: readonly SpanNode[],
  bodies: readonly TraceBody[],
  taken: readonly number[],
  { holds, fitsHead }: Trial,
): number {
  const matching = bodies.flatMap((body, index) => (holds(body, roots) ? index : []));
  const free = matching.find((index) => (taken[index] ?? 0) < (bodies[index]?.count?.max ?? 1));
  const found = free ?? matching[0];
  if (found !== undefined) return found;
  return bodies.findIndex(({ list }) => {
    return [...flatItems(list?.items ?? [])].some((item) => {
      return item.type === "node" && scopeOf(item, roots).some((span) => fitsHead(item, span));
    });
  });
}

function withoutLinks(shape: Shape): Shape {
  if ("traces" in shape) return { ...shape, traces: shape.traces.map((body) => ({ ...body, ...unlinkedBody(body) })) };
  return { ...shape, trace: unlinkedBody(shape.trace) };
}

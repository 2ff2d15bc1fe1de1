import type { Mismatch } from "../trace/mismatch.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";
import type { CheckExpectation } from "./expectation.ts";
import { checkOf } from "./expectation.ts";
import { labelOf, nodesOf, placeOf } from "./place.ts";

/** Exactly one trace with one root, and every other span below it. */
export function oneTrace(): CheckExpectation {
  return checkOf("oneTrace", ({ trees }) => {
    const expected = "one trace with one root";
    const broken = { kind: "broken-trace", expectedAt: "oneTrace", expected } as const;
    const roots = topsOf(trees).filter(({ span }) => span.parentSpanId === undefined);
    const extraRoots = roots.slice(1).map((node): Mismatch => {
      const message = `a second root: ${labelOf(node)} begins ${newTrace(node, trees)} beside ${labelOf(roots[0] ?? node)}`;
      return { ...broken, message, found: placeOf(node) };
    });
    if (roots.length === 0) {
      const message = trees.length === 0 ? "there is no trace" : "no span is a root";
      return [{ ...broken, message }, ...orphanMismatches("oneTrace", trees)];
    }
    return [...orphanMismatches("oneTrace", trees), ...extraRoots];
  });
}

/** No span names a parent that is absent. */
export function noOrphans(): CheckExpectation {
  return checkOf("noOrphans", ({ trees }) => orphanMismatches("noOrphans", trees));
}

/**
 * No span has status ERROR.
 *
 * An error that passes upwards is named where it began first, and then on each span that repeats it.
 */
export function noErrors(): CheckExpectation {
  return checkOf("noErrors", ({ trees }) => {
    const failing = nodesOf(trees).filter(({ span }) => span.status.code === "error");
    const hasErrorBelow = new Set<SpanNode>();
    for (const node of failing.toReversed()) {
      // Stops at the first ancestor that is marked already, so each node is marked once.
      for (let at = node.parent; at !== undefined && !hasErrorBelow.has(at); at = at.parent) hasErrorBelow.add(at);
    }
    const causes = failing.filter((node) => !hasErrorBelow.has(node));
    const carriers = failing.filter((node) => hasErrorBelow.has(node));
    return [...causes, ...carriers].map((node) => {
      const reason = node.span.status.message;
      const message = `${labelOf(node)} ended with an error${reason === undefined ? "" : `: ${reason}`}`;
      return { kind: "forbidden", expectedAt: "noErrors", expected: "no error", message, found: placeOf(node) };
    });
  });
}

function orphanMismatches(name: string, trees: readonly Tree[]): readonly Mismatch[] {
  return topsOf(trees)
    .filter(({ span }) => span.parentSpanId !== undefined)
    .map((node) => ({
      kind: "broken-trace",
      expectedAt: name,
      expected: "no orphan",
      message: `${labelOf(node)} is an orphan: its parent ${node.span.parentSpanId ?? ""} is not above it in the trace`,
      found: placeOf(node),
    }));
}

function topsOf(trees: readonly Tree[]): readonly SpanNode[] {
  return trees.flatMap(({ roots }) => roots);
}

function newTrace({ span }: SpanNode, trees: readonly Tree[]): string {
  return trees.length > 1 ? `trace ${span.traceId}` : "the same trace";
}

import { serviceOf } from "../../trace/span.ts";
import type { SpanNode, Tree } from "../../trace/tree.ts";
import { nodesOf } from "../place.ts";
import type { Traceparent } from "./trace-context.ts";

type SpanId = Pick<Traceparent, "traceId" | "spanId">;

/** What is asked about single spans of a run. */
export interface KnownSpans {
  /** The span that a context names, where its record is there. */
  readonly spanOf: (context: SpanId) => SpanNode | undefined;
  /** Whether a service has a span in the trace of a context. */
  readonly isInTrace: (service: string, context: SpanId) => boolean;
  /** Whether a span is the other, or hangs anywhere below it. */
  readonly isUnder: (node: SpanNode | undefined, top: SpanNode | undefined) => boolean;
  /** How often its service exported the span. */
  readonly records: (node: SpanNode) => number;
}

export function knownSpans(trees: readonly Tree[]): KnownSpans {
  const places = lazy(() => new Map(nodesOf(trees).map((node, index) => [node, index])));
  const byId = lazy(
    () =>
      new Map(
        nodesOf(trees)
          .toReversed()
          .map((node) => [idOf(node.span), node]),
      ),
  );
  const takers = lazy(() => new Set(nodesOf(trees).map(({ span }) => `${serviceOf(span)}\n${span.traceId}`)));
  const counts = lazy(() => recordCounts(trees));
  /** The place of the last span at or below each. */
  const ends = lazy(() => {
    const last = new Map<SpanNode, number>();
    for (const [node, place] of [...places()].toReversed()) {
      const end = Math.max(place, last.get(node) ?? 0);
      last.set(node, end);
      if (node.parent !== undefined) last.set(node.parent, Math.max(end, last.get(node.parent) ?? 0));
    }
    return last;
  });
  return {
    spanOf: (context) => byId().get(idOf(context)),
    isInTrace: (service, { traceId }) => takers().has(`${service}\n${traceId}`),
    isUnder: (node, top) => {
      if (node === undefined || top === undefined) return false;
      const place = places().get(node) ?? -1;
      return place >= (places().get(top) ?? Infinity) && place <= (ends().get(top) ?? -1);
    },
    records: (node) => (counts().size === 0 ? 1 : (counts().get(recordKey(node)) ?? 1)),
  };
}

/** What tells spans, and contexts, apart. */
export function idOf({ traceId, spanId }: SpanId): string {
  return `${traceId}-${spanId}`;
}

/** How often spans came that came more than once. */
function recordCounts(trees: readonly Tree[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const repeated = trees.filter(({ anomalies }) => anomalies.some(({ kind }) => kind === "duplicate-id"));
  for (const node of [...nodesOf(repeated), ...repeated.flatMap(({ copies }) => copies)])
    counts.set(recordKey(node), (counts.get(recordKey(node)) ?? 0) + 1);
  return counts;
}

function recordKey({ span }: SpanNode): string {
  return `${idOf(span)}-${serviceOf(span)}`;
}

/** What is made when it is first asked for: of a sound run hardly anything is. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

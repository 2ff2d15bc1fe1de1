import { meaningOf } from "../dialects.ts";
import type { Meaning } from "../kinds.ts";
import { orderSpans, rememberedBytes } from "./span-order.ts";
import type { Span } from "../span.ts";

/** A node while its tree is built. */
export interface Draft {
  readonly span: Span;
  meaning: Meaning;
  parent: Draft | undefined;
  readonly children: Draft[];
}

/** The records of one trace, each different one once, in order. */
export interface Records {
  readonly nodes: readonly Draft[];
  /** The nodes of one span id: several only where spans of different content share it. */
  readonly bySpanId: ReadonlyMap<string, readonly Draft[]>;
  /** For each record that was an exact copy of another: the node that stands for both. */
  readonly copies: readonly Draft[];
}

/** Sorts the records of one trace, and keeps one of those that are equal to the last byte. */
export function distinctRecords(spans: readonly Span[]): Records {
  const bytesOf = rememberedBytes();
  const counts = new Map<string, number>();
  for (const { spanId } of spans) counts.set(spanId, (counts.get(spanId) ?? 0) + 1);
  const nodes: Draft[] = [];
  const bySpanId = new Map<string, Draft[]>();
  const byContent = new Map<string, Draft>();
  const copies: Draft[] = [];
  for (const span of orderSpans(spans, bytesOf)) {
    const isShared = (counts.get(span.spanId) ?? 0) > 1;
    const twin = isShared ? byContent.get(bytesOf(span)) : undefined;
    if (twin !== undefined) {
      copies.push(twin);
      continue;
    }
    const node: Draft = { span, meaning: meaningOf(span), parent: undefined, children: [] };
    if (isShared) byContent.set(bytesOf(span), node);
    nodes.push(node);
    const sameId = bySpanId.get(span.spanId);
    if (sameId === undefined) bySpanId.set(span.spanId, [node]);
    else sameId.push(node);
  }
  return { nodes, bySpanId, copies };
}

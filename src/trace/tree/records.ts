import { meaningOf } from "../dialects.ts";
import type { Meaning } from "../kinds.ts";
import { orderSpans, rememberedBytes } from "./span-order.ts";
import type { Span } from "../span.ts";

/** A node while its tree is built. */
export interface Draft {
  readonly span: Span;
  meaning: Meaning;
  parent: Draft | undefined;
  owner: string | undefined;
  readonly children: Draft[];
}

/** The records of one trace, each different one once, in order. */
export interface Records {
  readonly nodes: readonly Draft[];
  /** The first node of each span id. */
  readonly bySpanId: ReadonlyMap<string, Draft>;
  /** All nodes of those ids that spans of different content share. */
  readonly sharers: ReadonlyMap<string, readonly Draft[]>;
  /** For each record that was an exact copy of another: the node that stands for both. */
  readonly copies: readonly Draft[];
}

/** Sorts the records of one trace, and keeps one of those that are equal to the last byte. */
export function distinctRecords(spans: readonly Span[]): Records {
  const bytesOf = rememberedBytes();
  const nodes: Draft[] = [];
  const bySpanId = new Map<string, Draft>();
  const sharers = new Map<string, Draft[]>();
  const byContent = new Map<string, Draft>();
  const copies: Draft[] = [];
  for (const span of orderSpans(spans, bytesOf)) {
    const first = bySpanId.get(span.spanId);
    if (first !== undefined) byContent.set(bytesOf(first.span), first);
    const twin = first === undefined ? undefined : byContent.get(bytesOf(span));
    if (twin !== undefined) {
      copies.push(twin);
      continue;
    }
    const node: Draft = { span, meaning: meaningOf(span), parent: undefined, owner: undefined, children: [] };
    nodes.push(node);
    if (first === undefined) {
      bySpanId.set(span.spanId, node);
      continue;
    }
    byContent.set(bytesOf(span), node);
    const sameId = sharers.get(span.spanId);
    if (sameId === undefined) sharers.set(span.spanId, [first, node]);
    else sameId.push(node);
  }
  return { nodes, bySpanId, sharers, copies };
}

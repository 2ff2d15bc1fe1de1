import { DIALECTS } from "./dialects/order.ts";
import type { Span } from "./span.ts";

/** When an answer began to come, and where that was found. */
export interface FoundFirstChunk {
  /** Milliseconds after the span's start. */
  readonly ms: number;
  readonly dialect: string;
  readonly rule: string;
}

const SOURCES = DIALECTS.flatMap(({ name: dialect, firstChunk = [] }) =>
  firstChunk.map((source) => ({ dialect, ...source })),
);

/** What dialects say of when a model's answer began to come, in their order: the first of them counts. */
export function firstChunksOf(span: Span): readonly FoundFirstChunk[] {
  return SOURCES.flatMap(({ dialect, rule, readMs }) => {
    const ms = readMs(span);
    return ms === undefined ? [] : [{ ms, dialect, rule }];
  });
}

/** How long after its start a model's answer began to come, in milliseconds; undefined where the span does not say. */
export function firstChunkMs(span: Span): number | undefined {
  for (const { readMs } of SOURCES) {
    const ms = readMs(span);
    if (ms !== undefined) return ms;
  }
  return undefined;
}

import type { Span } from "../trace/span.ts";

/** What is known of a trace file besides its spans. */
export interface TraceOutcome {
  /** The format, or several joined with `+` where a file mixes them. */
  readonly format: string;
  /** What was left out, a sentence each; none where all was read. */
  readonly notes: readonly string[];
  /** Whether nothing was left out that may have been spans. */
  readonly isWhole: boolean;
}

export interface TraceFile extends TraceOutcome {
  readonly spans: readonly Span[];
}

/** Told of the spans of each record of a trace file, a document or a message, in the file's order. */
export type OnSpans = (spans: readonly Span[]) => void;

import type { Span } from "./span.ts";

interface Growing {
  readonly spans: Set<string>;
  /** Parents that have not come. */
  readonly awaited: Set<string>;
  hasRoot: boolean;
}

/**
 * Counts the traces that are complete: those that have a root, and every parent that is named. Spans may come in any order
 * and more than once; of a trace that is complete nothing more is kept than its id.
 */
export class CompleteTraces {
  readonly #growing = new Map<string, Growing>();
  readonly #complete = new Set<string>();

  get count(): number {
    return this.#complete.size;
  }

  /** How many have begun and are not complete. */
  get incomplete(): number {
    return this.#growing.size;
  }

  add(spans: readonly Span[]): void {
    const touched = new Set<string>();
    for (const span of spans) {
      if (this.#complete.has(span.traceId)) continue;
      this.#note(span);
      touched.add(span.traceId);
    }
    // Not before all of them: a root may come before its children in one export.
    for (const traceId of touched) {
      const trace = this.#growing.get(traceId);
      if (trace?.hasRoot !== true || trace.awaited.size > 0) continue;
      this.#growing.delete(traceId);
      this.#complete.add(traceId);
    }
  }

  #note({ traceId, spanId, parentSpanId }: Span): void {
    const trace = this.#growing.get(traceId) ?? { spans: new Set(), awaited: new Set(), hasRoot: false };
    this.#growing.set(traceId, trace);
    trace.spans.add(spanId);
    trace.awaited.delete(spanId);
    if (parentSpanId === undefined) trace.hasRoot = true;
    else if (!trace.spans.has(parentSpanId)) trace.awaited.add(parentSpanId);
  }
}

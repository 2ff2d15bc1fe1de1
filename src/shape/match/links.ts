import type { SpanLink } from "../../trace/span.ts";
import type { Columns } from "./columns.ts";

/** Where the links of spans lead, among the spans at hand. Built when first asked for. */
export class Links {
  readonly #columns: Columns;
  #rows: Map<string, Map<string, number[]>> | undefined;
  #linking: Map<number, number[]> | undefined;
  #hasAbsent: boolean | undefined;

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  of(row: number): readonly SpanLink[] {
    return this.#columns.nodes[row]?.span.links ?? [];
  }

  /** The spans that a link names: none if it is absent, several if they share an id. */
  targetsOf({ traceId, spanId }: SpanLink): readonly number[] {
    this.#rows ??= this.#index();
    return this.#rows.get(traceId)?.get(spanId) ?? [];
  }

  /** The rows with a link to `row`. */
  linkingTo(row: number): readonly number[] {
    if (this.#linking === undefined) {
      this.#linking = new Map();
      for (let from = 1; from < this.#columns.size; from++) {
        for (const target of this.of(from).flatMap((link) => this.targetsOf(link))) {
          const known = this.#linking.get(target);
          if (known === undefined) this.#linking.set(target, [from]);
          else known.push(from);
        }
      }
    }
    return this.#linking.get(row) ?? [];
  }

  /** Whether some link of some span leads to none at hand. */
  get hasAbsent(): boolean {
    return (this.#hasAbsent ??= this.#columns.nodes.some((node) => {
      return node?.span.links.some((link) => this.targetsOf(link).length === 0);
    }));
  }

  #index(): Map<string, Map<string, number[]>> {
    const traces = new Map<string, Map<string, number[]>>();
    for (const [row, node] of this.#columns.nodes.entries()) {
      if (node === undefined) continue;
      const { traceId, spanId } = node.span;
      const spans = traces.get(traceId) ?? new Map<string, number[]>();
      traces.set(traceId, spans);
      const known = spans.get(spanId);
      if (known === undefined) spans.set(spanId, [row]);
      else known.push(row);
    }
    return traces;
  }
}

import type { Columns } from "./columns.ts";
import type { Kind } from "../../trace/kinds.ts";

type Field = "inputTokens" | "outputTokens" | "costUsd";

const MODEL_KINDS: ReadonlySet<Kind> = new Set<Kind>(["llm", "embedding", "rerank", "stt", "tts"]);

/** Tokens and cost of every span: of a model call its own, of any other span those of the model calls below, each once. */
export class Usage {
  readonly #columns: Columns;
  readonly #sums = new Map<Field, Float64Array>();

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  /** `undefined` where nothing is known; a known 0 is 0. */
  of(row: number, field: Field | "tokens"): number | undefined {
    if (field !== "tokens") return this.#at(row, field);
    const [input, output] = [this.#at(row, "inputTokens"), this.#at(row, "outputTokens")];
    return input === undefined && output === undefined ? undefined : (input ?? 0) + (output ?? 0);
  }

  #at(row: number, field: Field): number | undefined {
    const sums = this.#sums.get(field) ?? this.#sum(field);
    const sum = sums[row];
    return sum === undefined || Number.isNaN(sum) ? undefined : sum;
  }

  /** Bottom-up; NaN is "not known". A model call that says its own number hides the layers that repeat it below. */
  #sum(field: Field): Float64Array {
    const { nodes, parent, size } = this.#columns;
    const sums = new Float64Array(size).fill(Number.NaN);
    for (let row = size - 1; row > 0; row--) {
      const meaning = nodes[row]?.meaning;
      const own = meaning?.[field];
      const below = sums[row] ?? Number.NaN;
      const isModel = meaning !== undefined && MODEL_KINDS.has(meaning.kind);
      if (own !== undefined && (isModel || Number.isNaN(below))) sums[row] = own;
      const value = sums[row] ?? Number.NaN;
      const above = parent[row] ?? 0;
      const sum = sums[above] ?? Number.NaN;
      if (!Number.isNaN(value)) sums[above] = Number.isNaN(sum) ? value : sum + value;
    }
    this.#sums.set(field, sums);
    return sums;
  }
}

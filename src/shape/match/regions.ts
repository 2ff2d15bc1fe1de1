import type { Candidates } from "./candidates.ts";
import type { Columns } from "./columns.ts";
import type { Links } from "./links.ts";
import type { Captured } from "./predicate.ts";

/** Finds the rows whose answers may depend on the values of captures. */
export class Regions {
  readonly #columns: Columns;
  readonly #links: Links;
  /** For each row the last search that met it, so that nothing is cleared between searches. */
  readonly #met: Int32Array;
  #search = 0;

  constructor(columns: Columns, links: Links) {
    this.#columns = columns;
    this.#links = links;
    this.#met = new Int32Array(columns.size);
  }

  /** All rows but the first, in falling order. */
  all(): Int32Array {
    return Int32Array.from({ length: this.#columns.size - 1 }, (_, index) => this.#columns.size - 1 - index);
  }

  /** The rows that meet one of the values, those above them and, with `hasLinks`, those that link to them; falling. */
  of(values: Captured, { rowsOf }: Candidates, hasLinks: boolean): Int32Array {
    const search = ++this.#search;
    const rows: number[] = [];
    const meet = (row: number): void => {
      for (let above = row; above > 0 && this.#met[above] !== search; above = this.#columns.parent[above] ?? 0) {
        this.#met[above] = search;
        rows.push(above);
      }
    };
    for (const [name, key] of values) rowsOf(name, key).forEach(meet);
    // Rows met on the way are walked too.
    if (hasLinks) for (const row of rows) this.#links.linkingTo(row).forEach(meet);
    return Int32Array.from(rows).toSorted().toReversed();
  }
}

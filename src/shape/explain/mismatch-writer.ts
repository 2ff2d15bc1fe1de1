import type { Mismatch, SpanPlace } from "../../trace/mismatch.ts";
import type { Demand } from "./balance.ts";
import type { Letters } from "../match/letters.ts";
import type { Nearness } from "./nearness.ts";
import type { Pass, Undecided } from "../match/pass.ts";
import type { Item, Shape } from "../pattern.ts";
import { printItemLine } from "../print.ts";
import type { BodyPlan, List, Pattern } from "../match/program.ts";

/** Writes mismatches: the data and its sentence together. */
export class MismatchWriter {
  readonly #pass: Pass;
  readonly #shapeName: string;

  constructor(pass: Pass, shape: Shape) {
    this.#pass = pass;
    this.#shapeName = shape.title ?? shape.at ?? "shape";
  }

  missing(row: number, demand: Demand, nearest: Nearness | undefined, competing: readonly number[]): Mismatch {
    const detail = this.#shortage(demand.min, nearest, competing.length);
    return {
      ...this.#base("missing", row, demand.item, `expected ${demandText(demand)}${this.#under(row)}; ${detail}`),
      ...(nearest === undefined ? {} : { found: this.place(nearest.row), failed: nearest.failed }),
      ...(competing.length === 0 ? {} : { competes: competing.map((span) => this.place(span)) }),
    };
  }

  changed(row: number, demand: Demand, nearest: Nearness): Mismatch {
    const sentence = `expected ${demandText(demand)}${this.#under(row)}; nearest: ${this.#label(nearest.row)} (${differences(nearest)})`;
    return {
      ...this.#base("changed", row, demand.item, sentence),
      found: this.place(nearest.row),
      failed: nearest.failed,
    };
  }

  moved(row: number, demand: Demand, found: number): Mismatch {
    const { columns } = this.#pass;
    const above = columns.parent[found] ?? 0;
    const span = columns.nodes[found]?.span;
    const isOrphan = above === 0 && span?.parentSpanId !== undefined;
    const own = columns.nodes[row]?.span.traceId;
    const isSevered = own !== undefined && span !== undefined && own !== span.traceId;
    const where = above === 0 ? "at the top of its trace" : `under ${this.#label(above)}`;
    const why = isOrphan ? ", since its parent never arrived" : isSevered ? ", in another trace" : "";
    const sentence = `expected ${demandText(demand)}${this.#under(row)}; it is ${where}${why}`;
    return { ...this.#base("moved", row, demand.item, sentence), found: this.place(found) };
  }

  extra(row: number, list: List, found: number): Mismatch {
    const [first] = list.source.items;
    const sentence = `unexpected ${this.#label(found)}${this.#under(row)}, whose children are listed exactly`;
    const where = first?.at ?? list.at ?? this.#shapeName;
    return {
      ...this.#base("extra", row, first, sentence),
      expectedAt: where,
      message: `${where}: ${sentence}`,
      expected: "no other children",
      found: this.place(found),
    };
  }

  tooMany(row: number, list: List, letters: Letters, letter: number): Mismatch {
    const type = letters.types[letters.typeOf[letter] ?? -1];
    const leaf = list.leaves[type?.leaves[0] ?? -1];
    const rows = letters.rows.filter((_, other) => letters.typeOf[other] === letters.typeOf[letter]);
    const item = leaf?.pattern?.source;
    const expected = item === undefined ? "..." : printItemLine(item);
    const found = letters.rows[letter] ?? 0;
    const sentence = `expected ${expected} and no more${this.#under(row)}; found ${rows.length}, the last of them ${this.#label(rows.at(-1) ?? found)}`;
    return {
      ...this.#base("too-many", row, item, sentence),
      found: this.place(found),
      competes: rows.slice(0, 20).map((span) => this.place(span)),
    };
  }

  outOfOrder(row: number, items: readonly Item[], found: number | undefined, detail: string): Mismatch {
    const expected = items.length === 0 ? "the end of the list" : items.map(printItemLine).join(" or ");
    const sentence = `expected ${expected}${this.#under(row)} ${detail}`;
    return {
      ...this.#base("out-of-order", row, items[0], sentence),
      expected,
      ...(found === undefined ? {} : { found: this.place(found) }),
    };
  }

  forbidden(row: number, pattern: Pattern, found: number): Mismatch {
    const sentence = `expected never ${printItemLine(pattern.source)}${this.#under(row)}; found ${this.#label(found)}`;
    return { ...this.#base("forbidden", row, pattern.source, sentence), found: this.place(found) };
  }

  undecided({ row, list, block }: Undecided): Mismatch {
    const sentence = `too many spans${this.#under(row)} start at once to decide their order exactly (start time ${block + 1} of the list); finer timestamps or any-order decide it`;
    return this.#base("undecided", row, list.source.items[0], sentence);
  }

  unexplained({ list }: BodyPlan): Mismatch {
    return this.#base("missing", 0, list?.source.items[0], "the shape does not match, for a reason that has no name");
  }

  #shortage(min: number, nearest: Nearness | undefined, competing: number): string {
    if (competing >= min) {
      return competing === 1
        ? "the only span that fits it is needed by another item"
        : `the ${competing} spans that fit it are needed by other items as well`;
    }
    if (competing > 0) return `found ${competing} of ${min}`;
    return nearest === undefined
      ? "found nothing there"
      : `nearest: ${this.#label(nearest.row)} (${differences(nearest)})`;
  }

  place(row: number): SpanPlace {
    const span = this.#pass.columns.nodes[row]?.span;
    return { traceId: span?.traceId ?? "", spanId: span?.spanId ?? "", label: this.#label(row) };
  }

  #base(kind: Mismatch["kind"], row: number, item: Item | undefined, sentence: string): Mismatch {
    const expectedAt = item?.at ?? this.#shapeName;
    return {
      kind,
      expectedAt,
      expected: item === undefined ? "nothing" : demandText({ item }),
      message: `${expectedAt}: ${sentence}`,
      ...(row === 0 ? {} : { under: this.place(row) }),
    };
  }

  #under(row: number): string {
    return row === 0 ? " at the top" : ` under ${this.#label(row)}`;
  }

  #label(row: number): string {
    const meaning = this.#pass.columns.nodes[row]?.meaning;
    return meaning === undefined ? "the top" : `${meaning.kind} ${meaning.name}`.trim();
  }
}

/** How a demand reads: one line, or the alternatives of a choice. */
function demandText({ item }: { readonly item: Item }): string {
  if (item.type !== "one-of") return printItemLine(item);
  return item.items.map(printItemLine).join(" or ");
}

function differences({ failed }: Nearness): string {
  if (failed.length === 0) return "what is below it differs";
  return failed
    .map(({ key, expected, got }) => {
      if (key === "kind" || key === "name" || key === "service") return `${key} differs`;
      return `${key} is ${got}, expected ${expected}`;
    })
    .join(", ");
}

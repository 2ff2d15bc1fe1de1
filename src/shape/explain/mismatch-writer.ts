import type { Mismatch } from "../../trace/mismatch.ts";
import { eachChild } from "../match/columns.ts";
import type { BodyPlan, List, Pattern } from "../match/program.ts";
import type { Count } from "../pattern.ts";
import type { Finding, Wanted } from "./finding.ts";
import type { Nearness } from "./nearness.ts";
import type { Demand } from "./places.ts";
import { placesOf } from "./places.ts";
import type { TimeFault } from "./time-fault.ts";
import type { Words } from "./words.ts";

/** Writes what is wrong in a list: the data and its sentence together. */
export class MismatchWriter {
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
  }

  missing(
    row: number,
    demand: Demand,
    about: {
      readonly found: number;
      readonly lacking: number;
      readonly competes: readonly number[];
      readonly nearest: Nearness | undefined;
      /** The span after which it should stand, where that is fixed. */
      readonly after: number | undefined;
      /** The span that stands there. */
      readonly next: number | undefined;
      readonly patterns: readonly Pattern[];
      readonly list: List;
    },
  ): Finding {
    const { found, lacking, competes, nearest, after, next, patterns, list } = about;
    const total = found + lacking;
    const isCounted = total > 1 && (lacking > 1 || next === undefined || demand.count !== undefined);
    const of = demand.isGroup ? "rounds of" : "of";
    const many = isCounted ? `${isOpenAbove(demand.count) ? "at least " : ""}${total} ${of} ` : "";
    const sentence = `expected ${many}${demand.plain}${this.#words.under(row, demand)}${this.#words.after(after)}; `;
    const lack = this.#lackText({ found: isCounted ? found : 0, competes, nearest, next });
    return {
      mismatch: {
        ...this.#words.base("missing", row, demand, sentence + lack),
        ...(nearest === undefined ? {} : { found: this.#words.place(nearest.row), failed: nearest.failed }),
        ...(after === undefined ? {} : { after: this.#words.place(after) }),
        ...(competes.length === 0 ? {} : { competes: this.#words.places(competes) }),
      },
      wanted: { row, demand, list, patterns },
    };
  }

  changed(row: number, demand: Demand, nearest: Nearness): Finding {
    const sentence = `expected ${demand.plain}${this.#words.under(row, demand)}; found ${this.#words.changeText(nearest, " instead")}`;
    return {
      mismatch: {
        ...this.#words.base("changed", row, demand, sentence),
        found: this.#words.place(nearest.row),
        failed: nearest.failed,
      },
    };
  }

  /** What is missing in one place and stands in another. */
  moved({ row, demand }: Wanted, found: number): Mismatch {
    const { columns } = this.#words.pass;
    const above = columns.parent[found] ?? 0;
    const span = columns.nodes[found]?.span;
    const isTop = columns.nodes[above] === undefined;
    const isOrphan = isTop && span?.parentSpanId !== undefined;
    const own = columns.nodes[row]?.span.traceId;
    const isSevered = own !== undefined && span !== undefined && own !== span.traceId;
    const where = isTop ? `at the top of ${isSevered ? "another" : "its"} trace` : `under ${this.#words.label(above)}`;
    const why = isOrphan ? ", since its parent never arrived" : isSevered && !isTop ? ", in another trace" : "";
    const sentence = `expected ${demand.plain}${this.#words.under(row, demand)}; it is ${where}${why}`;
    return { ...this.#words.base("moved", row, demand, sentence), found: this.#words.place(found) };
  }

  extra(row: number, list: List, found: number, after: number | undefined): Finding {
    const sentence = `unexpected ${this.#words.label(found)}${this.#words.under(row)}${this.#words.after(after)}; the shape lists exactly what may stand there`;
    const where = list.at ?? list.source.items[0]?.at ?? this.#words.shapeName;
    return {
      mismatch: {
        ...this.#words.base("extra", row, undefined, sentence),
        expectedAt: where,
        message: `${where}: ${sentence}`,
        expected: "no other children",
        found: this.#words.place(found),
      },
      surplus: found,
    };
  }

  tooMany(
    row: number,
    demand: Demand,
    { count, found, rows }: { readonly count: Count; readonly found: number; readonly rows: readonly number[] },
  ): Finding {
    const text = demand.plain;
    const most = count.max === 0 ? `no ${text}` : count.max === 1 ? `${text} once` : `at most ${count.max} of ${text}`;
    return {
      mismatch: {
        ...this.#words.base("too-many", row, demand, `expected ${most}${this.#words.under(row)}; found ${rows.length}`),
        found: this.#words.place(found),
        competes: this.#words.places(rows),
      },
      surplus: found,
    };
  }

  outOfOrder(
    row: number,
    demand: Demand,
    {
      found,
      beside,
      isEarly,
    }: { readonly found: number; readonly beside: number | undefined; readonly isEarly: boolean },
  ): Finding {
    const [expected, is] = isEarly ? ["after", "before"] : ["before", "after"];
    const where = beside === undefined ? "" : `, ${expected} ${this.#words.name(beside)}`;
    const wrong = beside === undefined ? "stands in the wrong place" : `starts ${is} it`;
    const sentence = `expected ${demand.plain}${this.#words.under(row, demand)}${where}; ${this.#words.name(found)} ${wrong}`;
    return {
      mismatch: { ...this.#words.base("out-of-order", row, demand, sentence), found: this.#words.place(found) },
    };
  }

  /** Where the reading of a list got no further. */
  stuck(
    row: number,
    demands: readonly Demand[],
    { after, found }: { readonly after: number | undefined; readonly found: number | undefined },
  ): Finding {
    const expected =
      demands.length === 0
        ? "nothing more"
        : demands
            .slice(0, 4)
            .map(({ plain }) => plain)
            .join(" or ");
    const stands =
      found === undefined
        ? " to come last, and it does not"
        : `${this.#words.after(after)}; found ${this.#words.name(found)} there`;
    const base = this.#words.base(
      "out-of-order",
      row,
      demands[0],
      `expected ${expected}${this.#words.under(row)}${stands}`,
    );
    return { mismatch: { ...base, expected, ...(found === undefined ? {} : { found: this.#words.place(found) }) } };
  }

  /** Two spans whose times do not go together as their group asks. */
  notTogether(row: number, { group: { demand, part }, found, other, by }: TimeFault): Finding {
    const sentence =
      part.type === "sequence"
        ? `expected ${this.#words.name(found)}${this.#words.under(row)} to start after ${this.#words.name(other)} ends; it starts ${timeText(by)} before`
        : `expected ${this.#words.name(other)} and ${this.#words.name(found)}${this.#words.under(row)} to overlap; ${this.#words.name(found)} starts ${by === 0 ? "just when" : `${timeText(by)} after`} ${this.#words.name(other)} ends`;
    const kind = part.type === "sequence" ? "out-of-order" : "not-overlapping";
    return {
      mismatch: {
        ...this.#words.base(kind, row, demand, sentence),
        found: this.#words.place(found),
        competes: [this.#words.place(other)],
      },
    };
  }

  unexplained({ list }: BodyPlan): Mismatch {
    return this.#words.base(
      "missing",
      0,
      list === undefined ? undefined : placesOf(list, this.#words.definedAt)[0]?.demand,
      "the shape does not match, for a reason that has no name",
    );
  }

  /** The children of a row that a list looks at, by start. */
  childrenOf(row: number, list: List): readonly number[] {
    const { columns } = this.#words.pass;
    const rows: number[] = [];
    eachChild(columns, row, (child, isPassed) => {
      if (!isPassed || list.namesTransparent) rows.push(child);
    });
    return rows.toSorted((a, b) => (columns.start[a] ?? 0) - (columns.start[b] ?? 0));
  }

  #lackText(about: {
    readonly found: number;
    readonly competes: readonly number[];
    readonly nearest: Nearness | undefined;
    readonly next: number | undefined;
  }): string {
    const { found, competes, nearest, next } = about;
    const [only] = competes;
    if (found > 0) return `found ${found}`;
    if (only !== undefined && competes.length === 1)
      return `the only span that fits it, ${this.#words.name(only)}, is needed by another item`;
    if (competes.length > 1) {
      const names = competes
        .slice(0, 5)
        .map((row) => this.#words.name(row))
        .join(", ");
      return `${competes.length + 1} items fit only ${competes.length} spans: ${names}${competes.length > 5 ? ", …" : ""}`;
    }
    if (next !== undefined) return `found ${this.#words.name(next)} there`;
    if (this.#words.pass.columns.size === 1) return "there is no span at all";
    return nearest === undefined ? "there is none" : `nearest: ${this.#words.changeText(nearest, "")}`;
  }
}

function isOpenAbove(count: Count | undefined): boolean {
  return count !== undefined && count.max > count.min;
}

function timeText(nanoseconds: number): string {
  for (const [unit, size] of TIME_UNITS) {
    if (nanoseconds >= size) return `${Number((nanoseconds / size).toPrecision(3))} ${unit}`;
  }
  return `${nanoseconds} ns`;
}

const TIME_UNITS = [
  ["s", 1e9],
  ["ms", 1e6],
  ["µs", 1e3],
] as const;

import type { Mismatch } from "../../trace/mismatch.ts";
import { eachChild } from "../match/columns.ts";
import type { EventTest } from "../match/event-test.ts";
import { lettersOf } from "../match/letters.ts";
import type { List, Sought, TracesPlan } from "../match/program.ts";
import type { Undecided } from "../match/undecided.ts";
import type { TraceBody } from "../pattern.ts";
import { printEventLine, printTraceLine } from "../print.ts";
import type { Candidate } from "./candidates.ts";
import type { Finding } from "./finding.ts";
import type { Difference, Nearness } from "./nearness.ts";
import type { Demand } from "./places.ts";
import { placesOf } from "./places.ts";
import type { Words } from "./words.ts";
import { differenceText } from "./words.ts";

/** Writes what is wrong with links, events, traces and what must not be, and why there is no answer. */
export class ConditionWriter {
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
  }

  forbidden(row: number, sought: Sought, found: number): Finding {
    const { columns } = this.#words.pass;
    const demand = this.#words.soughtDemand(sought);
    let levels = 0;
    for (let above = found; above !== row && above > 0; above = columns.parent[above] ?? 0) levels++;
    const deep = levels === 1 ? "" : `, ${levels} levels down under ${this.#words.label(columns.parent[found] ?? 0)}`;
    const sentence = `${demand.plain} must never be${this.#words.under(row)}; found ${this.#words.label(found)}${deep}`;
    return { mismatch: { ...this.#words.base("forbidden", row, demand, sentence), found: this.#words.place(found) } };
  }

  /** None of a span's links leads to what is asked: `targets` are those that are in the traces at hand. */
  noLink(row: number, sought: Sought, links: number, nearest: Nearness | undefined): Finding {
    const demand = this.#words.soughtDemand(sought);
    const why =
      links === 0
        ? "it has no links"
        : nearest === undefined
          ? `none of its ${links} ${links === 1 ? "link" : "links"} leads to a span at hand`
          : `it links to ${this.#words.changeText(nearest, " instead")}`;
    const sentence = `expected a link from ${this.#words.label(row)} to ${demand.plain}; ${why}`;
    return {
      mismatch: {
        ...this.#words.base("no-link", row, demand, sentence),
        ...(nearest === undefined ? {} : { found: this.#words.place(nearest.row), failed: nearest.failed }),
      },
    };
  }

  /** `nearest`: an event of the name that is asked, and what of it differs. */
  event(row: number, { source }: EventTest, found: number, nearest: readonly Difference[] | undefined): Finding {
    const { count } = source;
    const { count: _, ...once } = source;
    const line = printEventLine(once);
    const isTooMany = count !== undefined && found > count.max;
    const asked = isTooMany ? count.max : (count?.min ?? 1);
    const noun = asked === 1 ? "event" : "events";
    const many = asked === 0 ? "no" : isTooMany ? `at most ${asked}` : asked === 1 ? "an" : `${asked}`;
    const sentence = `expected ${many} ${noun} ${line} in ${this.#words.label(row)}; found ${found > 0 ? found : nearest === undefined ? "none" : `one, but ${nearest.map(differenceText).join(" and ")}`}`;
    const demand = { text: `event: ${printEventLine(source)}`, plain: line, isGroup: false, isDeep: false };
    const at = source.at === undefined ? {} : { at: source.at };
    const base = this.#words.base(isTooMany ? "too-many" : "missing", row, { ...demand, ...at }, sentence);
    return { mismatch: { ...base, ...(found > 0 || nearest === undefined ? {} : { failed: nearest }) } };
  }

  missingTrace({ source, body }: TracesPlan["bodies"][number], fitting: number): Finding {
    const asked = body.list === undefined ? undefined : placesOf(body.list, this.#words.definedAt)[0]?.demand.plain;
    const like = asked === undefined ? "" : ` with ${asked}`;
    const least = source.count?.min ?? 1;
    const many = least === 1 ? `a trace${like} of its own` : `${least} traces${like}`;
    const found =
      fitting === 0
        ? "there is none"
        : fitting === 1 && least === 1
          ? "the one that fits is needed by another body"
          : `found ${fitting}`;
    const sentence = `expected ${many}; ${found}`;
    return { mismatch: this.#words.base("missing", 0, this.#traceDemand(source), sentence) };
  }

  extraTrace({ bodies }: TracesPlan, { row, leaves }: Candidate): Finding {
    const body = bodies[leaves[0] ?? -1];
    const [root] = this.#rootsOf(row);
    const trace = `trace ${this.#words.traceId(row)} (${root === undefined ? "empty" : this.#words.label(root)})`;
    const found = root === undefined ? {} : { found: this.#words.place(root) };
    if (body === undefined) {
      const base = this.#words.base(
        "extra",
        0,
        undefined,
        `unexpected ${trace}; the shape lists exactly the traces that may be there`,
      );
      return { mismatch: { ...base, expected: "no other traces", ...found } };
    }
    const most = body.source.count?.max ?? 1;
    const sentence = `expected ${most === 0 ? "no trace" : most === 1 ? "one trace" : `at most ${most} traces`} like this; ${trace} is one more`;
    return { mismatch: { ...this.#words.base("too-many", 0, this.#traceDemand(body.source), sentence), ...found } };
  }

  undecided(undecided: Undecided): Mismatch {
    const { reason } = undecided;
    if (reason === "captures") {
      const names = undecided.names.map((name) => `$${name}`).join(", ");
      const sentence = `there are too many values of ${names} to try each; more predicates on the lines that use ${names} leave fewer`;
      return { ...this.#words.base("undecided", 0, undefined, sentence), expected: names };
    }
    if (reason === "link") {
      const { row, sought, link } = undecided;
      const demand = this.#words.soughtDemand(sought);
      const sentence = `expected a link from ${this.#words.label(row)} to ${demand.plain}; it links to span ${link.spanId} of trace ${link.traceId}, which is not at hand, and the answer rests on it`;
      return this.#words.base("undecided", row, demand, sentence);
    }
    const { row, list } = undecided;
    return this.#words.base(
      "undecided",
      row,
      placesOf(list, this.#words.definedAt)[0]?.demand,
      this.#tooMuchText(undecided),
    );
  }

  #tooMuchText({ reason, row, list, block }: Extract<Undecided, { readonly list: List }>): string {
    const under = this.#words.under(row);
    if (reason === "work") {
      return `there are too many ways to read the spans${under}; a parent or a count for each group tells them apart`;
    }
    const letters = lettersOf(list, row, this.#words.pass, Infinity);
    const { from, to } = letters.blocks[block] ?? { from: 0, to: 0 };
    if (reason === "not-apart") {
      const found = letters.rows[from];
      const span = found === undefined ? "a span" : this.#words.name(found);
      return `${span}${under} fits two lists of one any-order group, so it cannot be said whose it is; give each list a parent, a service or a telling attribute`;
    }
    return `${to - from} spans${under} start at once, too many to decide their order exactly; finer timestamps or any-order decide it`;
  }

  #traceDemand(source: TraceBody): Demand {
    const text = printTraceLine(source);
    return { text, plain: text, isGroup: false, isDeep: false, ...(source.at === undefined ? {} : { at: source.at }) };
  }

  /** The spans at the top of a trace. */
  #rootsOf(row: number): readonly number[] {
    const roots: number[] = [];
    eachChild(this.#words.pass.columns, row, (child, isPassed) => {
      if (!isPassed) roots.push(child);
    });
    return roots;
  }
}

import type { Mismatch, SpanPlace } from "../../trace/mismatch.ts";
import { eachChild } from "../match/columns.ts";
import type { Pass } from "../match/pass.ts";
import type { Sought } from "../match/program.ts";
import { definitionsOf } from "../definitions.ts";
import type { Shape } from "../pattern.ts";
import type { Difference, Nearness } from "./nearness.ts";
import type { DefinedAt, Demand } from "./places.ts";
import { singleDemand } from "./places.ts";

const COMPETES_MAX = 20;

/** Names spans and places in sentences, and starts the data of a mismatch. */
export class Words {
  readonly pass: Pass;
  readonly shapeName: string;
  /** Where a definition was written. */
  readonly definedAt: DefinedAt;

  constructor(pass: Pass, shape: Shape) {
    this.pass = pass;
    const definitions = definitionsOf(shape);
    this.definedAt = (name) => definitions.get(name)?.at;
    this.shapeName = shape.title ?? shape.at ?? "shape";
  }

  place(row: number): SpanPlace {
    const span = this.pass.columns.nodes[row]?.span;
    return { traceId: span?.traceId ?? "", spanId: span?.spanId ?? "", label: this.label(row) };
  }

  /** A span and what of it is not as asked: `tool refund, but args.amount is 80`. */
  changeText({ row, failed }: Nearness, instead: string): string {
    const others = failed.filter(({ key }) => key !== "kind" && key !== "name").map(differenceText);
    const isOther = others.length < failed.length;
    return `${this.label(row)}${isOther ? instead : ""}${others.length === 0 ? "" : `, but ${others.join(" and ")}`}`;
  }

  base(kind: Mismatch["kind"], row: number, demand: Demand | undefined, sentence: string): Mismatch {
    const expectedAt = demand?.at ?? this.shapeName;
    return {
      kind,
      expectedAt,
      expected: demand?.text ?? "nothing",
      message: `${expectedAt}: ${sentence}`,
      ...(this.pass.columns.nodes[row] === undefined ? {} : { under: this.place(row) }),
    };
  }

  traceId(row: number): string {
    return this.pass.columns.nodes[row + 1]?.span.traceId ?? "";
  }

  soughtDemand({ source, patterns }: Sought): Demand {
    return singleDemand(
      source,
      patterns.map((pattern) => pattern.source),
      this.definedAt,
    );
  }

  places(rows: readonly number[]): readonly SpanPlace[] {
    return rows.slice(0, COMPETES_MAX).map((row) => this.place(row));
  }

  under(row: number, demand?: Demand): string {
    const where = demand?.isDeep === true ? " anywhere" : "";
    if (this.pass.columns.nodes[row] !== undefined) return `${where} under ${this.label(row)}`;
    if (row === 0) return where === "" ? " at the top" : where;
    return ` ${where === "" ? "at the top of" : "in"} trace ${this.traceId(row)}`;
  }

  after(row: number | undefined): string {
    return row === undefined ? "" : `, after ${this.name(row)}`;
  }

  /** A span's label, with its number where siblings are called the same. */
  name(row: number): string {
    const { columns } = this.pass;
    const parent = columns.parent[row] ?? 0;
    const same: number[] = [];
    eachChild(columns, parent, (child) => {
      if (this.label(child) === this.label(row)) same.push(child);
    });
    const text = this.label(row);
    if (same.length < 2) return text;
    const sorted = same.toSorted((a, b) => (columns.start[a] ?? 0) - (columns.start[b] ?? 0));
    return `${text} (${ordinal(sorted.indexOf(row) + 1)} of ${same.length})`;
  }

  label(row: number): string {
    const meaning = this.pass.columns.nodes[row]?.meaning;
    return meaning === undefined ? "the top" : `${meaning.kind} ${meaning.name}`.trim();
  }
}

export function differenceText({ key, got, note }: Difference): string {
  return `${got === "nothing" ? `there is no ${key}` : `${key} is ${got}`}${note === undefined ? "" : `, while ${note}`}`;
}

function ordinal(number: number): string {
  const tens = number % 100;
  const suffix = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return `${number}${suffix}`;
}

import { TroupeError } from "../../core/errors.ts";
import type { Count, Definition, ListMode, Shape, TraceBody } from "../pattern.ts";
import { refusalsOf } from "../text/refusal.ts";
import { countOf, refuse, wordOf } from "./arguments.ts";
import type { ItemBuilder, Part } from "./parts.ts";
import { bodyOf } from "./parts.ts";

/** One entry of `traces:`; immutable. */
export interface TraceBuilder {
  readonly parts: readonly Part[];
  readonly count?: Count;
  /** `times(2)`, `times(1, Infinity)`: so many traces and no more. Without it at least one. */
  readonly times: (min: number, max?: number) => TraceBuilder;
}

/** What a file says before its traces. */
interface ShapeHeader {
  /** What messages call the shape. */
  readonly title?: string;
  /** The mode of every list that names none; `contain` unless given. */
  readonly children?: ListMode;
  /** What `shape.reference` stands for, by name: one item, or several in order. */
  readonly define?: Readonly<Record<string, ItemBuilder | readonly ItemBuilder[]>>;
}

export interface ShapeMaker<Content> {
  (header: ShapeHeader, ...content: readonly Content[]): Shape;
  (...content: readonly Content[]): Shape;
}

/** A shape of one trace. @throws TroupeError `SHAPE_INVALID` */
export function shapeOf(...args: readonly (ShapeHeader | Part)[]): Shape {
  const [{ children, ...before }, parts] = withHeader(args);
  return checked({ ...before, children, trace: bodyOf(parts, { mode: children, isTree: true }) });
}

/** A shape of several traces. @throws TroupeError `SHAPE_INVALID` */
export function shapeOfTraces(...args: readonly (ShapeHeader | TraceBuilder)[]): Shape {
  const [{ children, ...before }, traces] = withHeader(args);
  const bodies = traces.map(({ parts, count }): TraceBody => {
    return { ...bodyOf(parts, { mode: children, isTree: true }), ...(count === undefined ? {} : { count }) };
  });
  return checked({ ...before, children, traces: bodies });
}

function checked(made: Shape): Shape {
  const faults = refusalsOf(made);
  if (faults.length > 0) throw new TroupeError("SHAPE_INVALID", faults);
  return made;
}

function withHeader<Content extends object>(
  args: readonly (ShapeHeader | Content)[],
): readonly [Omit<Shape, "trace" | "traces">, readonly Content[]] {
  const isContent = (arg: ShapeHeader | Content): arg is Content => "part" in arg || "parts" in arg;
  const [header = {}, second] = args.filter((arg): arg is ShapeHeader => !isContent(arg));
  if (second !== undefined || (args.length > 0 && args.indexOf(header) > 0)) {
    refuse({ what: "a header stands after other parts", mend: "Give one header, before all parts." });
  }
  return [headerOf(header), args.filter(isContent)];
}

function headerOf({ title, children = "contain", define = {} }: ShapeHeader): Omit<Shape, "trace" | "traces"> {
  const definitions = Object.entries(define).map(([name, given]): Definition => {
    const builders = "part" in given ? [given] : given;
    return { name: wordOf(name), items: builders.map(({ made }) => made({ mode: children, isTree: false }, children)) };
  });
  return { ...(title === undefined ? {} : { title }), children, include: [], define: definitions };
}

export function traceBuilder(parts: readonly Part[], count?: Count): TraceBuilder {
  return {
    parts,
    ...(count === undefined ? {} : { count }),
    times: (min, max = min) => traceBuilder(parts, countOf(min, max)),
  };
}

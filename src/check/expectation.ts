import type { Shape } from "../shape/pattern.ts";
import type { Mismatch } from "../trace/mismatch.ts";
import type { HopEvidence } from "./propagation/hops.ts";

/** Marks an expectation: a registered symbol, since a loader may evaluate this package twice. */
export const EXPECTATION: unique symbol = Symbol.for("troupe.expectation");

/** What an expectation looks at: the trees of a run or of a trace file, and what else is known of it. */
export interface Subject extends HopEvidence {
  /** How the persona left the run; `undefined` where nobody knows. */
  readonly outcome?: string | undefined;
}

interface Branded {
  readonly [EXPECTATION]: true;
  readonly name: string;
}

/** A judge function: every mismatch it returns speaks against the subject; `undecided` ones leave it open. */
export interface CheckExpectation extends Branded {
  readonly kind: "check";
  readonly judge: (subject: Subject) => readonly Mismatch[];
}

export interface ShapeExpectation extends Branded {
  readonly kind: "shape";
  readonly shape: Shape;
}

/** A shape as YAML text, read by `resolveExpectations`. */
export interface ShapeTextExpectation extends Branded {
  readonly kind: "shape-text";
  readonly text: string;
}

/** A shape file, relative to the scenario file, read by `resolveExpectations`. */
export interface ShapeFileExpectation extends Branded {
  readonly kind: "shape-file";
  readonly path: string;
}

/** One expectation turned round. Not of another one: two negations would hide what is meant. */
export interface MustFailExpectation<Inner> extends Branded {
  readonly kind: "must-fail";
  readonly inner: Inner;
  /** A mismatch's kind, a part of its message, or a pattern for it. */
  readonly why: string | RegExp;
}

type Direct = CheckExpectation | ShapeExpectation;
type Unread = ShapeTextExpectation | ShapeFileExpectation;

/** Something that a scenario states about its runs: plain data and functions, no class. */
export type Expectation = Direct | Unread | MustFailExpectation<Direct | Unread>;

/** An expectation whose shape has been read, ready to be judged. */
export type ResolvedExpectation = Direct | MustFailExpectation<Direct>;

/** Whether `value` is an {@link Expectation}, whichever copy of this package made it. */
export function isExpectation(value: unknown): value is Expectation {
  return typeof value === "object" && value !== null && EXPECTATION in value;
}

/** The run matches the shape in a file; `path` is relative to the scenario file. */
export function shapeFile(path: string): ShapeFileExpectation {
  return { [EXPECTATION]: true, kind: "shape-file", name: path, path };
}

/** The run matches a shape given here, as built by the shape builders or as YAML text. */
export function matchesShape(shape: Shape | string, name = "shape"): ShapeExpectation | ShapeTextExpectation {
  return typeof shape === "string"
    ? { [EXPECTATION]: true, kind: "shape-text", name, text: shape }
    : { [EXPECTATION]: true, kind: "shape", name, shape };
}

/**
 * Turns one expectation round: passed when it fails, and for the stated cause.
 *
 * The cause is a mismatch's kind (`"missing"`), a part of a mismatch's message, or a pattern for it; one mismatch with it
 * is enough. Failed when the expectation passes or fails for another cause; inconclusive stays inconclusive.
 */
export function mustFail<Inner extends Direct | Unread>(
  inner: Inner,
  why: string | RegExp,
): MustFailExpectation<Inner> {
  return { [EXPECTATION]: true, kind: "must-fail", name: inner.name, inner, why };
}

/** An expectation of your own: a function that returns one sentence for each thing that is wrong, none when all is well. */
export function check(name: string, findFaults: (subject: Subject) => readonly string[]): CheckExpectation {
  return checkOf(name, (subject) => {
    const faults: unknown = findFaults(subject);
    if (!Array.isArray(faults)) throw new TypeError("it returned no list of sentences");
    return faults.map((fault) => ({ kind: "forbidden", expectedAt: name, expected: name, message: String(fault) }));
  });
}

/** A check that names its mismatches itself. */
export function checkOf(name: string, find: CheckExpectation["judge"]): CheckExpectation {
  return { [EXPECTATION]: true, kind: "check", name, judge: find };
}

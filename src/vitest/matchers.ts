import type { MatcherState } from "vitest";
import { handsOff } from "../check/calls.ts";
import { EXPECTATION, type ResolvedExpectation, type ShapeExpectation, type Subject } from "../check/expectation.ts";
import { judge } from "../check/judge.ts";
import { noOrphans, oneTrace } from "../check/structure.ts";
import type { NodeBuilder } from "../shape/builders/lines.ts";
import { shape as builders } from "../shape/builders/shape.ts";
import type { Shape } from "../shape/pattern.ts";
import { printItemLine, printShape } from "../shape/print.ts";
import { parseShape } from "../shape/text/parse.ts";
import { failureText } from "./failure-text.ts";
import { subjectOf } from "./received.ts";

/** What a matcher answers Vitest. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

type Context = Pick<MatcherState, "isNot"> & Partial<Pick<MatcherState, "assertion">>;

/** The matchers that judge a trace. */
export const MATCHERS = {
  toMatchShape(this: Context, received: unknown, shape: string | Shape): MatcherResult {
    return answer(this, received, shapeExpectation(shape), "to match the shape");
  },

  toHaveStep(this: Context, received: unknown, step: string | NodeBuilder): MatcherResult {
    const stated = stepShape(step);
    const line = stepLine(stated);
    const claimed = { ...shapeExpectation(stated), name: `step ${line}` };
    return answer(this, received, claimed, `to have the step ${line}`, withoutStep(stated));
  },

  toHaveHandoff(this: Context, received: unknown, from: string, to: string): MatcherResult {
    return answer(this, received, handsOff(from, to), `to have a handoff ${from} -> ${to}`);
  },

  toBeOneTrace(this: Context, received: unknown): MatcherResult {
    return answer(this, received, oneTrace(), "to be one trace with one root");
  },

  toHaveNoOrphans(this: Context, received: unknown): MatcherResult {
    return answer(this, received, noOrphans(), "to have no orphans");
  },
};

/** A shape as an expectation; `name` is what its text is called, in mismatches and faults. */
export function shapeExpectation(
  shape: string | Shape,
  name = "shape",
  readInclude?: Parameters<typeof parseShape>[2],
): ShapeExpectation {
  if (typeof shape === "string") return expectationOf(parseShape(shape, name, readInclude), name);
  if (typeof shape !== "object" || shape === null || !("trace" in shape || "traces" in shape))
    throw new TypeError("this is no shape. Give its YAML text, or what shape.of(…) makes");
  return expectationOf(shape, shape.title ?? name);
}

function expectationOf(shape: Shape, name: string): ShapeExpectation {
  return { [EXPECTATION]: true, kind: "shape", name, shape };
}

/**
 * Judges what was received. What cannot be decided passes neither way.
 *
 * `opposite` is what would have to hold where the matcher stands after `.not`; its mismatches are what is marked there.
 */
function answer(
  { isNot, assertion }: Context,
  received: unknown,
  expectation: ResolvedExpectation,
  claim: string,
  opposite?: ResolvedExpectation,
): MatcherResult {
  // As an asymmetric matcher it is asked of every value, also of those that are no traces.
  const subject = assertion === undefined ? subjectOrNone(received) : subjectOf(received);
  if (subject === undefined) return { pass: isNot, message: () => "" };
  const result = judge(expectation, subject);
  if (result.verdict === "inconclusive") {
    const message = `expected the trace ${claim}, which cannot be decided`;
    return { pass: isNot, message: () => failureText(message, result, subject.trees) };
  }
  const marked = (): typeof result => (isNot && opposite !== undefined ? judge(opposite, subject) : result);
  // Nothing in the tree speaks against it: what was not to match is all there is to tell.
  const denied = isNot && opposite === undefined && expectation.kind === "shape" ? expectation.shape : undefined;
  const stated = denied === undefined ? "" : `\n\n${printShape(denied).trimEnd()}`;
  const message = `expected the trace ${isNot ? "not " : ""}${claim}${stated}`;
  return { pass: result.verdict === "passed", message: () => failureText(message, marked(), subject.trees) };
}

function subjectOrNone(received: unknown): Subject | undefined {
  try {
    return subjectOf(received);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** `//line`: the step at any depth. In quotes, so that YAML takes nothing in the line for its own. */
function stepShape(step: string | NodeBuilder): Shape {
  if (typeof step !== "string") return builders.of(step.anywhere());
  const line = step.startsWith("//") ? step : `//${step}`;
  return parseShape(`- ${JSON.stringify(line)}`, "step");
}

function stepLine(shape: Shape): string {
  const [item] = "trace" in shape ? (shape.trace.list?.items ?? []) : [];
  return item === undefined ? "" : printItemLine(item).replace(/^\/\//, "");
}

/** That no such step is there; nothing for a step with a count, whose opposite is no shape. */
function withoutStep(stated: Shape): ShapeExpectation | undefined {
  const [item] = "trace" in stated ? (stated.trace.list?.items ?? []) : [];
  if (item?.type !== "node" || item.count !== undefined) return undefined;
  const none = { never: [{ ...item, isDeep: false }], links: [], events: [] };
  return expectationOf({ children: "contain", include: [], define: [], trace: none }, `no step ${stepLine(stated)}`);
}

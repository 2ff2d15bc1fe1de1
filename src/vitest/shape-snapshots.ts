import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { type MatcherState, Snapshots } from "vitest";
import type { ShapeExpectation, Subject } from "../check/expectation.ts";
import { judge } from "../check/judge.ts";
import type { ExpectationResult } from "../check/verdict.ts";
import { inferShape } from "../shape/infer/infer.ts";
import { refreshShape } from "../shape/infer/refresh.ts";
import { printShape } from "../shape/print.ts";
import { withComments } from "../shape/text/comments.ts";
import type { Tree } from "../trace/tree.ts";
import { readTextFileSync } from "../wire/files.ts";
import { failureText } from "./failure-text.ts";
import { type MatcherResult, shapeExpectation } from "./matchers.ts";
import { subjectOf } from "./received.ts";

type SnapshotState = MatcherState["snapshotState"];
type Test = NonNullable<MatcherState["task"]>;

/** A shape file that this run of its test file has made: which test first asked for it, and the runs that it was made from. */
interface Written {
  readonly testName: string;
  readonly runs: (readonly Tree[])[];
}

const FOLDER = "__shapes__";
const EXTENSION = ".shape.yaml";
/** File systems take names of 255 bytes. */
const NAME_MAX = 80;

const NEXT = "Mend the code, edit the shape, or bring it up to date with `vitest -u`.";
const MISSING =
  "and this run of Vitest writes none, as in CI. Run it where it may, and keep what it writes with the code. It would be:";

/**
 * The matchers that keep a shape, in Vitest's terms a snapshot: inferred and written where there is none, matched where
 * there is one, and brought up to date with `-u` where it does not match. What was edited by hand stays where it holds.
 */
export const SNAPSHOT_MATCHERS = {
  /** Keeps it in a file beside the test. */
  toMatchShapeSnapshot(this: MatcherState, received: unknown, name?: string): MatcherResult {
    return matchFile(this, received, name);
  },

  /** Keeps it in the test itself. */
  toMatchShapeInlineSnapshot(this: MatcherState, received: unknown, inline?: string): MatcherResult {
    return matchInline(this, received, inline);
  },
};

function matchFile(state: MatcherState, received: unknown, name: string | undefined): MatcherResult {
  const test = testOf(state, "toMatchShapeSnapshot");
  const subject = subjectOf(received);
  const { snapshotState } = state;
  const asked = `${test.fullTestName} > shape${name === undefined ? "" : ` ${name}`}`;
  const file = fileOf(test, name, countOf(snapshotState, test, asked));
  const { runs } = writtenBy(snapshotState, file, asked, name !== undefined);
  const stored = existsSync(file) ? storedIn(readTextFileSync(file), shown(file), readBeside) : undefined;
  const result = stored === undefined ? undefined : judge(stored.expectation, subject);
  const isMatch = result?.verdict === "passed";
  if (!isMatch && !canInfer(subject)) return nothingToInfer(shown(file), result, subject);
  const text = isMatch && stored !== undefined ? stored.text : textOver(stored, [...runs, subject.trees]);
  // What this run has written may still be widened, as if it were not there.
  const isFixed = stored !== undefined && (isMatch || runs.length === 0);
  const { pass } = snapshotState.match({
    testId: test.id,
    testName: asked,
    received: text,
    isInline: false,
    // Written here and now, so that the next test that asks for the same file finds it.
    rawSnapshot: { file, readonly: true, ...(isFixed ? { content: stored.text } : {}) },
  });
  if (pass && text !== stored?.text) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    runs.push(subject.trees);
  }
  return { pass, message: () => mismatchText(shown(file), result, subject.trees, text) };
}

function matchInline(state: MatcherState, received: unknown, inline: string | undefined): MatcherResult {
  testOf(state, "toMatchShapeInlineSnapshot");
  const subject = subjectOf(received);
  const stored = inline === undefined || inline.trim() === "" ? undefined : storedIn(inline, "shape");
  const result = stored === undefined ? undefined : judge(stored.expectation, subject);
  const isMatch = result?.verdict === "passed";
  if (!isMatch && !canInfer(subject)) return nothingToInfer("inline", result, subject);
  const text = isMatch && stored !== undefined ? stored.text : textOver(stored, [subject.trees]);
  const domain = {
    name: "shape",
    capture: () => text,
    render: () => text,
    parseExpected: (expected: string) => expected,
    match: () => ({ pass: isMatch }),
  };
  const answer = Snapshots.toMatchDomainInlineSnapshot.call(state, domain, received, stored?.text);
  if ("then" in answer) throw new TypeError("toMatchShapeInlineSnapshot cannot be polled; wait for the trace first");
  return { pass: answer.pass, message: () => mismatchText("inline", result, subject.trees, text) };
}

/** A shape that is kept already: its text, and what that says. */
interface Stored {
  readonly text: string;
  readonly expectation: ShapeExpectation;
}

function storedIn(text: string, name: string, readInclude?: typeof readBeside): Stored {
  return { text, expectation: shapeExpectation(text, name, readInclude) };
}

/** A file that another includes, relative to that. */
function readBeside(path: string, from: string): string {
  return readTextFileSync(join(dirname(from), path));
}

/** What is to be kept of runs that do not match what is stored. */
function textOver(stored: Stored | undefined, runs: readonly (readonly Tree[])[]): string {
  if (stored === undefined) return printShape(inferShape(runs));
  return withComments(stored.text, printShape(refreshShape(stored.expectation.shape, runs))).text;
}

function mismatchText(
  where: string,
  result: ExpectationResult | undefined,
  trees: readonly Tree[],
  inferred: string,
): string {
  if (result === undefined) return `there is no shape snapshot (${where}), ${MISSING}\n\n${inferred}`;
  const undecided = result.verdict === "inconclusive" ? ", which cannot be decided" : "";
  return `${failureText(`expected the trace to match its shape snapshot (${where})${undecided}`, result, trees)}\n\n${NEXT}`;
}

/** A shape of what has arrived so far would refuse what comes later. */
function canInfer({ trees, isComplete }: Subject): boolean {
  return trees.length > 0 && isComplete;
}

function nothingToInfer(where: string, result: ExpectationResult | undefined, { trees }: Subject): MatcherResult {
  const why = trees.length === 0 ? "there is no trace" : "spans that are known to exist have not arrived";
  const missing = `there is no shape snapshot (${where}), and none can be inferred: ${why}`;
  return { pass: false, message: () => (result === undefined ? missing : mismatchText(where, result, trees, "")) };
}

function testOf({ isNot, task, assertion }: Partial<MatcherState>, matcher: string): Test {
  if (assertion === undefined)
    throw new TypeError(`${matcher} cannot be used as an asymmetric matcher; use toMatchShape`);
  if (isNot === true) throw new TypeError(`${matcher} cannot be used with "not"`);
  if (task === undefined) throw new TypeError(`${matcher} can only be used in a test`);
  return task;
}

/** The how-manieth snapshot of its name this is: 1 for the first. */
function countOf(state: SnapshotState, { id }: Test, testName: string): number {
  return state.probeExpectedSnapshot({ testName, testId: id, isInline: false }).count;
}

/** Where a test's shape lies: in a folder of its test file's name, or where the test says. */
function fileOf(test: Test, name: string | undefined, count: number): string {
  const { filepath } = test.file;
  if (name?.endsWith(".yaml") === true) return join(dirname(filepath), name);
  const folder = join(dirname(filepath), FOLDER);
  if (name !== undefined) return join(folder, `${slugOf(name)}${EXTENSION}`);
  const nth = count === 1 ? "" : `-${count}`;
  return join(folder, basename(filepath), `${slugOf(test.fullTestName)}${nth}${EXTENSION}`);
}

function slugOf(name: string): string {
  const words = name.replaceAll(/[^\p{L}\p{N}.]+/gu, "-").replaceAll(/^[-.]+|[-.]+$/g, "");
  if (words === "") throw new TypeError(`${JSON.stringify(name)} has no letter to make a file's name of; give a name`);
  return words.slice(0, NAME_MAX);
}

function shown(file: string): string {
  return relative("", file);
}

/** By test file, since that is what has one state. */
const filesOf = new WeakMap<SnapshotState, Map<string, Written>>();

/** @throws Error when the names of two tests lead to one file, and neither asked for it by name. */
function writtenBy(state: SnapshotState, file: string, testName: string, isNamed: boolean): Written {
  const files = filesOf.get(state) ?? new Map<string, Written>();
  filesOf.set(state, files);
  const key = file.toLowerCase();
  const known = files.get(key) ?? { testName, runs: [] };
  files.set(key, known);
  if (isNamed || known.testName === testName) return known;
  throw new Error(
    `"${known.testName}" and "${testName}" would share the file ${shown(file)}. Give one of them a name: toMatchShapeSnapshot("…").`,
  );
}

/** The matcher beside the definition of a match, enumerated: 200,000 random cases, and every small one. */
import { expect, test } from "vitest";
import type { Count } from "../../src/shape/pattern.ts";
import type { Agreement } from "../shape/agreement.ts";
import { agreementOn } from "../shape/agreement.ts";
import { FLAWS } from "../shape/oracle-flaws.ts";
import { oracleVerdict } from "../shape/oracle.ts";
import { casesOf, randomCases, scopedCases } from "../shape/random-case.ts";
import { treesOf } from "../shape/sketch.ts";
import { smallForests, smallShapes } from "../shape/small-case.ts";

const FIRST_SEED = 1_000_000;
const PATIENCE = { timeout: 3_600_000 };

const ZERO: Count = { min: 0, max: 0 };
const ONE: Count = { min: 1, max: 1 };
const TWO: Count = { min: 2, max: 2 };
const SOME: Count = { min: 1, max: Infinity };

test("matcher and definition agree on 100,000 random shapes and traces", PATIENCE, () => {
  const agreement = agreementOn(randomCases(FIRST_SEED, 25_000, () => undefined));
  report("random", agreement);
  expect(agreement.faults.join("\n")).toBe("");
  expect(agreement.cases).toBe(100_000);
  expect(agreement.matched).toBeGreaterThan(25_000);
  expect(agreement.cautious).toBeLessThan(100);
});

test("matcher and definition agree on 100,000 random scopes of captures within each other", PATIENCE, () => {
  const agreement = agreementOn(scopedCases(FIRST_SEED, 25_000));
  report("scopes of captures", agreement);
  expect(agreement.faults.join("\n")).toBe("");
  // Where absent spans leave too much to try, there is nothing to compare with.
  expect(agreement.cases).toBeGreaterThan(99_000);
  expect(agreement.matched).toBeGreaterThan(20_000);
  expect(agreement.cautious).toBeLessThan(200);
});

test("matcher and definition agree on every shape of two patterns, with five counts, over two spans", PATIENCE, () => {
  const [shapes, forests] = [smallShapes([undefined, ZERO, ONE, TWO, SOME]), smallForests(2, 1)];
  const agreement = agreementOn(casesOf(shapes, forests));
  report(`${shapes.length} shapes over ${forests.length} forests`, agreement);
  expect(agreement.faults.join("\n")).toBe("");
  expect(agreement.cases).toBe(10_596 * 55);
});

test(
  "matcher and definition agree on every shape of two patterns over two spans, however their times lie",
  PATIENCE,
  () => {
    const [shapes, forests] = [smallShapes([undefined, ZERO, SOME]), smallForests(2, 3)];
    const agreement = agreementOn(casesOf(shapes, forests));
    report(`${shapes.length} shapes over ${forests.length} forests`, agreement);
    expect(agreement.faults.join("\n")).toBe("");
    expect(agreement.cases).toBe(2584 * 163);
  },
);

test("matcher and definition agree on every shape of two patterns over three spans", PATIENCE, () => {
  const [shapes, forests] = [smallShapes([undefined, ZERO]), smallForests(3, 1)];
  const agreement = agreementOn(casesOf(shapes, forests));
  report(`${shapes.length} shapes over ${forests.length} forests`, agreement);
  expect(agreement.faults.join("\n")).toBe("");
  expect(agreement.cases).toBe(885 * 643);
});

test("each rule that is broken in the definition changes the answer to some random case", PATIENCE, () => {
  const left = new Set(FLAWS);
  let cases = 0;
  // From this seed on all are found soon.
  for (const { shape, traces } of randomCases(3000, 2500, () => undefined)) {
    cases++;
    const trees = treesOf(traces);
    const verdict = oracleVerdict(shape, trees);
    for (const flaw of left) if (oracleVerdict(shape, trees, flaw) !== verdict) left.delete(flaw);
    if (left.size === 0) break;
  }
  expect([...left]).toEqual([]);
  expect(cases).toBeLessThan(10_000);
});

function report(what: string, { cases, matched, undecided, cautious }: Agreement): void {
  process.stdout.write(
    `${what}: ${cases} cases, ${matched} matched, ${undecided} undecided by what is absent, ${cautious} without need\n`,
  );
}

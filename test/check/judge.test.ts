import { expect, test } from "vitest";
import type { Expectation, Subject } from "../../src/check/expectation.ts";
import { check, isExpectation, matchesShape, mustFail, shapeFile } from "../../src/check/expectation.ts";
import { judge } from "../../src/check/judge.ts";
import { resolveExpectations } from "../../src/check/resolve.ts";
import { noErrors } from "../../src/check/structure.ts";
import type { ExpectationResult } from "../../src/check/verdict.ts";
import { TroupeError } from "../../src/core/errors.ts";
import { agent, llm, tool, treesOf } from "./traces.ts";

const TRACE = treesOf(agent("triage", [llm("gpt"), tool("lookup_order")]));

function judged(expectation: Expectation, subject: Partial<Subject> = {}): ExpectationResult {
  const [resolved] = resolveExpectations([expectation], () => "");
  if (resolved === undefined) throw new Error("nothing was resolved");
  return judge(resolved, { trees: TRACE, ledger: [], isComplete: true, ...subject });
}

test("a shape given as text passes when the trace matches it", () => {
  expect(judged(matchesShape("- agent triage:\n    - tool lookup_order\n"))).toEqual({
    name: "shape",
    verdict: "passed",
    inverted: false,
    mismatches: [],
  });
});

test("a shape that does not match has failed, and says what is missing", () => {
  const result = judged(matchesShape("- agent triage:\n    - tool refund\n", "refunds"));
  expect(result.verdict).toBe("failed");
  expect(result.mismatches[0]).toMatchObject({ kind: "missing", expectedAt: "refunds:2:7" });
});

test("a shape file is read by the path that the scenario wrote", () => {
  const read: string[] = [];
  const [resolved] = resolveExpectations([shapeFile("a.shape.yaml")], (path) => {
    read.push(path);
    return "- agent triage\n";
  });
  expect(read).toEqual(["a.shape.yaml"]);
  expect(resolved).toMatchObject({ kind: "shape", name: "a.shape.yaml" });
});

test("the faults of all shapes are reported at once", () => {
  const shapes = [matchesShape("- tol x\n", "one"), mustFail(matchesShape("- agnt x\n", "two"), "missing")];
  expect(() => resolveExpectations(shapes, () => "")).toThrow(TroupeError);
  expect(() => resolveExpectations(shapes, () => "")).toThrow(/one:1:3[^]*two:1:3/);
});

test("a cause that is an empty text is refused, since every failure would have it", () => {
  expect(() => resolveExpectations([mustFail(noErrors(), "")], () => "")).toThrow(
    /expect\[0\]: mustFail\(noErrors\).*empty text/,
  );
});

test("what is no expectation, and mustFail inside mustFail, are refused by their place in the list", () => {
  // @ts-expect-error what a JavaScript file may hold
  expect(() => resolveExpectations([noErrors(), "oneTrace"], () => "")).toThrow("expect[1]: this is no expectation");
  // @ts-expect-error what a JavaScript file may hold
  const twice = mustFail(mustFail(noErrors(), "forbidden"), "missing");
  expect(() => resolveExpectations([twice], () => "")).toThrow("expect[0]: mustFail stands inside mustFail");
});

test("a sentence of the user's own check is a failure with that sentence", () => {
  const result = judged(check("cheap", () => ["the refund cost 3 calls"]));
  expect(result.verdict).toBe("failed");
  expect(result.mismatches.map(({ message }) => message)).toEqual(["the refund cost 3 calls"]);
});

test("the user's own check passes when it returns no sentence", () => {
  expect(judged(check("cheap", () => [])).verdict).toBe("passed");
});

test("a check that throws has failed, and says how", () => {
  const broken = check("broken", () => {
    throw new RangeError("no such turn");
  });
  expect(judged(broken)).toMatchObject({
    verdict: "failed",
    mismatches: [{ kind: "run-failed", message: "the check itself threw: RangeError: no such turn" }],
  });
});

test("a check that returns a promise has failed instead of passing unseen", () => {
  // @ts-expect-error a promise is no list
  const asked = check("async", async () => ["never read"]);
  expect(judged(asked).mismatches[0]?.message).toContain("returned no list of sentences");
});

test.each([
  ["a mismatch kind", "missing"],
  ["a part of a message", "refund"],
  ["a pattern", /REFUND/i],
])("mustFail passes when the expectation fails for the cause, given as %s", (_, why) => {
  const result = judged(mustFail(matchesShape("- agent triage:\n    - tool refund\n"), why));
  expect(result).toMatchObject({ name: "shape", verdict: "passed", inverted: true });
});

test("mustFail gives the same verdict each time, also for a global pattern", () => {
  const turned = mustFail(matchesShape("- agent triage:\n    - tool refund\n"), /refund/g);
  expect([judged(turned).verdict, judged(turned).verdict]).toEqual(["passed", "passed"]);
});

test("mustFail fails when the expectation passes", () => {
  const result = judged(mustFail(matchesShape("- agent triage\n"), "missing"));
  expect(result.verdict).toBe("failed");
  expect(result.mismatches[0]?.message).toBe('expected a failure for "missing", and nothing failed');
});

test("mustFail fails when the expectation fails for another cause, and tells that cause", () => {
  const result = judged(
    mustFail(
      check("own", () => ["too slow"]),
      "too dear",
    ),
  );
  expect(result.verdict).toBe("failed");
  expect(result.mismatches.map(({ message }) => message)).toEqual([
    'expected a failure for "too dear", and it failed for another cause',
    "too slow",
  ]);
});

test("mustFail does not take a check that throws for one that found the cause", () => {
  const broken = check("broken", () => {
    throw new Error("refund");
  });
  expect(judged(mustFail(broken, "refund")).verdict).toBe("failed");
});

test("while spans are missing, a monotone shape that matches passes", () => {
  const shape = matchesShape("- agent triage:\n    - tool lookup_order\n");
  expect(judged(shape, { isComplete: false }).verdict).toBe("passed");
});

test.each([
  ["a shape with a bound from above", "- agent triage:\n    - tool lookup_order x1\n"],
  ["a shape that does not match", "- agent triage:\n    - tool refund\n"],
])("while spans are missing, %s is inconclusive", (_, text) => {
  const result = judged(matchesShape(text), { isComplete: false });
  expect(result.verdict).toBe("inconclusive");
  expect(result.mismatches[0]?.kind).toBe("undecided");
});

test("while spans are missing, a match that takes an orphan for a root is inconclusive", () => {
  const trees = treesOf(agent("triage", [], { parentId: "00000000000000ff" }));
  expect(judged(matchesShape("- agent triage\n"), { trees, isComplete: false }).verdict).toBe("inconclusive");
});

test("while spans are missing, a check is inconclusive, and so is mustFail around it", () => {
  expect(judged(noErrors(), { isComplete: false }).verdict).toBe("inconclusive");
  expect(judged(mustFail(noErrors(), "forbidden"), { isComplete: false }).verdict).toBe("inconclusive");
});

test("an expectation is known by its brand alone, so that another copy of the package knows it too", () => {
  expect(isExpectation({ [Symbol.for("troupe.expectation")]: true })).toBe(true);
  expect(isExpectation({ kind: "check", judge: () => [] })).toBe(false);
});

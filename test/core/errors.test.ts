import fc from "fast-check";
import { expect, test } from "vitest";
import { TroupeError, editDistance, isTroupeError, nearestWord } from "../../src/core/errors.ts";

test("the nearest word is the one with the fewest edits", () => {
  expect(nearestWord("lookup_oder", ["refund", "lookup_order", "lookup_orders"])).toBe("lookup_order");
});

test("case does not count as an edit", () => {
  expect(nearestWord("TRIAGE", ["triage"])).toBe("triage");
});

test("a word that is too far off is not suggested", () => {
  expect(nearestWord("weather", ["refund", "lookup_order"])).toBeUndefined();
});

test("of two words equally near, the first listed is taken", () => {
  expect(nearestWord("cat", ["bat", "rat"])).toBe("bat");
});

test("edit distance is a metric: zero for equals alone, symmetric, and never beaten by a detour", () => {
  const word = fc.stringMatching(/^[abc]{0,6}$/);
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});

test("an error's message says where, what and how to mend for each of its faults", () => {
  const faults = [
    { where: "a.ts:1:2", what: "it is wrong", mend: "Mend it." },
    { where: "b.ts", what: "it is gone", mend: "Bring it back." },
  ];
  const error = new TroupeError("SCENARIO_INVALID", faults);
  expect(error.message).toBe("a.ts:1:2: it is wrong. Mend it.\nb.ts: it is gone. Bring it back.");
});

test("an error of another copy of the package is known as one, and a look-alike is not", () => {
  const foreign = Object.assign(new Error("x"), { name: "TroupeError", faults: [], code: "BUG" });
  expect([isTroupeError(foreign), isTroupeError(new Error("x")), isTroupeError({ name: "TroupeError" })]).toEqual([
    true,
    false,
    false,
  ]);
});

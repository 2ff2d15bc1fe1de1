import { expect, test } from "vitest";
import { checkJunitText } from "../../src/report/check-junit.ts";
import { RULES } from "../../src/trace/health/rules.ts";
import { health, SECRET, SOUND, TROUBLED } from "./healths.ts";
import { expectation, MISSING_REFUND } from "./results.ts";
import { parseXml } from "./xml.ts";

const FAILED = checkJunitText({
  verdict: "failed",
  expectations: [expectation("passed", []), expectation("failed", [MISSING_REFUND])],
  health: health(TROUBLED, "limits:\n  tokens.total.max: 0\n"),
});

test("there is a case for each shape, each rule, and each limit that is not held", () => {
  const [root] = [parseXml(FAILED)];
  const [shapes, rules] = root?.children ?? [];
  expect([shapes?.attributes["name"], shapes?.attributes["tests"], shapes?.attributes["failures"]]).toEqual([
    "shapes",
    "2",
    "1",
  ]);
  expect(rules?.attributes["tests"]).toBe(String(RULES.length + 1));
  const failing = rules?.children.filter(({ children }) => children.some(({ name }) => name === "failure"));
  expect(failing?.map(({ attributes }) => attributes["name"])).toEqual([
    "orphan-rate",
    "secret-in-attribute",
    "tokens.total.max",
  ]);
});

test("what does not fail the check stands where it can be read", () => {
  expect(FAILED).toContain("<system-out>warning:\ntraces/day 1.json trace ");
});

test("a check of health alone has no suite of shapes, and one that passed no failure", () => {
  const text = checkJunitText({ verdict: "passed", expectations: [], health: health(SOUND) });
  expect(text).not.toContain("shapes");
  expect(text).toContain('failures="0"');
});

test("no secret stands in the report", () => {
  expect(FAILED).not.toContain(SECRET);
});

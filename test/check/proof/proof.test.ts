import { expect, test } from "vitest";
import { type Finding, type Proved, cannotTell, no, notDue, yes } from "../../../src/check/proof/evidence.ts";
import { remarksOf, rowsOf, verdictOf } from "../../../src/check/proof/proof.ts";
import { trial } from "./cases.ts";

function proved(given: Partial<Proved>): Proved {
  const open = cannotTell("no evidence");
  const answers = { read: open, kept: open, passedOn: open, recorded: open };
  return { subject: trial(1), carriers: trial(1).carriers, carrier: "_meta", context: "valid", ...answers, ...given };
}

test.for([
  ["passed", [yes("a child"), cannotTell("")], undefined],
  ["inconclusive", [cannotTell(""), notDue("")], undefined],
  ["inconclusive", [yes("a child")], "it ended"],
  ["failed", [yes("a child"), no("a root", "not-extracted")], undefined],
  ["failed", [no("a root", "not-extracted")], "it ended"],
  ["inconclusive", [no("no span of MCP")], undefined],
] as const)("the verdict is %s of %j, and of a failure %j", ([verdict, findings, failure]) => {
  const all = findings.map((read: Finding) => proved({ read }));
  expect(verdictOf({ proved: all, ...(failure === undefined ? {} : { failure }) })).toBe(verdict);
});

test("a record alone proves nothing of the context", () => {
  expect(verdictOf({ proved: [proved({ recorded: yes("a span") })] })).toBe("inconclusive");
  expect(verdictOf({ proved: [proved({ recorded: no("a span", "wrong-status") })] })).toBe("failed");
});

test("in a row the worst answer stands, and says of how many messages it is the answer", () => {
  const findings = [yes("a"), notDue("b"), no("c"), no("d", "wrong-parent"), cannotTell("e")];
  const [row] = rowsOf(
    findings.map((read) => proved({ read })),
    () => ["all"],
  );
  expect(row?.messages).toBe(5);
  expect(row?.answers.read).toEqual({ finding: findings[3], messages: 2, due: 4 });
});

test("what is said of many messages is said once", () => {
  const remarks = remarksOf(
    [proved({ read: no("a", "not-extracted") }), proved({}), proved({ read: no("a", "not-extracted") })],
    ({ answer }) => answer === "no",
  );
  expect(remarks.map(({ question, of }) => [question, of.length])).toEqual([["read", 2]]);
});

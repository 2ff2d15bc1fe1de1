import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import type { RunResult } from "../../src/campaign/result.ts";
import { junitText } from "../../src/report/junit.ts";
import { runText } from "../../src/report/text.ts";
import { FAILED, LATE, runOf, suiteOf } from "./results.ts";
import type { XmlElement } from "./xml.ts";
import { parseXml } from "./xml.ts";

function onlyCase(run: RunResult): XmlElement | undefined {
  return parseXml(junitText(suiteOf(run))).children[0]?.children[0];
}

test("the strict reader refuses what is not well-formed", () => {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  for (const bad of ["<a>", "<a></b>", "<a/><b/>", '<a x="1" x="2"/>', "<a>&b;</a>", "<a>&</a>", '<a x="<"/>', "<a/>t"])
    expect(() => parseXml(head + bad), bad).toThrow();
});

test("a suite is a testsuite for each scenario and a testcase for each run", () => {
  const root = parseXml(junitText(suiteOf(FAILED, runOf({ seed: 8 }), runOf({ scenario: "other", file: null }))));
  expect(root).toMatchObject({
    name: "testsuites",
    attributes: { tests: "3", failures: "1", errors: "0", skipped: "0" },
  });
  expect(root.children.map(({ attributes, children }) => [attributes["name"], children.length])).toEqual([
    ["refund-handoff", 2],
    ["other", 1],
  ]);
});

test("a failed run is a failure with the first cause, and the whole report as its text", () => {
  const failure = onlyCase(FAILED)?.children[0];
  expect(failure).toMatchObject({
    name: "failure",
    attributes: { message: "refund.shape.yaml:7:13: tool refund is missing under agent billing", type: "failed" },
    text: runText(FAILED),
  });
});

test("a run that did not come to its end is an error", () => {
  const run = runOf({ verdict: "failed", failures: ["deadlock"] });
  expect(onlyCase(run)?.children[0]).toMatchObject({ name: "error", attributes: { message: "deadlock" } });
});

test("an inconclusive run is a failure of that type, never a pass", () => {
  expect(onlyCase(runOf({ verdict: "inconclusive" }))?.children[0]).toMatchObject({
    name: "failure",
    attributes: { type: "inconclusive" },
  });
});

test("a skipped run is skipped, with the reason", () => {
  const run = runOf({ verdict: "skipped", skipped: "needs Node 22" });
  expect(onlyCase(run)?.children[0]).toMatchObject({ name: "skipped", attributes: { message: "needs Node 22" } });
});

test("the line that repeats a run stands in its system-out", () => {
  const written = onlyCase(runOf())?.children.at(-1);
  expect(written).toMatchObject({
    name: "system-out",
    text: "troupe run scenarios/refund-handoff.scenario.ts --seed 7",
  });
});

test("what is noted of a run stands below the line that repeats it, escaped", () => {
  const written = onlyCase(runOf({ notes: ["agent solo did real I/O & more", "2 timers had not fired"] }))?.children.at(
    -1,
  );
  expect(written).toMatchObject({
    name: "system-out",
    text: [
      "troupe run scenarios/refund-handoff.scenario.ts --seed 7",
      "note: agent solo did real I/O & more",
      "note: 2 timers had not fired",
    ].join("\n"),
  });
});

test("each fault of a run is a line of its system-out", () => {
  const out = onlyCase(runOf({ faults: [LATE, LATE] }))?.children.at(-1);
  const line = "fault: delay 350 ms: reply tools/call lookup_order of triage to orders, occurrence 2";
  expect(out?.text.split("\n").slice(1)).toEqual([line, line]);
});

test("the report is well-formed whatever characters names and causes hold, and keeps those that XML allows", () => {
  assert(
    property(string({ unit: "binary" }), string({ unit: "grapheme" }), (scenario, failure) => {
      const run = runOf({ scenario, verdict: "failed", failures: [failure], trees: [] });
      const allowed = failure.replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}");
      expect(onlyCase(run)?.children[0]?.attributes["message"]).toBe(allowed);
    }),
  );
});

test.each(["\u0000", "\u001B", "\uD800", "\uFFFF"])("a character that XML forbids becomes U+FFFD: %j", (character) => {
  const run = runOf({ scenario: `a${character}b` });
  expect(onlyCase(run)?.attributes["name"]).toBe("a\uFFFDb seed 7 sim");
});

test("line ends and tabs of a cause come through an XML reader unchanged", () => {
  const failure = "two\nlines\r\nand\ta tab";
  const run = runOf({ verdict: "failed", failures: [failure] });
  expect(onlyCase(run)?.children[0]?.attributes["message"]).toBe(failure);
});

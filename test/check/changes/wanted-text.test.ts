import { expect, test } from "vitest";
import { parseWantedChanges } from "../../../src/check/changes/wanted-text.ts";
import { isTroupeError } from "../../../src/core/errors.ts";

function faultsOf(text: string): readonly string[] {
  try {
    parseWantedChanges(text, "changes.yaml");
  } catch (error) {
    if (isTroupeError(error)) return error.faults.map(({ where, what }) => `${where}: ${what}`);
    throw error;
  }
  return [];
}

test("lines of shapes are read with their counts, each under what happens to it", () => {
  const wanted = parseWantedChanges(
    `added:
  - tool check_fraud
  - agent fraud:
      - llm
removed:
  - handoff triage -> billing x1
moved:
  - tool lookup x2..3
changed:
  - llm gpt-5
`,
    "changes.yaml",
  );
  expect(wanted.map(({ word, line, count }) => [word, line, count.min, count.max])).toEqual([
    ["added", "tool check_fraud", 1, Number.POSITIVE_INFINITY],
    ["added", "agent fraud: [ llm ]", 1, Number.POSITIVE_INFINITY],
    ["removed", "handoff triage -> billing x1", 1, 1],
    ["moved", "tool lookup x2..3", 2, 3],
    ["changed", "llm gpt-5", 1, Number.POSITIVE_INFINITY],
  ]);
});

test.for([
  ["aded:\n  - tool x", ['changes.yaml: "aded" is nothing that happens to a step; did you mean "added"?']],
  ["added: tool x", ["changes.yaml, added: this is no list of lines"]],
  ["added: []", ["changes.yaml, added: this is no list of lines"]],
  ["- tool x", ["changes.yaml: it is no list of changes by what happens"]],
  ["", ["changes.yaml: it is no list of changes by what happens"]],
  ["added:\n  - any-order:\n      - tool x", ["changes.yaml, added[0]: this is no line for one step"]],
] as const)("%j is refused: %j", ([text, faults]) => {
  expect(faultsOf(text)).toEqual(faults);
});

test("all faults of a file are told at once", () => {
  expect(faultsOf("added:\n  - tol x\nremved:\n  - tool y\nchanged: 3")).toHaveLength(3);
});

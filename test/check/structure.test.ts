import { expect, test } from "vitest";
import type { CheckExpectation } from "../../src/check/expectation.ts";
import { noErrors, noOrphans, oneTrace } from "../../src/check/structure.ts";
import type { Tree } from "../../src/trace/tree.ts";
import { agent, tool, treesOf } from "./traces.ts";

function messages(expectation: CheckExpectation, trees: readonly Tree[]): readonly string[] {
  return expectation.judge({ trees, ledger: [], isComplete: true }).map(({ message }) => message);
}

test("one root with everything below it is one trace", () => {
  expect(messages(oneTrace(), treesOf(agent("triage", [tool("lookup")])))).toEqual([]);
});

test("oneTrace names a second trace by its root and id", () => {
  const traceId = "ffffffffffffffffffffffffffffffff";
  expect(messages(oneTrace(), treesOf(agent("triage"), agent("billing", [], { traceId })))).toEqual([
    `a second root: agent billing begins trace ${traceId} beside agent triage`,
  ]);
});

test("oneTrace names a second root in the same trace", () => {
  expect(messages(oneTrace(), treesOf(agent("triage"), agent("billing")))).toEqual([
    "a second root: agent billing begins the same trace beside agent triage",
  ]);
});

test("oneTrace names orphans before second roots", () => {
  const trees = treesOf(agent("triage"), agent("billing"), tool("refund", {}, [], { parentId: "00000000000000ff" }));
  expect(messages(oneTrace(), trees)).toEqual([
    "tool refund is an orphan: its parent 00000000000000ff is not above it in the trace",
    "a second root: agent billing begins the same trace beside agent triage",
  ]);
});

test("oneTrace does not hold where there is no trace", () => {
  expect(messages(oneTrace(), [])).toEqual(["there is no trace"]);
});

test("noOrphans allows several roots, and points at each orphan", () => {
  const orphan = tool("refund", {}, [], { id: "00000000000000aa", parentId: "00000000000000ff" });
  const trees = treesOf(agent("triage"), agent("billing"), orphan);
  const found = noOrphans().judge({ trees, ledger: [], isComplete: true });
  expect(found.map(({ found: place }) => place?.spanId)).toEqual(["00000000000000aa"]);
});

test("noErrors names the span where an error began before those that repeat it", () => {
  const refund = tool("refund", {}, [], { error: "card declined" });
  const trees = treesOf(agent("triage", [tool("lookup"), refund], { error: "tool failed" }));
  expect(messages(noErrors(), trees)).toEqual([
    "tool refund ended with an error: card declined",
    "agent triage ended with an error: tool failed",
  ]);
});

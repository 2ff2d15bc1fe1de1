import { expect, test } from "vitest";
import { calls, handsOff, maxTokens, noRepeatedCall } from "../../src/check/calls.ts";
import type { CheckExpectation } from "../../src/check/expectation.ts";
import type { Mismatch } from "../../src/trace/mismatch.ts";
import type { Tree } from "../../src/trace/tree.ts";
import { agent, handoff, llm, mcpServer, tool, treesOf } from "./traces.ts";

function found(expectation: CheckExpectation, trees: readonly Tree[]): readonly Mismatch[] {
  return expectation.judge({ trees, ledger: [], isComplete: true });
}

const TWO_LOOKUPS = treesOf(agent("triage", [tool("lookup", { id: 1, of: "a" }), tool("lookup", { of: "a", id: 1 })]));

test("calls holds when the agent made the call at least once", () => {
  expect(found(calls({ agent: "triage", tool: "lookup" }), TWO_LOOKUPS)).toEqual([]);
});

test("calls with times 0 forbids the call", () => {
  expect(found(calls({ tool: "lookup", times: 0 }), TWO_LOOKUPS)[0]).toMatchObject({
    kind: "forbidden",
    message: "tool lookup was called 2 times, expected tool lookup x0",
  });
});

test("calls with times 0 holds when the tool was never called", () => {
  expect(found(calls({ tool: "refund", times: 0 }), TWO_LOOKUPS)).toEqual([]);
});

test("calls with max 0 is a bound, and not the lack of one", () => {
  expect(found(calls({ tool: "lookup", times: { max: 0 } }), TWO_LOOKUPS)).toHaveLength(1);
});

test("calls points at the first call beyond the most that is allowed", () => {
  const [mismatch] = found(calls({ tool: "lookup", times: { max: 1 } }), TWO_LOOKUPS);
  expect(mismatch).toMatchObject({ kind: "too-many", found: { spanId: "0000000000000003" } });
});

test("calls of an agent that did not make it names the agent that did", () => {
  expect(found(calls({ agent: "billing", tool: "lookup" }), TWO_LOOKUPS)[0]?.message).toBe(
    "tool lookup was never called, expected agent billing: tool lookup; agent triage called tool lookup",
  );
});

test("calls of a tool that nobody called offers the nearest", () => {
  expect(found(calls({ tool: "lookup_" }), TWO_LOOKUPS)[0]?.message).toContain("the nearest tool called is lookup");
});

test("calls on a server is decided by the server that answered", () => {
  const trees = treesOf(agent("triage", [tool("lookup", {}, [mcpServer("tools/call", "lookup", "orders")])]));
  expect(found(calls({ tool: "lookup", server: "orders" }), trees)).toEqual([]);
  expect(found(calls({ tool: "lookup", server: "payments" }), trees)).toHaveLength(1);
});

test("noRepeatedCall takes arguments in another order for the same arguments", () => {
  expect(found(noRepeatedCall({ max: 1 }), TWO_LOOKUPS)[0]).toMatchObject({
    kind: "too-many",
    message: 'tool lookup was called 2 times by triage with {"id":1,"of":"a"}, at most 1 allowed',
    found: { spanId: "0000000000000003" },
  });
});

test("noRepeatedCall allows as many as its maximum", () => {
  expect(found(noRepeatedCall({ max: 2 }), TWO_LOOKUPS)).toEqual([]);
});

test("noRepeatedCall with max 0 allows no call at all", () => {
  expect(found(noRepeatedCall({ max: 0 }), treesOf(agent("a", [tool("x", {})])))).toHaveLength(1);
});

test("noRepeatedCall counts each agent apart", () => {
  const trees = treesOf(agent("a", [tool("x", {}), agent("b", [tool("x", {})])]));
  expect(found(noRepeatedCall({ max: 1 }), trees)).toEqual([]);
});

test("noRepeatedCall cannot decide when arguments were not recorded", () => {
  const trees = treesOf(agent("a", [tool("x"), tool("x")]));
  expect(found(noRepeatedCall({ max: 1 }), trees).map(({ kind }) => kind)).toEqual(["undecided"]);
});

test("handsOff holds when the handoff is in the trace", () => {
  expect(found(handsOff("triage", "billing"), treesOf(agent("triage", [handoff("triage", "billing")])))).toEqual([]);
});

test("handsOff tells the handoffs that it saw instead", () => {
  const trees = treesOf(agent("triage", [handoff("triage", "billing")]));
  expect(found(handsOff("billing", "triage"), trees)[0]?.message).toBe(
    "billing never handed off to triage; seen: triage -> billing",
  );
});

test("maxTokens adds up the model calls of all traces", () => {
  const trees = treesOf(agent("a", [llm("gpt", 100, 20), llm("gpt", 5, 5)]));
  expect(found(maxTokens(130), trees)).toEqual([]);
  expect(found(maxTokens(129), trees)[0]?.message).toBe("130 tokens were used (105 in, 25 out), at most 129 allowed");
});

test("maxTokens 0 is a bound, and not the lack of one", () => {
  expect(found(maxTokens(0), treesOf(agent("a", [llm("gpt", 1, 0)])))).toHaveLength(1);
});

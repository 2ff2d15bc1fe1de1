import { expect, test } from "vitest";
import { lackOf } from "../../src/run/live/closed.ts";
import { span } from "../trace/spans.ts";

const call = span("c1", undefined, {
  attributes: { "troupe.harness": true, "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "support" },
});

test("a tree is closed once every message is continued, every parent is there, and every span has ended", () => {
  const others = [span("a", "c1"), span("b", "a")];
  expect(lackOf([call], others)).toEqual({ parents: [], words: [] });
});

test("a message that nothing continues is lacking, with the context that was sent", () => {
  const { words } = lackOf([call], []);
  expect(words).toEqual([`nothing continues the message to agent "support" (traceparent 00-${call.traceId}-c1-01)`]);
});

test("a message that failed may have reached nobody, and is waited for by nobody", () => {
  expect(lackOf([{ ...call, status: { code: "error" } }], []).words).toEqual([]);
});

test("a parent that did not come is named once, however many name it, and its children do not continue the message", () => {
  const { parents, words } = lackOf([call], [span("b", "lost"), span("c", "lost")]);
  expect(parents).toEqual(["lost"]);
  expect(words[0]).toMatch(/^nothing continues the message/);
  expect(words[1]).toMatch(/^1 parent of "b" \(.*\) and 1 other span did not come: lost$/);
});

test("a span that hangs deeper continues the message too, and parents in a circle end the search", () => {
  const inner = span("c2", "c1");
  expect(lackOf([call, inner], [span("a", "c2")]).words).toEqual([]);
  expect(lackOf([], [span("x", "y"), span("y", "x")]).words).toEqual([]);
});

test("a span that a store shows before it has ended keeps the tree open", () => {
  const { endTimeUnixNano: _end, ...open } = span("a", "c1");
  expect(lackOf([call], [open]).words).toEqual([expect.stringMatching(/^"a" \(.*\) has not ended$/)]);
});

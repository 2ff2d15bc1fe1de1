import { expect, test } from "vitest";
import type { Span } from "../../src/trace/span.ts";
import { trajectoriesOf } from "../../src/trace/trajectory.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { agent, at, chat, span, tool } from "./spans.ts";

const steps = (spans: readonly Span[]): unknown =>
  trajectoriesOf(buildTrees(spans)).map((trajectory) => [
    trajectory.agent,
    trajectory.steps.map(({ kind, name, number }) => `${number} ${kind} ${name}`),
  ]);

const client = (start: bigint, id: string, attributes: Span["attributes"]): Span =>
  span(id, "a", { startTimeUnixNano: start, spanKind: "client", attributes });

const handoff = {
  ...tool("handoff"),
  "gen_ai.agent.handoff.source.name": "a",
  "gen_ai.agent.handoff.target.name": "b",
};
const read = { "mcp.method.name": "resources/read", "mcp.resource.uri": "orders://1" };

test("each agent has its own steps, in the order of their start", () => {
  const spans = [
    at(1n, "a", undefined, agent("a")),
    at(2n, "a1", "a", chat()),
    at(3n, "a2", "a", handoff),
    at(4n, "b", "a2", agent("b")),
    at(5n, "b1", "b", tool("refund")),
    at(6n, "b2", "b", chat()),
  ];
  expect(steps(spans)).toEqual([
    ["a", ["1 llm small", "2 handoff a -> b"]],
    ["b", ["1 tool refund", "2 llm small"]],
  ]);
});

test("asking another agent, reading a resource and getting a prompt are steps", () => {
  const prompt = { "mcp.method.name": "prompts/get", "gen_ai.prompt.name": "greeting" };
  const ask = { "a2a.method.name": "SendMessage", "gen_ai.agent.name": "risk" };
  const spans = [
    at(1n, "a", undefined, agent("a")),
    client(2n, "x", ask),
    client(3n, "y", read),
    client(4n, "z", prompt),
  ];
  expect(steps(spans)).toEqual([["a", ["1 ask risk", "2 resource orders://1", "3 prompt greeting"]]]);
});

test("the recorded number is kept, and where none is recorded steps are counted", () => {
  const recorded = { ...chat(), "agent.trajectory.step": 7 };
  const spans = [at(1n, "a", undefined, agent("a")), at(2n, "x", "a", recorded), at(3n, "y", "a", chat())];
  expect(steps(spans)).toEqual([["a", ["7 llm small", "2 llm small"]]]);
});

test("numbers run over all traces of a run", () => {
  const second = { traceId: "t2", startTimeUnixNano: 9n };
  const spans = [
    at(1n, "a", undefined, agent("a")),
    at(2n, "x", "a", chat()),
    span("a", undefined, { ...second, attributes: agent("a") }),
    span("y", "a", { ...second, attributes: tool("refund") }),
  ];
  expect(steps(spans)).toEqual([["a", ["1 llm small", "2 tool refund"]]]);
});

test("a model call that two layers record is one step, and a tool under it is another", () => {
  const spans = [
    at(1n, "a", undefined, agent("a")),
    at(2n, "outer", "a", chat(5, 1)),
    at(3n, "inner", "outer", chat(5, 1)),
    at(4n, "refund", "outer", tool("refund")),
    at(5n, "inside", "refund", chat(2, 2)),
  ];
  expect(steps(spans)).toEqual([["a", ["1 llm small", "2 tool refund", "3 llm small"]]]);
});

test("a tool call and the MCP request under it are one step", () => {
  const request = { "mcp.method.name": "tools/call", "gen_ai.tool.name": "refund" };
  const spans = [
    at(1n, "a", undefined, agent("a")),
    at(2n, "x", "a", tool("refund")),
    span("y", "x", { startTimeUnixNano: 3n, spanKind: "client", attributes: request }),
  ];
  expect(steps(spans)).toEqual([["a", ["1 tool refund"]]]);
});

test("what a server does for its caller is no step of the caller's", () => {
  const call = { "mcp.method.name": "tools/call", "gen_ai.tool.name": "refund" };
  const spans = [
    at(1n, "a", undefined, agent("a")),
    at(2n, "x", "a", tool("refund")),
    span("served", "x", { startTimeUnixNano: 3n, spanKind: "server", attributes: call }),
    at(4n, "own", "served", chat()),
  ];
  expect(steps(spans)).toEqual([
    ["a", ["1 tool refund"]],
    [null, ["1 llm small"]],
  ]);
});

test("a step without an agent above it belongs to the one it names", () => {
  expect(steps([at(1n, "x", "gone", { ...tool("refund"), "gen_ai.agent.name": "b" })])).toEqual([
    ["b", ["1 tool refund"]],
  ]);
});

test("a tool that calls another tool takes two steps", () => {
  const spans = [
    at(1n, "a", undefined, agent("a")),
    at(2n, "x", "a", tool("refund")),
    at(3n, "y", "x", tool("lookup")),
  ];
  expect(steps(spans)).toEqual([["a", ["1 tool refund", "2 tool lookup"]]]);
});

test("steps that start together stand in the order of their recorded numbers", () => {
  const step = (name: string, number: number): Span["attributes"] => ({
    ...tool(name),
    "agent.trajectory.step": number,
  });
  const spans = [at(1n, "a", undefined, agent("a")), at(2n, "x", "a", step("a", 10)), at(2n, "y", "a", step("b", 2))];
  expect(steps(spans)).toEqual([["a", ["2 tool b", "10 tool a"]]]);
});

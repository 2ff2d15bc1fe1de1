import { expect, test } from "vitest";
import { trajectoryOf } from "../../src/recording/trajectory.ts";
import { turnsDuring } from "../../src/recording/turns.ts";
import { ATTR } from "../../src/trace/conventions.ts";
import type { Span } from "../../src/trace/span.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { span } from "../trace/spans.ts";

const TRACES = ["a".repeat(32), "b".repeat(32)] as const;

function at(start: bigint, given: Span): Span {
  return { ...given, startTimeUnixNano: start, endTimeUnixNano: start + 1n };
}

/** Troupe's own spans of three turns, which begin at 10, 20 and 30. */
const MARKS = [1, 2, 3].map((turn) =>
  at(
    BigInt(turn * 10),
    span(`${turn}`.repeat(16), undefined, { attributes: { [ATTR.harness]: true, [ATTR.turn]: turn } }),
  ),
);

function agentAt(start: bigint, spanId: string, traceId: string): Span {
  const attributes = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": spanId[0] ?? "" };
  return at(start, span(spanId.repeat(16), undefined, { traceId, name: "invoke_agent", attributes }));
}

/** What was written: which span stands under which turn, in which trace. */
function written(work: readonly Span[]): readonly (readonly unknown[])[] {
  const { spans } = trajectoryOf(turnsDuring(buildTrees([...MARKS, ...work]), MARKS));
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans.map(({ name, traceId, parentSpanId = "" }) => [name, names.get(parentSpanId), traceId[0]]);
}

test("work beside the turns is of the turn in which it began, and a turn without any is one too", () => {
  expect(written([agentAt(10n, "c", TRACES[0]), agentAt(39n, "d", TRACES[0])])).toEqual([
    ["turn 1", undefined, "a"],
    ["invoke_agent c", "turn 1", "a"],
    ["turn 2", undefined, "a"],
    ["turn 3", undefined, "a"],
    ["invoke_agent d", "turn 3", "a"],
  ]);
});

test("traces stay apart, each with its own turns under their numbers", () => {
  const work = [agentAt(11n, "c", TRACES[0]), agentAt(21n, "d", TRACES[0]), agentAt(22n, "e", TRACES[1])];
  expect(written(work)).toEqual([
    ["turn 1", undefined, "a"],
    ["invoke_agent c", "turn 1", "a"],
    ["turn 2", undefined, "a"],
    ["invoke_agent d", "turn 2", "a"],
    ["turn 2", undefined, "b"],
    ["invoke_agent e", "turn 2", "b"],
  ]);
});

test("where nobody leaves a span there are the turns", () => {
  expect(written([]).map(([name]) => name)).toEqual(["turn 1", "turn 2", "turn 3"]);
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { randomStream } from "../../../src/core/random.ts";
import { inferShape } from "../../../src/shape/infer/infer.ts";
import { refreshShape } from "../../../src/shape/infer/refresh.ts";
import { matchShape } from "../../../src/shape/match/match.ts";
import { printShape } from "../../../src/shape/print.ts";
import { refusalsOf } from "../../../src/shape/text/refusal.ts";
import { parseShape } from "../../../src/shape/text/parse.ts";
import type { Tree } from "../../../src/trace/tree.ts";
import { randomForest, randomShape } from "../random-shape.ts";
import { sketch, treeOf } from "../sketch.ts";
import { draftForest } from "./forests.ts";

/** The text of a shape after it was refreshed from runs of one trace each. */
function refreshed(text: string, ...runs: readonly string[]): string {
  const trees = runs.map((run) => [sketch(run)]);
  const shape = refreshShape(parseShape(text, "f.yaml"), trees);
  for (const run of trees) expect(matchShape(shape, run).verdict).toBe("matched");
  const printed = printShape(shape);
  expect(printShape(parseShape(printed, "f.yaml"))).toBe(printed);
  return printed;
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

test("a shape that still matches is returned as it is", () => {
  const shape = parseShape("- agent a:\n    - tool *_order\n", "f.yaml");
  expect(refreshShape(shape, [[sketch("agent a(tool get_order)")]])).toBe(shape);
});

test("only the list that does not hold is inferred, and the lines above it stay as they were written", () => {
  const text = lines(
    "shape: a title",
    "children: exactly",
    "trace:",
    "  - agent /^tri/:",
    "      - parallel:",
    "          - tool *_a {k = v}",
    "          - agent b {duration < 2s}:",
    "              - llm m",
    "          - agent c",
    "      - never: tool delete",
  );
  expect(refreshed(text, "agent triage 0-9(tool x_a {k=v} 0-5, agent b 0-4(llm m, tool t), agent c 1-3)")).toBe(
    text.replace("- llm m\n", "- llm m\n              - tool t\n"),
  );
});

test("lines that still fit stay in a list that is inferred anew, with their predicates and what is below them", () => {
  const text = lines(
    "children: exactly",
    "trace:",
    "  - agent a:",
    "      - llm",
    "      - tool *_order {k = v}:",
    "          - mcp.server *",
    "      - tool gone",
  );
  expect(refreshed(text, "agent a(tool get_order {k=v}(mcp.server tools), llm m, tool new)")).toBe(
    lines(
      "children: exactly",
      "trace:",
      "  - agent a:",
      "      - tool *_order {k = v}:",
      "          - mcp.server *",
      "      - llm",
      "      - tool new",
    ),
  );
});

test("where only the head fits, it stays and what is below it is inferred anew", () => {
  const text =
    "- agent a:\n    - exactly:\n        - tool t {k = v}:\n            - exactly:\n                - llm m\n";
  expect(refreshed(text, "agent a(tool t {k=v}(llm n))")).toBe(
    text.replace("- llm m\n", "- llm n:\n                    - exactly: []\n"),
  );
});

test("of the predicates of a line those stay that still hold", () => {
  expect(refreshed("- agent a:\n    - tool t {k = v, m < 3, !retry}\n", "agent a(tool t {k=w; m=2})")).toBe(
    "- agent a:\n    - tool t {m < 3, !retry}\n",
  );
});

test("a never that still holds stays, and one that does not goes", () => {
  const text = "- agent a:\n    - tool t\n    - never: tool u\n    - never: tool v\n";
  expect(refreshed(text, "agent a(tool t, tool v)")).toBe("- agent a:\n    - tool t\n    - never: tool u\n");
});

test("a count is opened as far as it must be", () => {
  const text = "- agent a:\n    - tool t x1..2\n    - llm\n";
  expect(refreshed(text, "agent a(tool t, tool t, tool t, llm m)", "agent a(tool t, llm m)")).toBe(
    text.replace("x1..2", "x1..3"),
  );
});

test("a group that nothing speaks against stays when one of its lines goes", () => {
  const text = "- agent a:\n    - any-order:\n        - tool t\n        - tool u\n        - llm gone\n";
  expect(refreshed(text, "agent a(tool u, tool t)")).toBe(text.replace("        - llm gone\n", ""));
});

test("in contain, what is new gets no line, but for what may be the new name of a line that is gone", () => {
  expect(refreshed("- agent a:\n    - llm\n    - tool t\n", "agent a(llm m, tool u(llm m), retrieval r)")).toBe(
    "- agent a:\n    - llm\n    - tool u\n",
  );
});

test("lines at any depth stay", () => {
  const text = "- agent a:\n    - //tool t\n    - llm gone\n    - //tool u\n";
  expect(refreshed(text, "agent a(agent b(tool t), agent c(tool u))")).toBe(
    "- agent a:\n    - //tool t\n    - //tool u\n",
  );
});

test("definitions that are still used stay", () => {
  const text = lines(
    "define:",
    "  worker:",
    "    - agent w:",
    "        - llm",
    "trace:",
    "  - agent a:",
    "      - <worker>",
    "      - tool t",
  );
  expect(refreshed(text, "agent a(agent w(llm m))")).toBe(text.replace("      - tool t\n", ""));
  expect(refreshed(text, "agent a(tool t)")).toBe("- agent a:\n    - tool t\n");
});

test("each trace is refreshed by itself", () => {
  const text = lines(
    "traces:",
    "  - trace:",
    "      - agent a:",
    "          - tool *",
    "  - trace x1..2:",
    "      - agent b:",
    "          - tool t",
  );
  const trees = (...runs: readonly string[]): readonly Tree[] => runs.map((run) => sketch(run));
  const shape = refreshShape(parseShape(text, "f.yaml"), [
    trees("agent a(tool x)", "agent b(tool u)", "agent b(tool u)", "agent b(tool u)"),
  ]);
  expect(printShape(shape)).toBe(text.replace("x1..2", "x1..3").replace("tool t", "tool u"));
});

test("a link that still holds stays, and one that leads nowhere goes", () => {
  const text = "- agent a:\n    - tool t\n    - llm gone\n";
  expect(refreshed(text.replace("- tool t", "- tool t:\n        - link: agent b"), "agent a(tool t)")).toBe(
    "- agent a:\n    - tool t\n",
  );
});

test("whatever the shape and the runs, the refreshed shape matches them and reads back", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = randomStream(seed, "refresh");
      const shape = random.chance(0.5) ? randomShape(random, 8) : inferShape([[treeOf(draftForest(random, 8))]]);
      const runs = Array.from({ length: random.integer(1, 3) }, () => [treeOf(randomForest(random, 8))]);
      const fresh = refreshShape(shape, runs);
      for (const run of runs) expect(matchShape(fresh, run).verdict).toBe("matched");
      expect([fresh.title, fresh.children]).toEqual([shape.title, shape.children]);
      if (fresh !== shape) expect(refusalsOf(fresh)).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { randomStream, type Random } from "../../../src/core/random.ts";
import { inferShape } from "../../../src/shape/infer/infer.ts";
import { matchShape } from "../../../src/shape/match/match.ts";
import { printShape } from "../../../src/shape/print.ts";
import { parseShape } from "../../../src/shape/text/parse.ts";
import type { Tree } from "../../../src/trace/tree.ts";
import { randomForest } from "../random-shape.ts";
import type { Sketch } from "../sketch.ts";
import { sketch, treeOf } from "../sketch.ts";
import { draftForest, EDITS, formOf, isInOrder, listsOf, type Draft } from "./forests.ts";

/** The text that is inferred from runs of one trace each, without its header. */
function inferred(...runs: readonly string[]): string {
  const text = printShape(inferShape(runs.map((run) => [sketch(run)])));
  return text.replace("children: exactly\ntrace:\n", "").replaceAll(/^ {2}/gm, "");
}

function verdictOf(from: readonly Tree[], of: readonly Tree[]): string {
  return matchShape(inferShape([from]), of).verdict;
}

function overSeeds(claim: (random: Random) => void): void {
  fc.assert(fc.property(fc.integer(), (seed) => claim(randomStream(seed, "infer"))));
}

function shuffled(forest: readonly Sketch[], random: Random): readonly Sketch[] {
  const rest = [...forest];
  const drawn: Sketch[] = [];
  while (rest.length > 0) drawn.push(...rest.splice(random.integer(0, rest.length - 1), 1));
  return drawn.map((each) => ({ ...each, children: shuffled(each.children ?? [], random) }));
}

/** A forest, and the same run again with some edits. */
function randomRuns(random: Random, runs: number): readonly (readonly Tree[])[] {
  const forest = draftForest(random, 10);
  return Array.from({ length: runs }, () => {
    const edited = structuredClone(forest);
    for (let edits = random.integer(0, 3); edits > 0 && edited.length > 0; edits--)
      random.pick(Object.values(EDITS))(edited, random);
    return [treeOf(edited)];
  });
}

test("what ended before the next began is in order, and what overlaps is in any order", () => {
  expect(inferred("agent a @s 0-9(llm m @s 0-1, tool b @s 1-5, tool a @s 2-3, llm m @s 6-7)")).toBe(
    [
      "- agent a @s:",
      "    - llm m",
      "    - any-order:",
      "        - tool a",
      "        - tool b",
      "    - llm m",
      "",
    ].join("\n"),
  );
});

test("a span that names no service is told from one that has the service of its parent", () => {
  const lines = ["- agent a @s:", "    - tool b", '    - tool b @""', ""];
  expect(inferred("agent a @s 0-9(tool b @s 1-2, tool b 3-4)")).toBe(lines.join("\n"));
});

test("siblings that start at once are in any order", () => {
  expect(inferred("agent a 0-9(tool b 0-0, tool a 0-0)")).toContain("any-order");
});

test("equal neighbours are counted, and three equal rounds are a loop", () => {
  expect(inferred("agent a(tool t, tool t, llm m, tool t, llm m, tool t, llm m, tool t)")).toBe(
    ["- agent a:", "    - tool t x2", "    - in-order x3:", "        - llm m", "        - tool t", ""].join("\n"),
  );
  expect(inferred("agent a(llm m, tool t, llm m, tool t)")).not.toContain("in-order");
});

test("members that differ anywhere below are not counted together", () => {
  expect(inferred("agent a(tool t(llm m), tool t)")).toBe(
    ["- agent a:", "    - tool t:", "        - llm m", "    - tool t", ""].join("\n"),
  );
});

test("a leaf may have no children", () => {
  expect(verdictOf([sketch("agent a(llm m)")], [sketch("agent a(llm m(tool t))")])).toBe("mismatched");
});

test("transparent spans are left out, and what is below them stands in their place", () => {
  expect(inferred("~workflow w(~turn 1(agent a(http GET /(tool t))))")).toBe("- agent a:\n    - tool t\n");
});

test("a service is named where it differs from the parent's", () => {
  expect(inferred("agent a @s(tool t @s(mcp.server x @o))")).toBe(
    "- agent a @s:\n    - tool t:\n        - mcp.server x @o\n",
  );
});

test("of attributes there are errors, and the step of a tool that stands alone in its order", () => {
  const runs = "agent a(tool t {agent.trajectory.step=2; status=error; error.type=timeout; order=A}, llm m)";
  expect(inferred(runs)).toContain("- tool t {status = error, error.type = timeout}\n");
  const tool = (start: number, step: number): Sketch => {
    return { kind: "tool", name: `t${start}`, start, end: start + 2, attributes: { "agent.trajectory.step": step } };
  };
  const stepsOf = (...children: readonly Sketch[]): readonly string[] => {
    const text = printShape(inferShape([[treeOf([{ kind: "agent", name: "a", start: 0, end: 9, children }])]]));
    return text.match(/step = \d/g) ?? [];
  };
  expect(stepsOf(tool(0, 1), tool(3, 2))).toEqual(["step = 1", "step = 2"]);
  expect(stepsOf(tool(0, 1), tool(1, 2))).toEqual([]);
});

test.for([
  ["report-3f2504e0-4f89-11d3-9a0c-0305e82c3301", "report-[uuid]"],
  ["load 9f86d081884c7d65", "load [hex]"],
  ["order 20241 of call_a8Xk20fLm3", "order [number] of call_[id]"],
  ["backup 2026-11-21T10:00:00Z", "backup [time]"],
  ["get_v2 of 1234", "get_v2 of 1234"],
  ["decorated facade", "decorated facade"],
  ["all * and [uuid] 123456", '"all * and [uuid] 123456"'],
] as const)("the name %j becomes %j", ([name, line]) => {
  const shape = inferShape([[treeOf([{ kind: "tool", name, start: 0 }])]]);
  expect(printShape(shape)).toContain(`- tool ${line}\n`);
  expect(matchShape(shape, [treeOf([{ kind: "tool", name, start: 0 }])]).verdict).toBe("matched");
});

test("a date in the name of a model is no id", () => {
  expect(inferred("llm claude-sonnet-20241022")).toBe("- llm claude-sonnet-20241022\n");
});

test("a tree matches the shape that is inferred from it", () => {
  overSeeds((random) => {
    const trees = [treeOf(randomForest(random, 14))];
    expect(verdictOf(trees, trees)).toBe("matched");
  });
});

test.for(Object.entries(EDITS))("it is caught when %s", ([, edit]) => {
  overSeeds((random) => {
    const forest = draftForest(random, 10);
    if (forest.length === 0) return;
    const edited = structuredClone(forest);
    edit(edited, random);
    const [before, after] = [treeOf(forest), treeOf(edited)];
    if (formOf(before.roots) !== formOf(after.roots)) expect(verdictOf([before], [after])).toBe("mismatched");
  });
});

test("it is caught when two siblings change places that were in order and are not of one form", () => {
  let swaps = 0;
  overSeeds((random) => {
    const forest = draftForest(random, 10);
    const formOfOne = (draft: Draft): string => formOf(treeOf([draft]).roots);
    for (const list of listsOf(forest)) {
      const [a, b] = [list[random.integer(0, list.length)], list[random.integer(0, list.length)]];
      if (a === undefined || b === undefined || formOfOne(a) === formOfOne(b) || !isInOrder(list, a, b)) continue;
      const before = treeOf(forest);
      const times = { start: a.start, end: a.end };
      Object.assign(a, { start: b.start, end: b.end });
      Object.assign(b, times);
      expect(verdictOf([before], [treeOf(forest)])).toBe("mismatched");
      swaps++;
    }
  });
  expect(swaps).toBeGreaterThan(0);
});

test("neither ids nor the order in which spans come change what is inferred", () => {
  overSeeds((random) => {
    const runs = Array.from({ length: random.integer(1, 3) }, () => randomForest(random, 10));
    const text = printShape(inferShape(runs.map((run) => [treeOf(run)])));
    const others = runs.map((run) => [treeOf(shuffled(run, random), "other", 100)]);
    expect(printShape(inferShape(others))).toBe(text);
    expect(printShape(inferShape(others.toReversed()))).toBe(text);
  });
});

test("what is inferred reads back as it was printed", () => {
  overSeeds((random) => {
    const text = printShape(inferShape(randomRuns(random, random.integer(1, 4))));
    expect(printShape(parseShape(text, "f.yaml"))).toBe(text);
  });
});

test("a deep and a wide trace are inferred without end of stack", { timeout: 30_000 }, () => {
  let deep: Sketch = { kind: "llm", name: "m", start: 0 };
  for (let depth = 0; depth < 3000; depth++)
    deep = { kind: "agent", name: `a${depth % 3}`, start: 0, children: [deep] };
  const children = Array.from({ length: 20_000 }, (_, index): Sketch => {
    return { kind: "tool", name: `t${index % 7}`, start: index };
  });
  for (const root of [deep, { kind: "agent", name: "a", start: 0, children } as const]) {
    expect(verdictOf([treeOf([root])], [treeOf([root])])).toBe("matched");
  }
});

test("where too many start at once to decide their order, that list has none, and the others keep theirs", () => {
  const tied = Array.from({ length: 200 }, (_, index): Sketch => {
    return { kind: "tool", name: `t-${index % 50}x`, start: index >> 4 };
  });
  const trees = [
    treeOf([
      { kind: "agent", name: "a", start: 0, end: 99, children: tied },
      { kind: "llm", name: "m", start: 99 },
    ]),
  ];
  const text = printShape(inferShape([trees]));
  expect(text).toMatch(/^children: exactly\ntrace:\n {2}- agent a:\n {6}- any-order:\n[^]*\n {2}- llm m\n/);
  expect(text).toContain("tool t-0x x4");
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { randomStream, type Random } from "../../../src/core/random.ts";
import { listOver } from "../../../src/shape/infer/build.ts";
import { evidenceOf } from "../../../src/shape/infer/evidence.ts";
import { inferShape } from "../../../src/shape/infer/infer.ts";
import { layOut } from "../../../src/shape/infer/layout.ts";
import { matchShape } from "../../../src/shape/match/match.ts";
import { printShape } from "../../../src/shape/print.ts";
import type { Tree } from "../../../src/trace/tree.ts";
import { randomForest } from "../random-shape.ts";
import { sketch, treeOf } from "../sketch.ts";
import { draftForest, EDITS } from "./forests.ts";

/** What is inferred under `agent a` from runs of one trace each. */
function inferred(...runs: readonly string[]): string {
  const text = printShape(inferShape(runs.map((run) => [sketch(`agent a 0-99(${run})`)])));
  return text.replace("children: exactly\ntrace:\n  - agent a:\n", "").replaceAll(/^ {6}/gm, "");
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

function overSeeds(claim: (random: Random) => void): void {
  fc.assert(fc.property(fc.integer(), (seed) => claim(randomStream(seed, "infer runs"))));
}

/** One trace, and the same again with some edits. */
function editedRuns(random: Random, count: number): readonly (readonly Tree[])[] {
  const forest = draftForest(random, 12);
  return Array.from({ length: count }, () => {
    const edited = structuredClone(forest);
    for (let edits = random.integer(0, 3); edits > 0 && edited.length > 0; edits--)
      random.pick(Object.values(EDITS))(edited, random);
    return [treeOf(edited)];
  });
}

/** Runs that are rows of few sorts of spans, some of which overlap. */
function randomRows(random: Random): readonly (readonly Tree[])[] {
  return Array.from({ length: random.integer(2, 4) }, () => {
    const row = Array.from({ length: random.integer(0, 8) }, (_, index) => {
      const end = index + random.pick([1, 1, 1, 2]);
      return { kind: "tool", name: random.pick(["a", "b", "c", "d"]), start: index, end } as const;
    });
    return [treeOf(row)];
  });
}

function unmatched(runs: readonly (readonly Tree[])[]): readonly string[] {
  const shape = inferShape(runs);
  return runs.map((trees) => matchShape(shape, trees).verdict).filter((verdict) => verdict !== "matched");
}

test("what came a different number of times is counted as seen, and what was not always there is optional", () => {
  expect(inferred("llm m, tool t, tool t, tool u", "llm m, tool t, tool t, tool t")).toBe(
    lines("- llm m", "- tool t x2..3", "- tool u x0..1"),
  );
});

test("an order that one run speaks against is none, and the order around it stays", () => {
  expect(inferred("llm m, tool t, tool u, llm n", "llm m, tool u, tool t, llm n")).toBe(
    lines("- llm m", "- any-order:", "    - tool t", "    - tool u", "- llm n"),
  );
});

test("keys that other keys tie into a circle are in any order", () => {
  expect(inferred("llm m, tool t, tool u", "llm m, tool u, tool v", "llm m, tool v, tool t")).toContain("any-order");
});

test("a loop keeps its body, and its rounds are counted as seen", () => {
  expect(inferred("llm m, tool t, llm m, tool t, llm m", "llm m, tool t, llm m", "llm m")).toBe(
    lines("- in-order x0..2:", "    - llm m", "    - tool t", "- llm m"),
  );
  expect(inferred("llm m, tool t, tool t, llm m, tool t, llm m", "llm m, tool t, llm m")).toBe(
    lines("- in-order x1..2:", "    - llm m", "    - tool t x1..2", "- llm m"),
  );
});

test("runs that went different ways between the same steps have a choice there", () => {
  expect(inferred("llm m, tool t, llm n", "llm m, tool u, tool v, llm n", "llm m, llm n")).toBe(
    lines(
      "- llm m",
      "- one-of x0..1:",
      "    - tool t",
      "    - in-order:",
      "        - tool u",
      "        - tool v",
      "- llm n",
    ),
  );
});

test("more than four ways are left open", () => {
  const runs = ["t", "u", "v", "w", "x"].map((name) => `llm m, tool ${name}, llm n`);
  expect(inferred(...runs.slice(1))).toContain("one-of");
  expect(inferred(...runs)).toBe(lines("- llm m", "- ...", "- llm n"));
});

test("names that never met and differ in one token of data become one, other names do not", () => {
  expect(inferred("tool fetch box-12", "tool fetch box-7")).toBe(lines("- tool fetch box-[number]"));
  expect(inferred("tool fetch box-a1", "tool fetch box-b2")).toBe(lines("- tool fetch box-[id]"));
  expect(inferred("mcp.client read x://harbour/a", "mcp.client read x://mill/a")).toBe(
    lines("- mcp.client read x://[id]/a"),
  );
  expect(inferred("tool get_invoice", "tool get_contract")).toContain("one-of");
  expect(inferred("tool box-1, tool box-2", "tool box-3")).not.toContain("[");
  expect(inferred("tool box-1, tool box-2", "tool box-1")).toBe(lines("- tool box-1", "- tool box-2 x0..1"));
});

test("what all runs agree on stays as exact as one run makes it", () => {
  const same = "tool t {status=error}, tool t, agent b(llm m, llm n)";
  expect(inferred(`${same}, tool u`, same)).toBe(
    lines("- tool t {status = error}", "- tool t", "- agent b:", "    - llm m", "    - llm n", "- tool u x0..1"),
  );
});

test("what is below siblings that start at once is compared in no order", () => {
  expect(inferred("tool t 0-5(llm m), tool t 0-5, tool u 6-7", "tool t 0-5, tool t 0-5(llm m)")).toBe(
    lines("- any-order:", "    - tool t", "    - tool t:", "        - llm m", "- tool u x0..1").replace(
      "    - tool t\n    - tool t:\n        - llm m\n",
      inferred("tool t 0-5(llm m), tool t 0-5").replace("- any-order:\n", ""),
    ),
  );
});

test("of predicates those stay that hold in all runs", () => {
  expect(inferred("tool t {status=error; error.type=timeout}", "tool t {status=error; error.type=lost}")).toBe(
    lines("- tool t {status = error}"),
  );
});

test("runs of several traces have a body for each, and equal ones are counted", () => {
  const run = (...traces: readonly string[]): readonly Tree[] => traces.map(sketch);
  const text = printShape(inferShape([run("agent a(llm m)", "agent a(llm m)", "agent a(llm m, tool t)")]));
  expect(text).toMatch(
    /^children: exactly\ntraces:\n {2}- trace x2:\n {6}- agent a:[^]*\n {2}- trace:\n {6}- agent a:/,
  );
  const counted = printShape(inferShape([run("agent a", "agent a", "agent b"), run("agent b", "agent a")]));
  expect(counted).toMatch(/- trace x1\.\.2:\n {6}- agent a\n[^]*- trace:\n {6}- agent b\n/);
  const trees = run("agent a(llm m)", "agent a(llm m)", "agent a(llm m, tool t)");
  expect(unmatched([trees])).toEqual([]);
  expect(unmatched([trees, trees.slice(1)])).toEqual([]);
});

test("what is inferred matches every run that it came from", () => {
  overSeeds((random) => {
    const runs = random.pick([
      () => editedRuns(random, random.integer(2, 6)),
      () => Array.from({ length: 3 }, () => [treeOf(randomForest(random, 10))]),
      () => Array.from({ length: 3 }, () => editedRuns(random, random.integer(0, 3)).flat()),
    ])();
    expect(unmatched(runs)).toEqual([]);
  });
});

test("what is inferred list by list matches without being widened", () => {
  overSeeds((random) => {
    const runs = random.chance(0.5) ? editedRuns(random, random.integer(1, 5)) : randomRows(random);
    const evidence = evidenceOf(runs.flat());
    const tops = runs.map((trees) => evidence.siblingsIn(trees.flatMap(({ roots }) => roots)));
    const trace = { list: listOver(tops, evidence, layOut), never: [], links: [], events: [] };
    const shape = { children: "exactly", include: [], define: [], trace } as const;
    for (const trees of runs) expect(matchShape(shape, trees).verdict).not.toBe("mismatched");
  });
});

test("equal runs give what one of them gives", () => {
  overSeeds((random) => {
    const forest = randomForest(random, 12);
    const one = inferShape([[treeOf(forest)]]);
    expect(inferShape([[treeOf(forest)], [treeOf(forest, "other", 50)], [treeOf(forest, "third", 90)]])).toEqual(one);
  });
});

test("no run, and a run without a span, give a shape that matches it", () => {
  expect(unmatched([])).toEqual([]);
  expect(unmatched([[]])).toEqual([]);
  expect(unmatched([[], [sketch("agent a")]])).toEqual([]);
});

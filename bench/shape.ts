import { columnsOf } from "../src/shape/match/columns.ts";
import { matchShape } from "../src/shape/match/match.ts";
import { parseShape } from "../src/shape/text/parse.ts";
import type { Shape } from "../src/shape/pattern.ts";
import type { Tree } from "../src/trace/tree.ts";
import type { Sketch } from "../test/shape/sketch.ts";
import { treeOf } from "../test/shape/sketch.ts";

// Matching against its floor: laying the same spans out as columns, which every matcher must do in some form. Medians of
// interleaved pairs, so that a busy machine slows both.
const PAIRS = 15;

const LOOPS = `children: exactly
trace:
  - workflow w:
${Array.from({ length: 30 }, (_, index) => `      - agent a${index} x0..*:\n          - in-order x1..*:\n              - llm\n              - tool x0..*\n`).join("")}`;

const CASES: readonly (readonly [name: string, shape: string, tree: Tree])[] = [
  ["10,000 spans, 91 patterns, exactly, loops", LOOPS, agents(30, 333)],
  ["100,000 spans, 91 patterns, exactly, loops", LOOPS, agents(30, 3333)],
  [
    "10,000 spans, contain, // and never",
    "- workflow w:\n    - //agent a5:\n        - //llm\n        - tool\n    - never: tool delete_*\n",
    agents(30, 333),
  ],
  [
    "10,000 tied siblings, any-order of 50",
    `- workflow w:\n    - any-order:\n${"        - tool t\n".repeat(50)}`,
    fan(10_000, 0),
  ],
  ["10,000 siblings, 200 items in order", `- workflow w:\n${"    - tool t\n".repeat(200)}`, fan(10_000, 1)],
  [
    "2,000 tied siblings, exactly (tool tool)*",
    "- workflow w:\n    - exactly:\n        - in-order x1..*: [tool, tool]\n",
    fan(2000, 0),
  ],
];

for (const [name, text, tree] of CASES) {
  const shape = parseShape(text, "bench");
  const pairs = Array.from(
    { length: PAIRS },
    () => [time(() => columnsOf([tree])), time(() => matched(shape, tree))] as const,
  );
  const [floor, match] = [median(pairs.map(([first]) => first)), median(pairs.map(([, second]) => second))];
  console.log(
    `${name}: ${match.toFixed(1)} ms, ${(match / floor).toFixed(1)} times the floor of ${floor.toFixed(1)} ms`,
  );
}

function matched(shape: Shape, tree: Tree): void {
  const { verdict } = matchShape(shape, [tree]);
  if (verdict !== "matched") throw new Error(`the benchmark's shape is ${verdict}`);
}

function agents(count: number, steps: number): Tree {
  let clock = 0;
  const children = Array.from({ length: count }, (_, agent): Sketch => {
    const start = clock;
    const calls = Array.from({ length: steps }, (__, step): Sketch => ({
      kind: step % 3 === 0 ? "llm" : "tool",
      start: clock++,
    }));
    return { kind: "agent", name: `a${agent}`, start, children: calls };
  });
  return treeOf([{ kind: "workflow", name: "w", start: 0, children }]);
}

function fan(count: number, step: number): Tree {
  const children = Array.from({ length: count }, (_, index): Sketch => ({
    kind: "tool",
    name: "t",
    start: index * step,
  }));
  return treeOf([{ kind: "workflow", name: "w", start: 0, children }]);
}

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

import { diffTrees } from "../src/shape/diff/diff.ts";
import { layOut, newWords } from "../src/shape/diff/forest.ts";
import type { Tree } from "../src/trace/tree.ts";
import { planted } from "../test/shape/planted.ts";
import type { Sketch } from "../test/shape/sketch.ts";
import { treeOf } from "../test/shape/sketch.ts";

// Comparing against its floor: laying both sides out with digests, which every comparison must do in some form. Medians
// of interleaved pairs, so that a busy machine slows both. The aim is 10,000 spans against 10,000 in a second.
const PAIRS = 9;

const FIFTY = { removed: 13, renamed: 13, moved: 12, added: 12 };

const CASES: readonly (readonly [name: string, make: () => readonly [Tree, Tree]])[] = [
  ["10,000 spans, 50 planted edits", () => plantedPair(10_000, 1)],
  ["100,000 spans, 50 planted edits", () => plantedPair(100_000, 1)],
  ["10,000 spans against 10,000 others", () => [plantedPair(10_000, 1)[0], plantedPair(10_000, 2)[0]]],
  ["10,000 siblings, other arguments each", () => [siblings(10_000, "a"), siblings(10_000, "b")]],
  ["199 spans, the exact search", () => plantedPair(190, 3)],
];

for (const [name, make] of CASES) {
  const trees = make();
  const pairs = Array.from({ length: PAIRS }, () => [time(() => laidOut(trees)), time(() => compared(trees))] as const);
  const [floor, whole] = [median(pairs.map(([first]) => first)), median(pairs.map(([, second]) => second))];
  console.log(
    `${name}: ${whole.toFixed(1)} ms, ${(whole / floor).toFixed(1)} times the floor of ${floor.toFixed(1)} ms, ${summary(trees)}`,
  );
}

function plantedPair(spans: number, seed: number): readonly [Tree, Tree] {
  const edits = spans < 1000 ? { removed: 3, renamed: 3, moved: 2, added: 2 } : FIFTY;
  const { before, after } = planted(spans, edits, seed);
  return [before, after];
}

function siblings(count: number, salt: string): Tree {
  const children = Array.from({ length: count }, (_, start): Sketch => {
    return { kind: "tool", name: "t", start, meaning: { arguments: JSON.stringify({ id: `${salt}${start}` }) } };
  });
  return treeOf([{ kind: "workflow", name: "w", start: 0, end: count, children }]);
}

function laidOut(trees: readonly [Tree, Tree]): void {
  const words = newWords();
  for (const tree of trees) layOut([tree], words);
}

function compared([before, after]: readonly [Tree, Tree]): void {
  if (diffTrees([before], [after]).operations.length === 0) throw new Error("the benchmark's traces are equal");
}

function summary([before, after]: readonly [Tree, Tree]): string {
  const counts = new Map<string, number>();
  for (const { kind } of diffTrees([before], [after]).operations) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ");
}

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

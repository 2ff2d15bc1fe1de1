import { decided } from "../src/shape/match/absent-links.ts";
import { columnsOf } from "../src/shape/match/columns.ts";
import { programOf } from "../src/shape/match/program.ts";
import { sharedShape } from "../src/shape/shared.ts";
import { parseShape } from "../src/shape/text/parse.ts";
import type { Shape } from "../src/shape/pattern.ts";
import type { Tree } from "../src/trace/tree.ts";
import type { ShapeCase } from "./shape-cases.ts";
import { ADVERSARIAL, GROWTH } from "./shape-cases.ts";

// Matching beside what is stated for it and beside its floor: laying the same spans out as columns, which every matcher
// must do in some form. Interleaved pairs, so that a busy machine slows both; the least of the times against what is
// stated, their medians for the ratio. Words after -- choose the cases whose names hold them.
const PAIRS_MIN = 5;
const PAIRS_MAX = 200;
const LONG_ENOUGH_MS = 1000;

for (const { name, shape, tree, verdict, statedMs } of [...GROWTH, ...ADVERSARIAL].filter(isChosen)) {
  const parsed = parseShape(shape, "bench");
  const made = tree();
  const pairs: (readonly [floor: number, match: number])[] = [];
  for (let spent = 0; pairs.length < PAIRS_MIN || (pairs.length < PAIRS_MAX && spent < LONG_ENOUGH_MS);) {
    const pair = [time(() => columnsOf([made])), time(() => match(parsed, made, verdict))] as const;
    spent += pair[0] + pair[1];
    pairs.push(pair);
  }
  const [floors, matches] = [pairs.map(([floor]) => floor), pairs.map(([, matched]) => matched)];
  const least = Math.min(...matches);
  console.log(
    `${name}: ${verdict} in ${least.toFixed(1)} ms, stated ${statedMs}${least > statedMs ? " (TOO LONG)" : ""}; ` +
      `${(median(matches) / median(floors)).toFixed(1)} times the floor of ${median(floors).toFixed(1)} ms`,
  );
}

function isChosen({ name }: ShapeCase): boolean {
  const words = process.argv.slice(2);
  return words.length === 0 || words.some((word) => name.includes(word));
}

/** The verdict without its explanation, which has bounds of its own. */
function match(shape: Shape, tree: Tree, expected: ShapeCase["verdict"]): void {
  const columns = columnsOf([tree]);
  const pass = decided(columns, programOf(sharedShape(shape), columns));
  const { isMatch } = pass;
  const verdict = pass.undecided.length > 0 ? "undecided" : isMatch ? "matched" : "mismatched";
  if (verdict !== expected) throw new Error(`the benchmark's shape is ${verdict}`);
}

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

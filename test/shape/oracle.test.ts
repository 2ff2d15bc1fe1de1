import { expect, test } from "vitest";
import { randomStream } from "../../src/core/random.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { printShape } from "../../src/shape/print.ts";
import { oracleMatches } from "./oracle.ts";
import { randomForest, randomShape } from "./random-shape.ts";
import { treeOf } from "./sketch.ts";

// To look longer or elsewhere: TROUPE_ORACLE_SHAPES=100000 TROUPE_ORACLE_SEED=7 npx vitest run test/shape/oracle.test.ts
const SHAPES = Number(process.env["TROUPE_ORACLE_SHAPES"] ?? 6000);
const FIRST_SEED = Number(process.env["TROUPE_ORACLE_SEED"] ?? 1);
const TREES_A_SHAPE = 4;
const SPANS_MAX = 6;

test("the matcher agrees with the definition, enumerated, on random shapes and trees", { timeout: 3_600_000 }, () => {
  const faults: string[] = [];
  const verdicts = { matched: 0, mismatched: 0, undecided: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SHAPES && faults.length < 3; seed++) {
    const random = randomStream(seed, "oracle");
    const shape = randomShape(random, 5);
    for (let made = 0; made < TREES_A_SHAPE; made++) {
      const forest = randomForest(random, SPANS_MAX);
      const { verdict, mismatches } = matchShape(shape, [treeOf(forest)]);
      verdicts[verdict]++;
      const expected = oracleMatches(shape, [treeOf(forest)]) ? "matched" : "mismatched";
      const isExplained = mismatches.length > 0 && !mismatches.some(({ message }) => message.includes("no name"));
      if (verdict === expected && isExplained === (expected === "mismatched")) continue;
      const reasons = mismatches.map(({ message }) => message).join("; ");
      faults.push(
        `seed ${seed}: ${verdict} (${reasons}), oracle ${expected}\n${printShape(shape)}${JSON.stringify(forest)}`,
      );
    }
  }
  expect(faults.join("\n")).toBe("");
  // A third or so should match, or the test would prove little.
  expect(verdicts.matched).toBeGreaterThan((SHAPES * TREES_A_SHAPE) / 6);
  expect(verdicts.undecided).toBe(0);
});

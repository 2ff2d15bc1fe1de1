import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTraceFile } from "../../src/format/read.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import type { Tree } from "../../src/trace/tree.ts";
import { buildTrees } from "../../src/trace/tree.ts";

/** Recorded by others and not ours to copy: where the folder is absent, these tests are skipped. */
const DATA = join(import.meta.dirname, "../../../shared/data");
const SAMPLES = join(DATA, "agentevals/samples");
const isAbsent = !existsSync(SAMPLES);
if (isAbsent) console.warn(`${SAMPLES} is not here; what others asserted of their traces is not tried`);

interface EvalSet {
  readonly eval_cases: readonly {
    readonly conversation: readonly {
      readonly intermediate_data: { readonly tool_uses: readonly { readonly name: string }[] };
    }[];
  }[];
}

/**
 * An eval set of Google ADK as a shape: its `tool_trajectory_avg_score` of 1 means these tool calls, in this order, and no
 * other.
 */
function shapeOfEvalSet(set: EvalSet): string {
  const names = set.eval_cases.flatMap(({ conversation }) =>
    conversation.flatMap((turn) => turn.intermediate_data.tool_uses.map(({ name }) => name)),
  );
  const calls = names.map((name) => `        - //tool ${name}\n`).join("");
  return `- in-order x1:\n${calls}- never: tool /^(?!(?:${names.join("|")})$)/\n`.replace(/^ {8}/gm, "    ");
}

function treesIn(file: string): readonly Tree[] {
  const path = join(DATA, file);
  return buildTrees(readTraceFile(readFileSync(path, "utf8"), path).spans);
}

test.skipIf(isAbsent).for([
  ["helm.json", "matched"],
  ["k8s.json", "mismatched"],
] as const)("agentevals: the eval set of helm, written as a shape, is %s: %s", ([file, verdict]) => {
  const set: EvalSet = JSON.parse(readFileSync(join(SAMPLES, "eval_set_helm.json"), "utf8"));
  const shape = parseShape(shapeOfEvalSet(set), "eval_set_helm");
  expect(matchShape(shape, treesIn(join("agentevals/samples", file))).verdict).toBe(verdict);
});

import * as z from "zod";
import type { Comparison, VariantRun, VariantSum } from "../campaign/compare.ts";

const count = z.int().nonnegative();
const cost = z.number().nullable().describe("US dollars; null where nothing states a cost");

const variant = z.strictObject({
  name: z.string(),
  runs: count,
  passed: count,
  failed: count,
  inconclusive: count,
  shapes: count.describe("different shapes, as troupe mine tells them apart"),
  tokens: z.strictObject({ input: z.number(), output: z.number() }),
  cost,
  durationMs: z.number(),
});

const run = z.strictObject({
  verdict: z.enum(["passed", "failed", "inconclusive", "skipped"]),
  tokens: z.strictObject({ input: z.number(), output: z.number() }),
  cost,
  durationMs: z.number(),
  cause: z.string().nullable().describe("the first thing that speaks against it"),
});

/** The document of `troupe compare --json`. */
export const compareSchema = z.strictObject({
  verdict: z
    .enum(["passed", "failed", "inconclusive"])
    .describe("failed where B failed at anything that A passed; inconclusive where a pair decides nothing"),
  a: variant,
  b: variant,
  flips: z.strictObject({
    both: count,
    onlyA: count,
    onlyB: count,
    neither: count,
    p: z.number().describe("McNemar's exact test, two-sided"),
  }),
  pairs: z.array(
    z.strictObject({
      scenario: z.string(),
      seed: count,
      flip: z.enum(["lost", "won"]).nullable(),
      sameShape: z.boolean(),
      a: run,
      b: run,
    }),
  ),
  unpaired: z.array(z.string()),
});

export function compareJson(comparison: Comparison): z.infer<typeof compareSchema> {
  const { verdict, a, b, flips, pairs, unpaired } = comparison;
  return {
    verdict,
    a: variantJson(a),
    b: variantJson(b),
    flips: { ...flips },
    pairs: pairs.map((pair) => ({
      scenario: pair.scenario,
      seed: pair.seed,
      flip: pair.flip,
      sameShape: pair.isSameShape,
      a: runJson(pair.a),
      b: runJson(pair.b),
    })),
    unpaired: [...unpaired],
  };
}

function variantJson(sum: VariantSum): z.infer<typeof variant> {
  const { inputTokens, outputTokens, costUsd, durationMs, ...rest } = sum;
  return { ...rest, tokens: { input: inputTokens, output: outputTokens }, cost: costUsd, durationMs };
}

function runJson({ verdict, inputTokens, outputTokens, costUsd, durationMs, cause }: VariantRun): z.infer<typeof run> {
  return { verdict, tokens: { input: inputTokens, output: outputTokens }, cost: costUsd, durationMs, cause };
}

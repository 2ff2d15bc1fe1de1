import * as z from "zod";
import type { ReplayResult, ReplaySum } from "../campaign/replay/result.ts";
import type { StepUsage } from "../campaign/replay/usage.ts";
import { CHANGE_WORDS } from "../check/changes/wanted.ts";
import { CLOSENESS } from "../recording/matching.ts";
import { operationJson } from "./diff-json.ts";
import { differenceSchema } from "./difference-schema.ts";

const count = z.int().nonnegative();
const amount = z.number().nullable();

const sum = z.strictObject({
  tokens: z.strictObject({ input: z.number(), output: z.number() }),
  cost: amount.describe("US dollars; null where no span states a cost"),
  durationMs: z.number().describe("virtual in sim"),
});

const step = z
  .strictObject({ inputTokens: amount, outputTokens: amount, cost: amount, durationMs: amount })
  .nullable()
  .describe("null on the side that does not have the step");

const replayed = z.strictObject({
  scenario: z.string(),
  file: z.string(),
  seed: count,
  mode: z.enum(["sim", "wire", "live"]),
  verdict: z.enum(["passed", "failed", "inconclusive"]),
  quarantine: z
    .array(z.string())
    .describe(
      "why Troupe cannot reproduce the recording by itself; such a case is inconclusive, and no candidate is judged",
    ),
  candidate: z.string().nullable().describe("null where nothing but the recording was replayed"),
  lacks: z.array(z.string()).describe("what the recording does not hold"),
  setAside: z.array(z.string()).describe("what was not compared"),
  failures: z.array(z.string()),
  notes: z.array(z.string()),
  answered: z.array(
    z.strictObject({
      agent: z.string(),
      about: z.string(),
      by: z.enum([...CLOSENESS, "simulated", "live", "refused", "missed"]),
      asked: z.string(),
      recorded: z.string().nullable().describe("the recorded question, where it says something else"),
    }),
  ),
  changes: z.array(
    z.strictObject({
      happened: z.enum(CHANGE_WORDS),
      retry: z.boolean(),
      wantedBy: z.string().nullable().describe("the line that declares it"),
      operation: differenceSchema,
    }),
  ),
  unmet: z
    .array(z.strictObject({ happened: z.enum(CHANGE_WORDS), line: z.string(), times: count }))
    .describe("declared changes that happened too seldom or too often"),
  usage: z.strictObject({
    before: sum,
    after: sum,
    steps: z.array(z.strictObject({ label: z.string(), before: step, after: step })),
  }),
  repeat: z.string(),
});

/** The document of `troupe replay --json`. */
export const replaySchema = z.strictObject({
  version: z.string(),
  verdict: z.enum(["passed", "failed", "inconclusive"]),
  cases: z.array(replayed),
  passed: count,
  failed: count,
  inconclusive: count,
  quarantined: count,
  notRun: count,
});

export function replayJson(
  version: string,
  results: readonly ReplayResult[],
  summed: ReplaySum,
): z.infer<typeof replaySchema> {
  const { verdict, passed, failed, inconclusive, quarantined, notRun } = summed;
  return { version, verdict, cases: results.map(oneJson), passed, failed, inconclusive, quarantined, notRun };
}

// Each key is picked by hand: results hold more than documents, and the order of the keys is promised.
function oneJson(result: ReplayResult): z.infer<typeof replayed> {
  const { judged, usage } = result;
  return {
    scenario: result.scenario,
    file: result.file,
    seed: result.seed,
    mode: result.mode,
    verdict: result.verdict,
    quarantine: [...result.quarantine],
    candidate: result.candidate,
    lacks: [...result.lacks],
    setAside: [...result.setAside],
    failures: [...result.failures],
    notes: [...result.notes],
    answered: result.answered.map(({ agent, about, by, asked, recorded = null }) => ({
      agent,
      about,
      by,
      asked,
      recorded,
    })),
    changes: judged.changes.map(({ word, isRetry, wantedBy, operation }) => ({
      happened: word,
      retry: isRetry,
      wantedBy: wantedBy?.line ?? null,
      operation: operationJson(operation),
    })),
    unmet: judged.unmet.map(({ wanted: { word, line }, happened }) => ({ happened: word, line, times: happened })),
    usage: { before: sumJson(usage.before), after: sumJson(usage.after), steps: usage.steps.map(stepJson) },
    repeat: result.repeat,
  };
}

function sumJson({
  inputTokens,
  outputTokens,
  costUsd,
  durationMs,
}: ReplayResult["usage"]["before"]): z.infer<typeof sum> {
  return { tokens: { input: inputTokens, output: outputTokens }, cost: costUsd, durationMs };
}

function stepJson({ label, before, after }: StepUsage): z.infer<typeof replayed>["usage"]["steps"][number] {
  const side = (cost: StepUsage["before"]): z.infer<typeof step> => {
    if (cost === undefined) return null;
    const { inputTokens, outputTokens, costUsd, durationMs } = cost;
    return { inputTokens, outputTokens, cost: costUsd, durationMs };
  };
  return { label, before: side(before), after: side(after) };
}

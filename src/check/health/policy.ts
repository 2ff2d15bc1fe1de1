import * as z from "zod";
import type { SamplingPolicy } from "../../trace/health/sampling.ts";
import { readForm } from "./yaml-form.ts";

/** A sampling policy, and where the traces are from before the sampler: without them nobody can see what was dropped. */
export interface PolicyFile {
  readonly policy: SamplingPolicy;
  /** Files and folders, as the policy's file names them. */
  readonly before: readonly string[];
}

const amount = z.number({ error: "a number is due here" }).nonnegative({ error: "a number from 0 is due here" });
const flag = z.boolean({ error: "true or false is due here" });

const keep = z.strictObject(
  {
    errors: flag.optional(),
    failedEvaluations: flag.optional(),
    evaluationScoreMin: amount.optional(),
    costFromUsd: amount.optional(),
    durationFromMs: amount.optional(),
  },
  {
    error: ({ code }) =>
      code === "invalid_type" ? "keep is a mapping: write what has to be kept under it" : undefined,
  },
);

const form = z.strictObject(
  {
    before: z
      .array(z.string({ error: "a file or folder is due here" }), {
        error: "before is a list: name the files or folders with all traces from before the sampler",
      })
      .min(1, { error: "name at least one file or folder: what was dropped cannot be seen in what was kept" }),
    keep,
    restRate: amount.max(1, { error: "a share from 0 to 1 is due here" }).optional(),
  },
  { error: ({ code }) => (code === "invalid_type" ? "a policy is a mapping with before and keep" : undefined) },
);

/**
 * Reads a sampling policy: YAML.
 *
 * @throws TroupeError `BUDGET_INVALID` with every fault, each with its place and the nearest spelling.
 */
export function readPolicy(text: string, file: string): PolicyFile {
  const read = readForm(text, file, form, ([part]) => Object.keys(part === "keep" ? keep.shape : form.shape));
  const { errors = false, failedEvaluations = false, evaluationScoreMin, costFromUsd, durationFromMs } = read.keep;
  return {
    before: read.before,
    policy: {
      errors,
      failedEvaluations: failedEvaluations || evaluationScoreMin !== undefined,
      ...(evaluationScoreMin !== undefined && { evaluationScoreMin }),
      ...(costFromUsd !== undefined && { costFromUsd }),
      ...(durationFromMs !== undefined && { durationFromMs }),
      ...(read.restRate !== undefined && { restRate: read.restRate }),
    },
  };
}

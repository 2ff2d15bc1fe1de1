import * as z from "zod";
import type { Health } from "../check/health/health.ts";
import { LEVELS } from "../trace/health/rule.ts";
import { KINDS } from "../trace/kinds.ts";

const count = z.int().nonnegative();
const level = z.enum(LEVELS);

const use = {
  calls: count,
  inputTokens: z.number(),
  outputTokens: z.number(),
  costUsd: z.number().nullable().describe("null where no call states a cost"),
} as const;
const uses = z.array(z.strictObject({ name: z.string(), ...use })).describe("the dearest first");

const percentiles = z
  .strictObject({ count, p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
  .describe("by nearest rank; exact up to 1,000 values, beyond that at most 0.8 % off");

const times = z.array(
  z.strictObject({
    kind: z.enum(KINDS),
    route: z.string().nullable().describe("the canonical name of the spans; null for all of the kind"),
    durationMs: percentiles,
    firstChunkMs: percentiles.nullable(),
    criticalMs: z.number().describe("time on critical paths that was its own"),
    criticalShare: z.number(),
  }),
);

const largest = z.strictObject({ value: z.number(), traceId: z.string().nullable() });

/** What `troupe check --json` says of health. */
export const healthSchema = z.strictObject({
  verdict: z.enum(["passed", "failed", "inconclusive", "skipped"]),
  failOn: z.enum([...LEVELS, "never"]),
  rules: z.array(
    z.strictObject({
      rule: z.string(),
      level,
      count: count.describe("how often it found something"),
      findings: z
        .array(
          z.strictObject({
            file: z.string().nullable(),
            traceId: z.string().nullable().describe("null for what is wrong with all traces together"),
            spanId: z.string().nullable(),
            label: z.string().nullable(),
            seen: z.string(),
          }),
        )
        .describe("the first 100"),
    }),
  ),
  limits: z
    .array(z.strictObject({ limit: z.string(), traceId: z.string().nullable(), seen: z.string() }))
    .describe("limits that are not held"),
  figures: z.strictObject({
    traces: count,
    spans: count,
    orphans: count,
    orphanRate: z.number(),
    successes: count,
    total: z.strictObject(use),
    costPerSuccessUsd: z.number().nullable(),
    costPerTraceUsdMax: largest,
    tokensPerTraceMax: largest,
    by: z.strictObject({ user: uses, tenant: uses, feature: uses, promptVersion: uses, model: uses }),
    traceDurationMs: percentiles,
    kinds: times,
    routes: times,
    slowestKind: z.enum(KINDS).nullable(),
    coverage: z.array(z.strictObject({ kind: z.string(), attribute: z.string(), have: count, of: count })),
  }),
});

/** Figures are made for documents already; rules and findings are picked by hand. */
export function healthJson({ verdict, failOn, rules, excesses, figures }: Health): z.input<typeof healthSchema> {
  return healthSchema.parse({
    verdict,
    failOn,
    rules: rules.map(({ rule, level: own, count: times_, shown }) => ({
      rule,
      level: own,
      count: times_,
      findings: shown.map(({ file, traceId, spanId, label, seen }) => ({ file, traceId, spanId, label, seen })),
    })),
    limits: excesses.map(({ limit, traceId, seen }) => ({ limit, traceId, seen })),
    figures,
  });
}

import * as z from "zod";
import { TroupeError } from "../core/errors.ts";
import type { MineComparison } from "../shape/mine/compare.ts";
import { quantileNano } from "../shape/mine/durations.ts";
import { bucketOf, lowerBoundOf } from "../trace/buckets.ts";
import type { Cluster, Mine } from "../shape/mine/mine.ts";
import type { Tally } from "../shape/mine/tally.ts";

const count = z.int().nonnegative();

const tally = z.strictObject({
  count: count.describe("traces"),
  errors: count.describe("traces with a span of status ERROR"),
  spans: count,
  tokens: z
    .strictObject({ input: count, output: count, total: count })
    .describe("of all traces, each model call once, however many layers repeat it"),
  cost: z
    .number()
    .nullable()
    .describe("US dollars, of all traces that state a cost, each to a billionth; null for none"),
  priced: count.describe("traces that state a cost"),
  durations: z
    .strictObject({
      minMs: z.number(),
      p50Ms: z.number(),
      p95Ms: z.number(),
      p99Ms: z.number(),
      maxMs: z.number(),
      buckets: z.array(z.tuple([z.number(), count])).describe("the least nanoseconds of a bucket, and its traces"),
    })
    .nullable()
    .describe("of a trace, latest end minus earliest start; percentiles are at most 0.8 % off"),
  example: z
    .strictObject({ traceId: z.string(), source: z.string(), startTimeUnixNano: z.string().regex(/^\d+$/) })
    .nullable()
    .describe("the trace that started last, and the file it came from"),
});

const cluster = tally.extend({
  key: z.string().describe("a digest of the shape"),
  steps: count.describe("lines of the shape, before any is left out of its text"),
  shape: z.string().describe("text that troupe check takes"),
});

const change = z.strictObject({
  change: z.enum(["new", "gone", "more", "less", "same"]),
  key: z.string(),
  before: count.describe("traces"),
  after: count,
  gSquared: z.number().describe("likelihood-ratio test of equal shares"),
  significant: z.boolean().describe("p < 0.001"),
  shape: z.string(),
});

/** The document of `troupe mine --json`, and what `--out` writes and `--merge` and `--compare` read. */
export const mineSchema = z.strictObject({
  document: z.literal("troupe-mine"),
  version: z.literal(1),
  counted: z.boolean().describe("whether how often siblings repeat makes another shape"),
  limit: count.describe("how many shapes are kept"),
  total: tally,
  clusters: z.array(cluster).describe("failing ones first, then the rarer"),
  remainder: tally.describe("traces of the shapes that are not kept"),
  compared: z
    .strictObject({ before: count, after: count, changes: z.array(change), unknown: count })
    .optional()
    .describe("with an older document: traces of both, and each shape; new, gone, more, less, same"),
  notes: z.array(z.string()).optional().describe("what was left out of the trace files; absent where nothing was"),
});

export type MineJson = z.infer<typeof mineSchema>;

export interface MineJsonExtras {
  readonly comparison?: MineComparison;
  readonly notes?: readonly string[];
}

/** What `troupe mine --json` prints. */
export function mineJson(mine: Mine, { comparison, notes = [] }: MineJsonExtras = {}): MineJson {
  return {
    document: "troupe-mine",
    version: 1,
    counted: mine.isCounted,
    limit: mine.limit,
    total: tallyJson(mine.total),
    clusters: mine.clusters.map((each) => {
      return { key: each.key, steps: each.steps, ...tallyJson(each.tally), shape: each.shape };
    }),
    remainder: tallyJson(mine.remainder),
    ...(comparison !== undefined && { compared: comparedJson(comparison) }),
    ...(notes.length > 0 && { notes: [...notes] }),
  };
}

function comparedJson({ before, after, changes, unknown }: MineComparison): NonNullable<MineJson["compared"]> {
  return {
    before,
    after,
    changes: changes.map((each) => ({
      change: each.change,
      key: each.cluster.key,
      before: each.before,
      after: each.after,
      gSquared: Number(each.gSquared.toFixed(3)),
      significant: each.isSignificant,
      shape: each.cluster.shape,
    })),
    unknown,
  };
}

function tallyJson({ durations, example, ...counts }: Tally): z.infer<typeof tally> {
  const { inputTokens: input, outputTokens: output } = counts;
  return {
    count: counts.traces,
    errors: counts.failed,
    spans: counts.spans,
    tokens: { input, output, total: input + output },
    cost: counts.priced === 0 ? null : counts.costNanoUsd / 1e9,
    priced: counts.priced,
    durations: durations.buckets.size === 0 ? null : durationsJson(durations),
    example: example === undefined ? null : { ...example, startTimeUnixNano: example.startTimeUnixNano.toString() },
  };
}

function durationsJson(durations: Tally["durations"]): NonNullable<z.infer<typeof tally>["durations"]> {
  return {
    minMs: durations.minNano / 1e6,
    p50Ms: quantileNano(durations, 0.5) / 1e6,
    p95Ms: quantileNano(durations, 0.95) / 1e6,
    p99Ms: quantileNano(durations, 0.99) / 1e6,
    maxMs: durations.maxNano / 1e6,
    buckets: [...durations.buckets]
      .toSorted(([a], [b]) => a - b)
      .map(([bucket, traces]) => [lowerBoundOf(bucket), traces]),
  };
}

/**
 * A document of `troupe mine`, read again.
 *
 * @throws TroupeError `FORMAT_UNKNOWN` where it is none, or of another version.
 */
export function readMineJson(text: string, file: string): Mine {
  const { counted, limit, total, clusters, remainder } = parsed(text, file);
  return {
    isCounted: counted,
    limit,
    total: tallyFrom(total),
    clusters: clusters.map((each): Cluster => {
      return { key: each.key, steps: each.steps, shape: each.shape, tally: tallyFrom(each) };
    }),
    remainder: tallyFrom(remainder),
  };
}

function parsed(text: string, file: string): MineJson {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw noMine(file, "it is not valid JSON");
  }
  const read = mineSchema.safeParse(document);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw noMine(file, issue === undefined ? "" : `${issue.path.join(".") || "it"}: ${issue.message}`);
}

function noMine(file: string, detail: string): TroupeError {
  return new TroupeError("FORMAT_UNKNOWN", {
    where: file,
    what: `this is no document of troupe mine (${detail})`,
    mend: "Write one with troupe mine TRACES --out FILE.",
  });
}

function tallyFrom({
  count: traces,
  errors,
  spans,
  tokens,
  cost,
  priced,
  durations,
  example,
}: z.infer<typeof tally>): Tally {
  return {
    traces,
    failed: errors,
    spans,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    priced,
    costNanoUsd: Math.round((cost ?? 0) * 1e9),
    durations: {
      minNano: durations === null ? Number.POSITIVE_INFINITY : Math.round(durations.minMs * 1e6),
      maxNano: Math.round((durations?.maxMs ?? 0) * 1e6),
      buckets: new Map(durations?.buckets.map(([nano, inBucket]) => [bucketOf(nano), inBucket])),
    },
    example: example === null ? undefined : { ...example, startTimeUnixNano: BigInt(example.startTimeUnixNano) },
  };
}

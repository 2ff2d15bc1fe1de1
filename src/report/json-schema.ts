import * as z from "zod";
import { CAUSES } from "../trace/evidence.ts";
import { KINDS } from "../trace/kinds.ts";
import { differenceSchema, placeSchema } from "./difference-schema.ts";
import { compareSchema } from "./compare-json.ts";
import { mineSchema } from "./mine-json.ts";
import { replaySchema } from "./replay-json.ts";
import { mutationSchema } from "./mutation-json.ts";
import { healthSchema } from "./health-json.ts";

const count = z.int().nonnegative();
const verdict = z.enum(["passed", "failed", "inconclusive", "skipped"]);

const anomaly = z.strictObject({
  kind: z.enum([
    "orphan",
    "duplicate-id",
    "parent-cycle",
    "self-parent",
    "open",
    "negative-duration",
    "early-start",
    "late-end",
  ]),
  spanId: z.string(),
  detail: z.string(),
});

const trace = z
  .strictObject({
    traceId: z.string(),
    spans: count.describe("span records"),
    uniqueSpans: count,
    duplicates: count.describe("span records minus unique span ids"),
    roots: count.describe("spans without a parent id"),
    orphans: count.describe("spans that name a parent which is absent from the trace"),
    depth: count.describe("a root or an orphan counts as 1"),
    services: z.array(z.string()).describe("sorted"),
    errors: count.describe("spans with status ERROR"),
    kinds: z.partialRecord(z.enum(KINDS), count),
    tokens: z
      .strictObject({ input: z.number(), output: z.number(), total: z.number() })
      .describe("each model call once, however many layers repeat it"),
    cost: z.number().nullable().describe("US dollars; null where no span states a cost"),
    durationMs: z.number().describe("latest end minus earliest start"),
    agents: z.array(z.string()).describe("distinct names by first start"),
    handoffs: z.array(z.strictObject({ from: z.string(), to: z.string() })),
    tools: z.array(z.strictObject({ name: z.string(), agent: z.string().nullable() })).describe("one a call, by start"),
    earlyStarts: count.describe("children that start before their parent"),
    lateEnds: count.describe("children that end after their parent"),
    anomalies: z.array(anomaly),
  })
  .describe("Counts are taken before transparent spans are spliced out.");

const mismatch = z.strictObject({
  kind: z.enum([
    "missing",
    "extra",
    "moved",
    "out-of-order",
    "not-overlapping",
    "too-many",
    "changed",
    "forbidden",
    "no-link",
    "undecided",
    "broken-trace",
    "run-failed",
  ]),
  expectedAt: z.string().describe("file:line:column, or the expectation's name"),
  expected: z.string(),
  message: z.string(),
  under: placeSchema.optional(),
  found: placeSchema.optional(),
  after: placeSchema.optional().describe("the sibling after which something is missing, where its place is fixed"),
  failed: z.array(z.strictObject({ key: z.string(), expected: z.string(), got: z.string() })).optional(),
  competes: z.array(placeSchema).optional(),
});

const finding = {
  value: z.string(),
  dialect: z.string().nullable().describe("null where no dialect's table says it"),
  rule: z.string(),
};

const explained = z.strictObject({
  traceId: z.string(),
  spanId: z.string(),
  spanName: z.string(),
  isTransparent: z.boolean(),
  whyTransparent: z.string(),
  fields: z.array(
    z.strictObject({
      field: z.string(),
      ...finding,
      lost: z.array(z.strictObject({ ...finding, why: z.string() })),
      notTaken: z.string().optional().describe("why the span does not have the field all the same"),
    }),
  ),
});

const expectation = z.strictObject({
  name: z.string(),
  verdict,
  inverted: z.boolean().describe("whether it stood inside mustFail"),
  mismatches: z.array(mismatch),
  each: z
    .strictObject({ traces: z.number(), unmet: z.number() })
    .optional()
    .describe("where each trace was judged by itself (--each); mismatches are then of the first 20 that differ"),
});

const hop = z.strictObject({
  from: z.string(),
  to: z.string(),
  agent: z.string().nullable(),
  method: z.string(),
  transport: z.enum(["sim", "stdio", "http", "ws"]),
  carrier: z.string().nullable().describe("null where nothing was injected"),
  status: z.number().nullable().describe("of HTTP, of the answer; null where nothing of HTTP is in sight"),
  verdict: z.enum(["whole", "broken"]),
  causes: z.array(z.enum(CAUSES)).describe("none for a whole hop; several where what is known rules out neither"),
  detail: z.string().nullable().describe("what was found that speaks for the causes"),
  mend: z.string().nullable().describe("what to do about them; null for a whole hop"),
});

const fired = z.strictObject({
  index: count.describe("which of the scenario's faults, from 0"),
  fault: z.enum([
    "delay",
    "drop",
    "duplicate",
    "reorder",
    "disconnect",
    "hang",
    "slow-stream",
    "early-close",
    "truncated",
    "malformed",
    "oversized",
    "wrong-id",
    "wrong-shape",
    "rpc-error",
    "is-error",
    "http-status",
    "carrier",
  ]),
  from: z.string().describe("who asked, also where the fault hit the reply"),
  to: z.string(),
  agent: z.string().nullable(),
  method: z.string(),
  tool: z.string().nullable(),
  direction: z.enum(["request", "reply"]),
  occurrence: z.int().describe("of the messages that the fault's rule fits, from 1 for each agent that asks"),
  transport: z.enum(["sim", "stdio", "http", "ws"]),
  detail: z
    .string()
    .describe("what was stated or drawn, of a carrier how it went wrong; empty where there is nothing to add"),
});

const run = z.strictObject({
  scenario: z.string(),
  file: z.string().nullable().describe("null for a scenario built in code"),
  seed: count,
  mode: z.enum(["sim", "wire", "live"]),
  verdict,
  skipped: z.string().nullable().describe("why it could not run here"),
  spansDigest: z.string(),
  canonicalDigest: z.string(),
  durationMs: z.number().describe("virtual in sim"),
  summary: z.strictObject({ traces: z.array(trace) }),
  expectations: z.array(expectation),
  hops: z.array(hop),
  faults: z.array(fired),
  missing: z.array(z.string()).describe("ids of spans that are known to exist and did not arrive"),
  repeat: z.string().describe("the command line that repeats this run"),
  notes: z.array(z.string()).describe("what is worth knowing though it decides nothing"),
});

const showKeys = {
  format: z.string(),
  dialects: z.array(z.string()),
  traces: z.array(trace),
  notes: z.array(z.string()).optional().describe("what was left out of the trace files; absent where nothing was"),
} as const;

/** The document of `troupe run --json`. */
export const runSchema = z.strictObject({
  version: z.string(),
  node: z.string(),
  verdict,
  runs: z.array(run),
  notRun: count.optional().describe("runs that were asked for and not played, because the suite was stopped"),
});

/** The document of `troupe show --json`. */
export const showSchema = z.strictObject({
  ...showKeys,
  explained: z.array(explained).optional().describe("the spans of --explain; absent without it"),
});

/** The document of `troupe check --json`. */
export const checkSchema = z.strictObject({
  ...showKeys,
  verdict,
  expectations: z.array(expectation),
  health: healthSchema
    .optional()
    .describe("absent where only shapes were asked for; where it is there, traces lists the first 1,000"),
});

/** The document of `troupe diff --json`. */
export const diffSchema = z.strictObject({
  equal: z.boolean(),
  before: showSchema,
  after: showSchema,
  traces: z.array(
    z.strictObject({
      before: z.string().nullable(),
      after: z.string().nullable(),
      minimal: z.boolean().describe("whether no script that moves nothing is cheaper; false where it was not tried"),
    }),
  ),
  operations: z.array(differenceSchema).describe("applied to before they give after; size is a number of spans"),
});

/** The documents of `--json` as JSON Schema (draft 2020-12), by command. */
export function jsonSchemas(): Readonly<
  Record<"run" | "show" | "check" | "diff" | "mine" | "replay" | "compare" | "mutate", z.core.JSONSchema.BaseSchema>
> {
  return {
    run: z.toJSONSchema(runSchema),
    show: z.toJSONSchema(showSchema),
    check: z.toJSONSchema(checkSchema),
    diff: z.toJSONSchema(diffSchema),
    mine: z.toJSONSchema(mineSchema),
    replay: z.toJSONSchema(replaySchema),
    compare: z.toJSONSchema(compareSchema),
    mutate: z.toJSONSchema(mutationSchema),
  };
}

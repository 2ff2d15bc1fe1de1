import { type Recording, recordingText } from "../../src/recording/recording.ts";
import { recordedCase } from "../../src/recording/recorded-case.ts";
import type { Redactor } from "../../src/recording/redactor.ts";
import { recordingOfTraces } from "../../src/recording/trace-recording.ts";
import { execute } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";
import { canonicalText } from "../../src/trace/canonical.ts";
import { type Tree, buildTrees } from "../../src/trace/tree.ts";

prepareThread();

/** Leaves everything as it is, so that what comes out can be held against what went in. */
const NOTHING_REDACTED: Redactor = { text: (text) => text, value: (value) => value, replaced: () => ({}) };

export function recordingOf(trees: readonly Tree[], redact: Redactor = NOTHING_REDACTED): Recording {
  return recordingOfTraces(trees, { format: "otlp-json", readBy: "troupe 0.0.0", notes: [] }, redact);
}

export interface Replayed {
  readonly run: Run;
  readonly trees: readonly Tree[];
  /** Of the new trees. */
  readonly canonical: string;
  readonly problems: readonly string[];
}

/** Runs a recording as its file says it, with its stand-ins. */
export async function replayed(recording: Recording, seed = 1): Promise<Replayed> {
  const document: unknown = JSON.parse(recordingText(recording));
  const sayings = recording.exchanges.flatMap((exchange) => (exchange.kind === "user" ? [exchange.text] : []));
  const script = sayings.map((text) => user.says(text));
  const run = await execute(plan(defineScenario({ name: "again", ...recordedCase(document), script }), seed));
  const trees = buildTrees(run.spans);
  return {
    run,
    trees,
    canonical: canonicalText(trees),
    problems: [...run.failures, ...run.faults.map(({ what }) => what)],
  };
}

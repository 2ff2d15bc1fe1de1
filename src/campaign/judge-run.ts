import { judge } from "../check/judge.ts";
import { judgeHops } from "../check/propagation/hops.ts";
import type { ResolvedExpectation } from "../check/expectation.ts";
import { writeOtlpJson } from "../format/otlp-write.ts";
import type { Run } from "../run/outcome.ts";
import { canonicalDigest, spansDigest } from "../trace/canonical.ts";
import { summarize } from "../trace/summary.ts";
import { buildTrees } from "../trace/tree.ts";
import { crossed, firedFaults, unfiredNotes } from "./fault-notes.ts";
import type { RunResult } from "./result.ts";
import { worst } from "./verdicts.ts";

/** What a run is judged by, and where it came from. */
export interface RunContext {
  /** The scenario file as the user named it; null for a scenario built in code. */
  readonly file: string | null;
  readonly expectations: readonly ResolvedExpectation[];
  /** The command line that repeats the run. */
  readonly repeat: string;
}

/** Judges a run. A run that did not come to its end has failed, whatever its expectations say. */
export function judgeRun(run: Run, { file, expectations, repeat }: RunContext): RunResult {
  const { plan, mode, spans, messages, missing, unsettled, late, tallies } = run;
  const fired = firedFaults(tallies);
  const ledger = crossed(run.ledger, fired);
  // Open spans are drawn and judged with the rest, or a run that got stuck would show nothing of where.
  const trees = buildTrees([...spans, ...run.openSpans]);
  const isComplete = missing.length === 0 && unsettled.length === 0;
  const { propagation } = plan.scenario;
  const subject = { trees, ledger, isComplete, late, propagation, outcome: run.outcome };
  const results = expectations.map((expectation) => judge(expectation, subject));
  const failures = [...run.failures, ...run.faults.map(({ what, where }) => `${where}: ${what}`)];
  const summary = once(() => ({ traces: trees.map(summarize) }));
  const digests = {
    spans: once(() => spansDigest(writeOtlpJson(spans))),
    canonical: once(() => canonicalDigest(trees)),
  };
  return {
    scenario: plan.scenario.name,
    file,
    seed: plan.seed,
    mode,
    verdict: worst([
      ...(failures.length > 0 ? (["failed"] as const) : []),
      ...(unsettled.length > 0 ? (["inconclusive"] as const) : []),
      ...results.map(({ verdict }) => verdict),
    ]),
    skipped: null,
    failures,
    notes: [...run.notes, ...unfiredNotes(plan.scenario.faults, tallies)],
    get spansDigest() {
      return digests.spans();
    },
    get canonicalDigest() {
      return digests.canonical();
    },
    durationMs: run.durationNano / 1e6,
    get summary() {
      return summary();
    },
    trees,
    messages,
    expectations: results,
    hops: judgeHops(subject),
    faults: fired,
    missing,
    repeat,
  };
}

/** Digests cost as much as the judging, and a summary a tenth of it; who prints a line a run asks for none. */
function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}

import type { Fault } from "../core/errors.ts";
import type { ExpectationResult, Verdict } from "../check/verdict.ts";
import type { FiredFault, Hop } from "../trace/evidence.ts";
import type { Mode } from "../scenario/scenario.ts";
import type { TraceSummary } from "../trace/summary.ts";
import type { Tree } from "../trace/tree.ts";

/** One run, judged: what every report is drawn from. */
export interface RunResult {
  readonly scenario: string;
  /** The scenario file as the user named it; null for a scenario built in code. */
  readonly file: string | null;
  readonly seed: number;
  readonly mode: Mode;
  readonly verdict: Verdict;
  readonly skipped: string | null;
  /** Why the run itself did not come to its end, one sentence each; empty when it did. */
  readonly failures: readonly string[];
  /** What a reader should know though it decides nothing, such as an agent that did real I/O. */
  readonly notes: readonly string[];
  /** Empty, as `canonicalDigest` is, where the suite's request asks for no digests. */
  readonly spansDigest: string;
  readonly canonicalDigest: string;
  readonly durationMs: number;
  readonly summary: { readonly traces: readonly TraceSummary[] };
  readonly trees: readonly Tree[];
  readonly messages: readonly { readonly from: string; readonly to: string; readonly text: string }[];
  readonly expectations: readonly ExpectationResult[];
  readonly hops: readonly Hop[];
  /** What happened to messages on their way, in the order of time. */
  readonly faults: readonly FiredFault[];
  /** Span ids that are known to exist and did not arrive. */
  readonly missing: readonly string[];
  /** The command line that repeats this run. */
  readonly repeat: string;
}

/** What many runs came to. */
export interface Played<Result> {
  readonly version: string;
  readonly node: string;
  readonly verdict: Verdict;
  /** Faults of definitions which only running them could show. */
  readonly faults: readonly Fault[];
  readonly runs: readonly Result[];
  /** How many runs were asked for and not played, because the suite was stopped. */
  readonly notRun: number;
}

export type SuiteResult = Played<RunResult>;

/** How far a suite has come. */
export interface Progress {
  /** Runs that have ended, and runs asked for. */
  readonly done: number;
  readonly total: number;
  /** Runs that have failed or are inconclusive. */
  readonly unmet: number;
  /** The run that ended last. */
  readonly scenario: string;
  readonly seed: number;
}

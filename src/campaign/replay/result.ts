import type { JudgedChanges } from "../../check/changes/changes.ts";
import type { Answered } from "../../recording/answering.ts";
import type { Mode } from "../../scenario/scenario.ts";
import type { TreeDiff } from "../../shape/diff/diff.ts";
import type { Tree } from "../../trace/tree.ts";
import type { Played } from "../result.ts";
import type { StepUsage, UsageSum } from "./usage.ts";

/** One case, replayed: what every report of it is drawn from. */
export interface ReplayResult {
  readonly scenario: string;
  /** The recording's file, or the trace that it was read from. */
  readonly file: string;
  readonly seed: number;
  readonly mode: Mode;
  /** Inconclusive for a case in quarantine, and where spans are missing. */
  readonly verdict: "passed" | "failed" | "inconclusive";
  /**
   * Why Troupe cannot reproduce the recording with everything recorded, a sentence each; empty where it can. No candidate
   * is judged on such a case.
   */
  readonly quarantine: readonly string[];
  /** What was recorded, beside its replay: which agent, or the file that was edited; null for the baseline alone. */
  readonly candidate: string | null;
  /** What the recording does not hold, and what follows. */
  readonly lacks: readonly string[];
  /** What was not compared, since only one side has it. */
  readonly setAside: readonly string[];
  /** Why the candidate's run did not come to its end, a sentence each. */
  readonly failures: readonly string[];
  readonly notes: readonly string[];
  /** How each question of the candidate was answered, in order; of the baseline where there is no candidate. */
  readonly answered: readonly Answered[];
  readonly judged: JudgedChanges;
  readonly usage: { readonly before: UsageSum; readonly after: UsageSum; readonly steps: readonly StepUsage[] };
  /** What was compared; null for a case that passed without a change. */
  readonly compared: Compared | null;
  /** The command line that repeats it. */
  readonly repeat: string;
}

/** The difference of two runs, and the trees that it is of. */
export interface Compared {
  readonly diff: TreeDiff;
  readonly before: readonly Tree[];
  readonly after: readonly Tree[];
}

/** What many cases came to. */
export interface ReplaySum {
  /** Failed where any failed, else inconclusive where any is inconclusive, in quarantine or not run. */
  readonly verdict: "passed" | "failed" | "inconclusive";
  readonly passed: number;
  readonly failed: number;
  /** Those in quarantine left out. */
  readonly inconclusive: number;
  readonly quarantined: number;
  readonly notRun: number;
}

/** What the results come to. */
export function sumOfReplays({ runs, notRun }: Pick<Played<ReplayResult>, "runs" | "notRun">): ReplaySum {
  const count = (isCounted: (result: ReplayResult) => boolean): number => runs.filter(isCounted).length;
  const quarantined = count(({ quarantine }) => quarantine.length > 0);
  const [passed, failed] = [count(({ verdict }) => verdict === "passed"), count(({ verdict }) => verdict === "failed")];
  const inconclusive = runs.length - passed - failed - quarantined;
  const isOpen = inconclusive + quarantined + notRun > 0;
  const verdict = failed > 0 ? "failed" : isOpen || runs.length === 0 ? "inconclusive" : "passed";
  return { verdict, passed, failed, inconclusive, quarantined, notRun };
}

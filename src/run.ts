/** The door for code that runs scenarios, or collects traces, itself: in a test, a script, a service. */
import { type RunContext, judgeRun } from "./campaign/judge-run.ts";
import { casesOf } from "./campaign/replay/cases.ts";
import { replaySource } from "./campaign/replay/replay-source.ts";
import { type ReplayResult, type ReplaySum, sumOfReplays } from "./campaign/replay/result.ts";
import type { RunResult } from "./campaign/result.ts";
import { readWantedChanges } from "./check/changes/wanted-text.ts";
import type { WantedChanges } from "./check/changes/wanted.ts";
import { resolveExpectations } from "./check/resolve.ts";
import { TroupeError } from "./core/errors.ts";
import type { Miss } from "./recording/answering.ts";
import { type RunOptions, execute } from "./run/execute.ts";
import type { Run } from "./run/outcome.ts";
import { installVirtualTime } from "./run/virtual-time/install.ts";
import type { Agent } from "./scenario/agent.ts";
import { plan } from "./scenario/plan.ts";
import type { Scenario } from "./scenario/scenario.ts";
import type { Span } from "./trace/span.ts";
import { type Tree, buildTrees } from "./trace/tree.ts";
import { readTraceSources } from "./wire/trace-sources.ts";

// Modules that the importing one loads after this door capture what they will be patched with.
installVirtualTime();

export type { ReplayResult, Run, RunOptions, RunResult, WantedChanges };
export { passHatK } from "./check/pass-hat-k.ts";
export { writeOtlpJson } from "./format/otlp-write.ts";
export { collectTrace, traceProcessor } from "./telemetry/collect-trace.ts";
export type { CollectOptions, CollectedTrace } from "./telemetry/collect-trace.ts";
export type { TraceProcessor } from "./telemetry/collecting.ts";
export { buildTrees };

/** One run and what it was judged to be. */
export interface JudgedRun {
  readonly run: Run;
  readonly result: RunResult;
}

/**
 * Runs a scenario with one seed and judges it; in `sim`, unless `mode` says otherwise.
 *
 * Its shapes have to be given inline: a scenario built in code has no file beside which a shape file could lie.
 *
 * @throws TroupeError `SCENARIO_INVALID` or `SHAPE_INVALID` with every fault of the definition, `RUN_REFUSED` for a run in
 *   `wire` without the file that exports the scenario.
 */
export async function run(scenario: Scenario, options: RunOptions & { readonly seed: number }): Promise<JudgedRun> {
  const expectations = resolveExpectations(scenario.expect, (path) => {
    const mend = "Give the shape inline with matchesShape, or run the scenario from its file.";
    throw new TroupeError("SCENARIO_INVALID", {
      where: path,
      what: "a scenario built in code has no shape files",
      mend,
    });
  });
  const done = await execute(plan(scenario, options.seed), options);
  const context: RunContext = { file: null, expectations, repeat: `run(scenario, { seed: ${options.seed} })` };
  return { run: done, result: judgeRun(done, context) };
}

export interface ReplayOptions {
  /** Default 1. */
  readonly seed?: number;
  /** What takes the place of the recorded agents, by name; one whose name nobody has, that of the first. */
  readonly agents?: readonly Agent[];
  /** What becomes of questions that were not recorded; default `nearest`. */
  readonly miss?: Exclude<Miss, "live">;
  /** Changes that are wanted, as lines of shapes: `{ added: ["tool check_fraud"] }`. */
  readonly expectChange?: WantedChanges;
}

/** Cases that were replayed, and what they come to. */
export interface Replays extends Omit<ReplaySum, "notRun"> {
  /** In the order of the paths. */
  readonly cases: readonly ReplayResult[];
}

/**
 * Replays cases in this thread, one after the other: agents against what was recorded of them. A case that cannot be read
 * is in quarantine, and the others are replayed.
 *
 * @param paths cases, folders of them, and traces, as `troupe replay` takes them.
 * @throws TroupeError `FILE_UNREADABLE` with every fault of the paths, `SHAPE_INVALID` with every fault of `expectChange`.
 */
export async function replay(
  paths: string | readonly string[],
  { seed = 1, agents = [], miss = "nearest", expectChange = {} }: ReplayOptions = {},
): Promise<Replays> {
  const wanted = readWantedChanges(expectChange, "expectChange");
  const sources = await casesOf([paths].flat(), async (path) => {
    const { spans, ...rest } = await readTraceSources([path]);
    return { ...rest, trees: buildTrees(spans) };
  });
  const spec = agents.map(({ name }) => name).join(", ");
  const substitutes = agents.length === 0 ? [] : [{ spec, agents, isNameless: false }];
  const cases: ReplayResult[] = [];
  for (const source of sources) {
    const repeat = `replay(${JSON.stringify(source.path)}, { seed: ${seed} })`;
    const { result } = await replaySource(source, { seed, agents: substitutes, miss, wanted, repeat });
    cases.push(result);
  }
  const { notRun: _, ...sum } = sumOfReplays({ runs: cases, notRun: 0 });
  return { ...sum, cases };
}

/** The spans of a trace file, and one tree for each trace id. */
export interface ReadTrace {
  readonly trees: readonly Tree[];
  readonly spans: readonly Span[];
  /** What of the file was left out, a sentence each; none where all was read. */
  readonly notes: readonly string[];
}

/**
 * Reads a trace file, whichever known format it is in.
 *
 * @throws TroupeError `FILE_UNREADABLE`, `FORMAT_UNKNOWN`, or `TRACE_INVALID` with every fault's place.
 */
export async function readTrace(path: string): Promise<ReadTrace> {
  const { spans, notes } = await readTraceSources([path]);
  return { trees: buildTrees(spans), spans, notes };
}

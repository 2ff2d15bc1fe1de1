import { writeOtlpJson } from "../format/otlp-write.ts";
import { canonicalDigest, spansDigest } from "../trace/canonical.ts";
import type { PlayOptions } from "./play-run.ts";
import { repeatLine } from "./repeat.ts";
import type { RunResult } from "./result.ts";
import type { ScenarioName } from "./thread-messages.ts";

type RunName = Pick<ScenarioName, "scenario" | "file" | "path">;

/** The result of a run that ended with its thread, and left nothing but the sentence that says so. */
export function lostRun(name: RunName, seed: number, options: PlayOptions, why: string): RunResult {
  const failures = [`${name.scenario} with seed ${seed} ${why}`];
  return { ...nothingOf(name, seed, options), verdict: "failed", failures };
}

/** The result of a run that could not be played here. */
export function skippedRun(name: RunName, seed: number, options: PlayOptions, why: string): RunResult {
  return { ...nothingOf(name, seed, options), skipped: why };
}

function nothingOf({ scenario, file, path }: RunName, seed: number, options: PlayOptions): RunResult {
  return {
    scenario,
    file,
    seed,
    mode: options.mode,
    verdict: "skipped",
    skipped: null,
    failures: [],
    notes: [],
    spansDigest: spansDigest(writeOtlpJson([])),
    canonicalDigest: canonicalDigest([]),
    durationMs: 0,
    summary: { traces: [] },
    trees: [],
    messages: [],
    expectations: [],
    hops: [],
    faults: [],
    missing: [],
    repeat: repeatLine(path, seed, options),
  };
}

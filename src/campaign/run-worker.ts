/** A worker thread of a suite: loads the files once, then plays the runs that it is asked for, one after the other. */
import { writeOtlpJson } from "../format/otlp-write.ts";
import type { Run } from "../run/outcome.ts";
import { type Span, serviceOf } from "../trace/span.ts";
import { loadAgents, withAgents } from "./agent-spec.ts";
import { loadScenarios } from "./load.ts";
import { mutantsOf } from "./mutants.ts";
import { playRun } from "./play-run.ts";
import type { RunResult } from "./result.ts";
import type { Detail, RunExport, ThreadSettings } from "./thread-messages.ts";
import { workInThread } from "./work-in-thread.ts";

await workInThread<RunResult>(async (settings, onFile) => {
  // The crew of the same version, in the thread that started this one, is the only one that writes it.
  const { paths, agents, play, detail, mayMissSnapshots } = settings as ThreadSettings;
  const written = await loadScenarios(paths, onFile, mayMissSnapshots);
  const substitutes = await Promise.all(agents.map(loadAgents));
  const loaded = written.map((one) => ({ ...one, scenario: withAgents(one.scenario, substitutes) }));
  return {
    scenarios: loaded.map(({ scenario, file, path, snapshots }) => ({
      scenario: scenario.name,
      file,
      path,
      snapshots,
      survivors: scenario.survivors,
    })),
    play: async (place, seed, breaks) => {
      const one = loaded[place];
      if (one === undefined) throw new Error(`BUG: no scenario ${place}`);
      const { result, faults, run } = await playRun(one, seed, play, breaks);
      const mutants = run === undefined || detail.mutants === undefined ? [] : mutantsOf(run, detail.mutants);
      const hasTrees = breaks === undefined && (detail.hasTrees || isUnmet(result));
      return {
        result: crossing(result, { ...detail, hasTrees }),
        faults,
        exports: detail.hasExports === true && run !== undefined ? exportsOf(ownSpans(run)) : [],
        breakage: { mutants, hits: run === undefined ? 0 : hitsOf(run) },
      };
    },
  };
});

/** How often what was put into a run took effect; what its scenario states comes first in the list, and is not counted. */
function hitsOf({ tallies, plan, spoiltSpans }: Run): number {
  const own = plan.scenario.faults.length;
  const fired = tallies.flatMap((tally) => tally.fired.filter(({ index }) => index >= own));
  return fired.length + spoiltSpans.length;
}

/** What others have exported in `live` stands in a store already. */
function ownSpans({ mode, spans }: Run): readonly Span[] {
  return mode === "live" ? spans.filter((span) => serviceOf(span) === "troupe") : spans;
}

const EXPORT_SPANS_MAX = 1000;

/** The spans as requests that any receiver has room for. */
function exportsOf(spans: readonly Span[]): readonly RunExport[] {
  const starts = Array.from({ length: Math.ceil(spans.length / EXPORT_SPANS_MAX) }, (_, at) => at * EXPORT_SPANS_MAX);
  return starts.map((start) => {
    const some = spans.slice(start, start + EXPORT_SPANS_MAX);
    return { json: writeOtlpJson(some), spans: some.length };
  });
}

/** A result as it crosses: its lazy parts computed or left out. */
function crossing(result: RunResult, { hasDigests, hasTrees }: Detail): RunResult {
  // Each key by hand: a spread would ask for the digests.
  const { spansDigest, canonicalDigest } = hasDigests ? result : { spansDigest: "", canonicalDigest: "" };
  return {
    scenario: result.scenario,
    file: result.file,
    seed: result.seed,
    mode: result.mode,
    verdict: result.verdict,
    skipped: result.skipped,
    failures: result.failures,
    notes: result.notes,
    spansDigest,
    canonicalDigest,
    durationMs: result.durationMs,
    summary: result.summary,
    trees: hasTrees ? result.trees : [],
    messages: hasTrees ? result.messages : [],
    expectations: result.expectations,
    hops: result.hops,
    faults: result.faults,
    missing: result.missing,
    repeat: result.repeat,
  };
}

function isUnmet({ verdict }: RunResult): boolean {
  return verdict === "failed" || verdict === "inconclusive";
}

/** A worker thread of a suite: loads the files once, then plays the runs that it is asked for, one after the other. */
import { parentPort, workerData } from "node:worker_threads";
import { isTroupeError } from "../core/errors.ts";
import { writeOtlpJson } from "../format/otlp-write.ts";
import { prepareThread } from "../run/prepare-thread.ts";
import { native } from "../run/virtual-time/host.ts";
import { type LoadedScenario, loadScenarios } from "./load.ts";
import { playRun } from "./play-run.ts";
import type { RunResult } from "./result.ts";
import type { Detail, FromThread, RunExport, RunOrder, ThreadSettings, ToThread } from "./thread-messages.ts";
import type { Span } from "../trace/span.ts";
import { VERSION } from "../wire/version.ts";

if (parentPort === null) throw new Error("BUG: run-worker is no program of its own");
const port = parentPort;
const { process } = globalThis;
// The suite of the same version, in the thread that started this one, is the only one that writes it.
const { paths, play, detail, mayMissSnapshots, beats, beatMs } = workerData as ThreadSettings;

beat(new Int32Array(beats));
capture(process.stdout);
capture(process.stderr);
await refusing(async () => {
  // User modules capture timers and tracers when they load.
  prepareThread();
  const loaded = await loadScenarios(paths, (file) => tell({ kind: "loading", file }), mayMissSnapshots);
  const scenarios = loaded.map(({ scenario, file, path, snapshots }) => {
    return { scenario: scenario.name, file, path, snapshots };
  });
  tell({ kind: "loaded", version: VERSION, scenarios });
  // Only now: a thread that listens is never idle, and would not notice a file whose top level waits for ever.
  let queue: Promise<unknown> = Promise.resolve();
  port.on("message", (message: ToThread) => {
    if (message.kind === "play") queue = queue.then(() => refusing(() => playAll(loaded, message.runs)));
    // Not a termination, so that what runs at `exit` still can.
    else process.exit();
  });
});

async function playAll(loaded: readonly LoadedScenario[], runs: readonly RunOrder[]): Promise<void> {
  for (const { index, scenario, seed } of runs) {
    const one = loaded[scenario];
    if (one === undefined) throw new Error(`BUG: no scenario ${scenario}`);
    const { result, faults, spans } = await playRun(one, seed, play);
    const exports = detail.hasExports === true ? exportsOf(spans) : [];
    tell({ kind: "played", index, result: crossing(result, detail), faults, exports });
  }
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
  const isUnmet = result.verdict === "failed" || result.verdict === "inconclusive";
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
    trees: hasTrees || isUnmet ? result.trees : [],
    messages: hasTrees || isUnmet ? result.messages : [],
    expectations: result.expectations,
    hops: result.hops,
    faults: result.faults,
    missing: result.missing,
    repeat: result.repeat,
  };
}

function tell(message: FromThread): void {
  port.postMessage(message);
}

/** A refusal ends the suite; anything else that is thrown ends this thread, which its starter hears of. */
async function refusing(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    tell({ kind: "refused", code: error.code, faults: error.faults });
  }
}

/** Counts up as long as the event loop comes round; a loop, or a chain of microtasks, that never ends starves it. */
function beat(count: Int32Array): void {
  native.setInterval(() => Atomics.add(count, 0, 1), beatMs).unref();
}

/** Sends on what is printed at once: a thread's own streams wait for their reader, and lose the rest when it ends. */
function capture(stream: NodeJS.WriteStream): void {
  const decoder = new TextDecoder();
  stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    tell({ kind: "output", text: typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }) });
    const done = rest.find((one) => typeof one === "function");
    if (done !== undefined) queueMicrotask(() => void Reflect.apply(done, undefined, []));
    return true;
  };
}

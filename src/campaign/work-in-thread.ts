import { parentPort, workerData } from "node:worker_threads";
import { isTroupeError } from "../core/errors.ts";
import { prepareThread } from "../run/prepare-thread.ts";
import { native } from "../run/virtual-time/host.ts";
import { VERSION } from "../wire/version.ts";
import type { FromThread, PlayedOrder, RunOrder, ScenarioName, ThreadData, ToThread } from "./thread-messages.ts";

const { process } = globalThis;

/** What a thread has loaded. */
interface Loaded<Result> {
  readonly scenarios: readonly ScenarioName[];
  /** Plays what stands at a place among them. */
  readonly play: (place: number, seed: number, breaks?: RunOrder["breaks"]) => Promise<PlayedOrder<Result>>;
}

/** The whole life of a worker thread of a crew: loads once, then plays what it is asked for, one after the other. */
export async function workInThread<Result>(
  load: (settings: unknown, onFile: (file: string) => void) => Promise<Loaded<Result>>,
): Promise<void> {
  if (parentPort === null) throw new Error("BUG: this is no program of its own");
  const port = parentPort;
  const { settings, beats, beatMs } = workerData as ThreadData;
  const tell = (message: FromThread<Result>): void => port.postMessage(message);
  beat(new Int32Array(beats), beatMs);
  for (const stream of [process.stdout, process.stderr]) capture(stream, (text) => tell({ kind: "output", text }));
  const refusing = refusingWith(tell);
  await refusing(async () => {
    // User modules capture timers and tracers when they load.
    prepareThread();
    const { scenarios, play } = await load(settings, (file) => tell({ kind: "loading", file }));
    tell({ kind: "loaded", version: VERSION, scenarios });
    const playAll = async (runs: Extract<ToThread, { kind: "play" }>["runs"]): Promise<void> => {
      for (const { index, scenario, seed, breaks } of runs)
        tell({ kind: "played", index, ...(await play(scenario, seed, breaks)) });
    };
    // Only now: a thread that listens is never idle, and would not notice a file whose top level waits for ever.
    let queue: Promise<unknown> = Promise.resolve();
    port.on("message", (message: ToThread) => {
      if (message.kind === "play") queue = queue.then(() => refusing(() => playAll(message.runs)));
      // Not a termination, so that what runs at `exit` still can.
      else process.exit();
    });
  });
}

/** A refusal ends the suite; anything else that is thrown ends this thread, which its starter hears of. */
function refusingWith(tell: (message: FromThread<never>) => void): (work: () => Promise<void>) => Promise<void> {
  return async (work) => {
    try {
      await work();
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      tell({ kind: "refused", code: error.code, faults: error.faults });
    }
  };
}

/** Counts up as long as the event loop comes round; a loop, or a chain of microtasks, that never ends starves it. */
function beat(count: Int32Array, beatMs: number): void {
  native.setInterval(() => Atomics.add(count, 0, 1), beatMs).unref();
}

/** Sends on what is printed at once: a thread's own streams wait for their reader, and lose the rest when it ends. */
function capture(stream: NodeJS.WriteStream, tell: (text: string) => void): void {
  const decoder = new TextDecoder();
  stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    tell(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
    const done = rest.find((one) => typeof one === "function");
    if (done !== undefined) queueMicrotask(() => void Reflect.apply(done, undefined, []));
    return true;
  };
}

import { Worker } from "node:worker_threads";
import { native } from "../run/virtual-time/host.ts";
import type { FromThread, ThreadData, ToThread } from "./thread-messages.ts";

/** How a thread came to its end without having been asked to. */
export type ThreadEnd =
  /** It gave no sign of life for longer than it may. */
  | { readonly why: "silent"; readonly silentMs: number }
  | { readonly why: "exited"; readonly code: number }
  /** Nobody caught what was thrown in it, or it ran out of memory. */
  | { readonly why: "threw"; readonly error: unknown };

/** The programs of threads: modules of this folder. */
export type ThreadScript = "run-worker" | "replay-worker";

export interface ThreadListener<Result> {
  readonly onMessage: (message: FromThread<Result>) => void;
  /** Heard once, after the last message. */
  readonly onEnd: (end: ThreadEnd) => void;
}

export interface ThreadLimits {
  /** How long a thread may keep its event loop from coming round. */
  readonly silentMs: number;
  /** The same while it loads: a large module is evaluated in one go. */
  readonly silentLoadMs: number;
  /** The most that its heap may hold; Node's own limit where it is left out. */
  readonly heapMib?: number;
}

/** A worker thread under watch. */
export class Thread<Result> {
  readonly #worker: Worker;
  readonly #listener: ThreadListener<Result>;
  readonly #limits: ThreadLimits;
  readonly #beats: Int32Array;
  readonly #watch: NodeJS.Timeout;
  readonly #pulseMs: number;
  readonly #gone: Promise<void>;
  #beatsSeen = 0;
  /** Counted in pulses of this thread's own, so that a machine which slept for an hour has lost nobody. */
  #silentMs = 0;
  #isLoaded = false;
  #isEnded = false;

  constructor(
    { script, settings }: { readonly script: ThreadScript; readonly settings: object },
    limits: ThreadLimits,
    listener: ThreadListener<Result>,
  ) {
    const beats = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#listener = listener;
    this.#limits = limits;
    this.#beats = new Int32Array(beats);
    this.#pulseMs = Math.min(PULSE_MS, limits.silentMs / 4, limits.silentLoadMs / 4);
    const workerData: ThreadData = { settings, beats, beatMs: this.#pulseMs };
    this.#worker = new Worker(entry(script), {
      workerData,
      ...(IS_SOURCE ? { execArgv: [...globalThis.process.execArgv, "--conditions=troupe-source"] } : {}),
      // Standard output is for documents and reports.
      stdout: true,
      stderr: true,
      ...(limits.heapMib === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: limits.heapMib } }),
    });
    this.#gone = new Promise((resolve) => void this.#worker.once("exit", () => resolve()));
    this.#listen();
    this.#watch = native.setInterval(() => this.#look(), this.#pulseMs);
  }

  tell(message: ToThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    this.#worker.postMessage(message);
  }

  /** Ends the thread, which may first do what it does at its exit; by force if it does not let go. Nobody hears of the end. */
  async stop(): Promise<void> {
    this.#end();
    this.tell({ kind: "stop" });
    const force = native.setTimeout(() => void this.#worker.terminate(), STOP_MS);
    await this.#gone;
    native.clearTimeout(force);
  }

  #listen(): void {
    const { onMessage } = this.#listener;
    this.#worker.on("message", (message: FromThread<Result>) => {
      if (message.kind === "loaded") this.#isLoaded = true;
      if (!this.#isEnded) onMessage(message);
    });
    // What Node itself says in the thread, such as warnings; what code under test prints comes as messages.
    for (const stream of [this.#worker.stdout, this.#worker.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => onMessage({ kind: "output", text }));
    this.#worker.on("error", (error: unknown) => this.#end({ why: "threw", error }));
    this.#worker.on("exit", (code) => this.#end({ why: "exited", code }));
  }

  #look(): void {
    const beats = Atomics.load(this.#beats, 0);
    this.#silentMs = beats === this.#beatsSeen ? this.#silentMs + this.#pulseMs : 0;
    this.#beatsSeen = beats;
    const silentMs = this.#isLoaded ? this.#limits.silentMs : this.#limits.silentLoadMs;
    if (this.#silentMs < silentMs) return;
    this.#end({ why: "silent", silentMs });
    void this.#worker.terminate();
  }

  #end(end?: ThreadEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    native.clearTimeout(this.#watch);
    if (end !== undefined) this.#listener.onEnd(end);
  }
}

/** How often a thread shows that it lives, and is looked at. */
const PULSE_MS = 100;
/** How long a thread that was asked to end may take. */
const STOP_MS = 1000;

/** Whether this is the package's source, which threads too have to be told of: by a loader, and by a condition. */
const IS_SOURCE = import.meta.url.endsWith(".ts");

/** What a thread runs. From source it first has to learn TypeScript: tsx, given as a flag, teaches the main thread alone. */
function entry(script: ThreadScript): URL {
  const url = new URL(import.meta.url.replace(/thread(\.\w+)$/, `${script}$1`));
  if (!IS_SOURCE) return url;
  const [tsx, module] = [import.meta.resolve("tsx/esm/api"), url.href].map((one) => JSON.stringify(one));
  const code = `import { register } from ${tsx}; register(); await import(${module});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

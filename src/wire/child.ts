import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { Socket } from "node:net";
import { once } from "node:events";
import { Duplex, PassThrough, type Readable, type Writable } from "node:stream";

export interface ChildRequest {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** What messages call it: `server orders`. */
  readonly label: string;
  /** The folder that it works in; default: this process's. */
  readonly cwd?: string;
  /**
   * A program that knows nothing of Troupe: it gets no channel, and the leader of a group of processes that ends with it
   * and with this process, whatever it has started itself. Needs a POSIX shell.
   */
  readonly isForeign?: boolean;
  /** A folder for it, which goes when this process dies before it could remove it; for a foreign one only. */
  readonly folder?: string;
}

/** How a child ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderrTail: string;
  /** Where its code and signal do not tell: it could not start, flooded stderr, or hung at its end. */
  readonly why?: string;
}

/** One child process, with its pipes and a channel for control messages. */
export interface Child {
  readonly label: string;
  /** Absent when it could not start. */
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The last 8 KiB that it wrote to stderr. */
  readonly stderrTail: string;
  /** Resolves, never rejects, once it has ended and all that it wrote and sent has been read. */
  readonly exited: Promise<ChildExit>;
  /** Whether {@link exited} has come. */
  readonly isOver: boolean;
  /** A control message, by structured clone. One that comes too late is dropped. */
  send(message: object): void;
  /** Control messages from the child; those from before the first listener wait for it. Returns the way to unsubscribe. */
  onMessage(listener: (message: unknown) => void): () => void;
  /** As {@link exited}, for those who lose interest. Returns the way to unsubscribe. */
  onExit(listener: (exit: ChildExit) => void): () => void;
  /** This process no longer stays alive for it, until {@link hold}: it waits, and nobody waits for it. */
  letGo(): void;
  hold(): void;
  /** SIGKILL. */
  kill(): void;
  /**
   * Asks it to leave, closes its stdin and its channel, and kills it when it has not ended after `limitMs`. What is not
   * Troupe's own is asked by `signal`, where one is given, and else by the end of its stdin alone.
   */
  end(limitMs: number, signal?: NodeJS.Signals): Promise<ChildExit>;
}

/** The descriptor under which a child finds its lifeline; 3 is the channel. */
export const LIFELINE_FD = 4;

const STDERR_TAIL_BYTES = 8 * 1024;
const STDERR_BYTES_MAX = 16 * 1024 * 1024;
/** A grandchild may hold the pipes open for ever after the child has gone. */
const PIPES_LIMIT_MS = 500;

/**
 * Starts a child process. What goes wrong, even at the start, comes as its {@link ChildExit}: nothing throws.
 *
 * Nothing stays behind: children still alive are killed when this process exits, and a child that holds its lifeline
 * (`holdLifeline`) leaves even where this process was killed.
 */
export function startChild(request: ChildRequest): Child {
  const { command, args, env, label, cwd, isForeign = false, folder = "" } = request;
  const options = { env, windowsHide: true, ...(cwd === undefined ? {} : { cwd }) };
  const own: SpawnOptions = { ...options, stdio: ["pipe", "pipe", "pipe", "ipc", "pipe"], serialization: "advanced" };
  const foreign: SpawnOptions = { ...options, stdio: ["pipe", "pipe", "pipe", "ignore", "pipe"], detached: true };
  try {
    if (cwd !== undefined && !isFolder(cwd)) throw new Error(`there is no folder ${cwd}`);
    const child = isForeign
      ? spawn("/bin/sh", ["-c", GUARDED, folder, command, ...args], foreign)
      : spawn(command, args, own);
    return new RunningChild(request, child);
  } catch (error) {
    return new RunningChild({ label, isForeign }, undefined, whyNotStarted(error));
  }
}

/**
 * Becomes the command, after it has left a watcher in its group of processes: where the lifeline ends, because this
 * process closed it or has died in whatever way, the watcher removes the folder `$0` and kills the group.
 */
const GUARDED = `
(trap '' HUP INT TERM; while read -r _ <&${LIFELINE_FD}; do :; done; [ -z "$0" ] || rm -rf -- "$0"; kill -9 0) \\
  </dev/null >/dev/null 2>&1 ${LIFELINE_FD}<&${LIFELINE_FD} &
exec "$@" ${LIFELINE_FD}<&-`;

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

const alive = new Set<ChildProcess>();
let isGuarded = false;

/** One handler for all children, or hundreds of them would leak listeners. */
function guard(child: ChildProcess): void {
  alive.add(child);
  if (isGuarded) return;
  isGuarded = true;
  process.on("exit", () => {
    for (const orphan of alive) orphan.kill("SIGKILL");
    // The groups of foreign children end with their lifelines.
  });
}

class RunningChild implements Child {
  readonly label: string;
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly exited: Promise<ChildExit>;
  readonly #isForeign: boolean;
  readonly #process: ChildProcess | undefined;
  readonly #lifeline: Duplex | undefined;
  readonly #messageListeners = new Set<(message: unknown) => void>();
  readonly #unheard: unknown[] = [];
  readonly #exitListeners = new Set<(exit: ChildExit) => void>();
  readonly #resolveExited: (exit: ChildExit) => void;
  #stderr: Buffer = Buffer.alloc(0);
  #stderrBytes = 0;
  #why: string | undefined;
  #exit: ChildExit | undefined;

  constructor(
    { label, isForeign = false }: Pick<ChildRequest, "label" | "isForeign">,
    child: ChildProcess | undefined,
    whyNot?: string,
  ) {
    let resolveExited: (exit: ChildExit) => void = () => {};
    this.exited = new Promise((resolve) => (resolveExited = resolve));
    this.#resolveExited = resolveExited;
    this.label = label;
    this.#isForeign = isForeign;
    this.#process = child;
    this.pid = child?.pid;
    this.stdin = child?.stdin ?? new PassThrough().destroy();
    this.stdout = child?.stdout ?? new PassThrough().destroy();
    const lifeline = child?.stdio[LIFELINE_FD];
    this.#lifeline = lifeline instanceof Duplex ? lifeline : undefined;
    this.#why = whyNot;
    if (child === undefined) this.#finish(null, null);
    else this.#watch(child);
  }

  get stderrTail(): string {
    // The cut may have gone through a character.
    const start = this.#stderr.findIndex((byte) => (byte & 0xc0) !== 0x80);
    return this.#stderr.subarray(Math.max(start, 0)).toString();
  }

  get isOver(): boolean {
    return this.#exit !== undefined;
  }

  send(message: object): void {
    if (this.#process?.connected) this.#process.send(message, ignore);
  }

  onMessage(listener: (message: unknown) => void): () => void {
    this.#messageListeners.add(listener);
    for (const message of this.#unheard.splice(0)) listener(message);
    return () => this.#messageListeners.delete(listener);
  }

  onExit(listener: (exit: ChildExit) => void): () => void {
    const { exited } = this;
    if (this.#exit === undefined) this.#exitListeners.add(listener);
    else void exited.then((exit) => listener(exit));
    return () => this.#exitListeners.delete(listener);
  }

  letGo(): void {
    for (const handle of this.#handles()) handle?.unref();
  }

  hold(): void {
    // What it wrote in earlier runs is no part of the next.
    this.#stderr = Buffer.alloc(0);
    this.#stderrBytes = 0;
    for (const handle of this.#handles()) handle?.ref();
  }

  kill(): void {
    this.#process?.kill("SIGKILL");
    if (this.#isForeign) this.#killGroup();
  }

  async end(limitMs: number, signal?: NodeJS.Signals): Promise<ChildExit> {
    if (this.#exit !== undefined) return this.#exit;
    const limit = setTimeout(() => this.#killBecause(`it hung at its end for ${limitMs} ms`), limitMs);
    try {
      this.stdin.end();
      if (!this.#isForeign) this.#lifeline?.write(".");
      else if (signal !== undefined) this.#process?.kill(signal);
      if (this.#process?.connected) this.#process.disconnect();
      return await this.exited;
    } finally {
      clearTimeout(limit);
    }
  }

  /** The watcher would do the same, a little later. As long as it lives, no other group can have this number. */
  #killGroup(): void {
    const { pid } = this;
    if (pid === undefined || this.#lifeline?.destroyed !== false) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
    this.#lifeline.destroy();
  }

  #handles(): readonly ({ ref(): unknown; unref(): unknown } | null | undefined)[] {
    const pipes = this.#process?.stdio.map((pipe) => (pipe instanceof Socket ? pipe : null)) ?? [];
    return [this.#process, this.#process?.channel, ...pipes];
  }

  #watch(child: ChildProcess): void {
    for (const pipe of child.stdio) pipe?.on("error", ignore);
    // Its end is seen only by one who reads; the child never writes there.
    this.#lifeline?.resume();
    child.stderr?.on("data", (chunk: Buffer) => this.#keepStderr(chunk));
    child.on("message", (message) => {
      if (this.#messageListeners.size === 0) this.#unheard.push(message);
      for (const listener of this.#messageListeners) listener(message);
    });
    child.on("error", (error) => {
      if (child.pid !== undefined) return;
      this.#why = whyNotStarted(error);
      if (child.connected) child.disconnect();
      for (const pipe of child.stdio) pipe?.destroy();
      this.#finish(null, null);
    });
    child.once("exit", (code, signal) => {
      alive.delete(child);
      if (this.#isForeign) this.#killGroup();
      void this.#allRead(child).then(() => this.#finish(code, signal));
    });
    if (child.pid !== undefined) guard(child);
  }

  /** Not the child's own `close` event, which does not come where the channel was closed from this side. */
  async #allRead(child: ChildProcess): Promise<void> {
    const { stdout, stderr } = child;
    const limit = setTimeout(() => {
      stdout?.destroy();
      stderr?.destroy();
      if (child.connected) child.disconnect();
    }, PIPES_LIMIT_MS);
    const ends = [stdout, stderr].flatMap((pipe) => (pipe === null || pipe.closed ? [] : [once(pipe, "close")]));
    // What the child said last over the channel may come after its exit.
    if (child.connected) ends.push(once(child, "disconnect"));
    await Promise.allSettled(ends);
    clearTimeout(limit);
  }

  #keepStderr(chunk: Buffer): void {
    this.#stderrBytes += chunk.length;
    this.#stderr = Buffer.concat([this.#stderr, chunk.subarray(-STDERR_TAIL_BYTES)]).subarray(-STDERR_TAIL_BYTES);
    if (this.#stderrBytes > STDERR_BYTES_MAX) this.#killBecause("flooded stderr");
  }

  #killBecause(why: string): void {
    if (this.#process?.exitCode !== null || this.#process.signalCode !== null) return;
    this.#why ??= why;
    this.kill();
  }

  #finish(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#exit !== undefined) return;
    const { stderrTail } = this;
    const exit = { code, signal, stderrTail, ...(this.#why === undefined ? {} : { why: this.#why }) };
    this.#exit = exit;
    this.#resolveExited(exit);
    for (const listener of this.#exitListeners) listener(exit);
    this.#exitListeners.clear();
  }
}

/** A pipe to a child that has gone reports it as an error; its exit says all there is to say. */
function ignore(): void {}

function whyNotStarted(error: unknown): string {
  return `it could not start (${error instanceof Error ? error.message : String(error)})`;
}

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { connect } from "node:net";
import { expect, onTestFinished, vi } from "vitest";
import { type Exited, TROUPE } from "../../cli/run-child.ts";

const [NODE, ...NODE_ARGS] = TROUPE;

/** What starts `troupe serve` with these words, as a client's configuration says it. */
export function serveCommand(...words: readonly string[]): { readonly command: string; readonly args: string[] } {
  return { command: NODE, args: [...NODE_ARGS, "serve", ...words] };
}

export interface Serving {
  readonly pid: number;
  /** Where it listens. */
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly printed: () => Omit<Exited, "code">;
  /** Resolves when it has ended. */
  readonly exited: Promise<Exited>;
  /** Sends it a signal and waits for its end. */
  stop(signal: NodeJS.Signals): Promise<Exited>;
}

/**
 * `troupe serve` as a process of its own that listens; it is gone after the test, or at the hands of `stopWhen`.
 * With `isGroup` it has a process group of its own.
 *
 * @throws Error with what it printed when it ends before it listens.
 */
export async function serving(
  words: readonly string[],
  {
    env = {},
    atEnd = onTestFinished,
    isGroup = false,
  }: { readonly env?: Readonly<Record<string, string>>; readonly atEnd?: AtEnd; readonly isGroup?: boolean } = {},
): Promise<Serving> {
  const { command, args } = serveCommand(...words);
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: isGroup,
  });
  let [out, err] = ["", ""];
  const exited = new Promise<Exited>((resolve) => child.on("close", (code) => resolve({ code, out, err })));
  atEnd(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      // Its last line: an address of a card, or the end of a configuration or of an environment.
      const isAll = /\n(?:\}|its card: .*|export ANTHROPIC_(?:API_KEY|AUTH_TOKEN)=.*)\n$/.test(out);
      const found = / at (\S+)\n/.exec(out)?.[1];
      if (isAll && found !== undefined) resolve(found);
    });
    void exited.then((exit) => reject(new Error(`it ended first: ${JSON.stringify(exit)}`)));
  });
  return {
    pid: child.pid ?? 0,
    url,
    child,
    printed: () => ({ out, err }),
    exited,
    stop: async (signal) => {
      child.kill(signal);
      return await exited;
    },
  };
}

export type AtEnd = (work: () => Promise<void>) => unknown;

export interface Ran extends Exited {
  readonly pid: number;
}

/** `troupe` with these words, its input closed or `input`, to its end. */
export async function ran(
  words: readonly string[],
  {
    env = {},
    cwd,
    input = "",
  }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string; readonly input?: string } = {},
): Promise<Ran> {
  const child = spawn(NODE, [...NODE_ARGS, ...words], {
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on("error", () => {}).end(input);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err, pid: child.pid ?? 0 };
}

/** The processes that one has started to serve its own mocks. */
export function childrenOf(pid: number): readonly number[] {
  const all = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  return all.split("\n").flatMap((line) => {
    const [, child, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === pid && command.includes(" serve ") ? [Number(child)] : [];
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until none of these processes is there: a killed one goes when the machine comes round to it. */
export async function gone(pids: readonly number[]): Promise<void> {
  expect(pids.length).toBeGreaterThan(0);
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 10_000, interval: 20 });
}

/** Whether anybody listens there. */
export function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

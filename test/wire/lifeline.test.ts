import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Socket, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Child, startChild } from "../../src/wire/child.ts";

const FIXTURE = fileURLToPath(new URL("children/lifeline.ts", import.meta.url));
const PATIENCE_MS = 30_000;

function fixture(...args: readonly string[]): Child {
  return startChild({
    command: process.execPath,
    args: ["--import", "tsx", FIXTURE, ...args],
    env: {},
    label: "fixture",
  });
}

/** A spinning child tells its pid over a socket, which the kernel closes when the process has gone. */
async function spinnerHarness(): Promise<{ port: string; pid: Promise<number>; gone: Promise<void>; close(): void }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const connected = once(server, "connection").then(([socket]) => socket as Socket);
  const pid = connected.then(async (socket) => Number(String((await once(socket, "data"))[0])));
  const gone = connected.then(
    (socket) => new Promise<void>((resolve) => socket.on("error", () => {}).once("close", () => resolve())),
  );
  return {
    port: String(typeof address === "object" ? address?.port : ""),
    pid,
    gone,
    close: () => server.close(),
  };
}

test(
  "a child that spins in a loop goes when its parent is killed",
  async () => {
    const spinner = await spinnerHarness();
    const parent = spawn(process.execPath, ["--import", "tsx", FIXTURE, "parent", spinner.port], {
      stdio: "inherit",
    });
    const pid = await spinner.pid;
    try {
      parent.kill("SIGKILL");
      await spinner.gone;
    } finally {
      killIfAlive(pid);
      spinner.close();
    }
    expect(parent.killed).toBe(true);
  },
  PATIENCE_MS,
);

test(
  "a parent that is terminated takes its spinning child along",
  async () => {
    const spinner = await spinnerHarness();
    const parent = spawn(process.execPath, ["--import", "tsx", FIXTURE, "parent", spinner.port], { stdio: "inherit" });
    const pid = await spinner.pid;
    try {
      parent.kill("SIGTERM");
      await spinner.gone;
    } finally {
      killIfAlive(pid);
      spinner.close();
    }
    expect(parent.killed).toBe(true);
  },
  PATIENCE_MS,
);

test(
  "a child that holds its lifeline leaves as soon as it is asked, by itself",
  async () => {
    const child = fixture("waiter");
    await new Promise((resolve) => child.onMessage(resolve));
    expect(await child.end(PATIENCE_MS)).toEqual({ code: 0, signal: null, stderrTail: "" });
  },
  PATIENCE_MS,
);

test(
  "a lifeline does not keep a process alive that has nothing else to do",
  async () => {
    expect(await fixture("idle").exited).toEqual({ code: 0, signal: null, stderrTail: "" });
  },
  PATIENCE_MS,
);

test(
  "where nobody holds the other end a lifeline does nothing",
  async () => {
    const alone = spawn(process.execPath, ["--import", "tsx", FIXTURE, "idle"], { stdio: "inherit" });
    expect(await once(alone, "exit")).toEqual([0, null]);
  },
  PATIENCE_MS,
);

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has gone, as it should.
  }
}

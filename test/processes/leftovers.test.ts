/** `troupe run --mode wire`, stopped in the middle: no process, port or file stays; and two at once. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { type Server, type Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { TROUPE } from "../cli/run-child.ts";
import { MARK, isAlive, newMark, processesWith } from "./machine.ts";
import { IS_LONG } from "./wire-runs.ts";

const OPTIONS = { timeout: 180_000 };
const [NODE, ...ARGS] = TROUPE;
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Hears the processes of the fixture: when one is there, when one was called, and, as its connection closes, gone. */
class Lookout {
  readonly server: Server = createServer((socket) => this.#hear(socket));
  readonly there = new Map<string, number>();
  readonly #gone: Promise<unknown>[] = [];
  readonly #called: Promise<void>;
  #onCalled = (): void => {};

  constructor() {
    this.#called = new Promise((resolve) => (this.#onCalled = resolve));
    cleanups.push(() => this.server.close());
  }

  async listen(): Promise<number> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    const address = this.server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  #hear(socket: Socket): void {
    this.#gone.push(new Promise((resolve) => socket.once("close", resolve)));
    let text = "";
    socket
      .on("error", () => {})
      .on("data", (chunk) => {
        text += chunk.toString();
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const [what, name = "", pid] of lines.map((one) => one.split(" "))) {
          this.there.set(name, Number(pid));
          if (what === "called") this.#onCalled();
        }
      });
  }

  /** A tool has been called, and its process does not come back from it. */
  called(): Promise<void> {
    return this.#called;
  }

  async allGone(): Promise<void> {
    await Promise.all(this.#gone);
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly mark: string;
  readonly temporary: string;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  output(): string;
}

function troupe(words: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const mark = newMark();
  const temporary = mkdtempSync(join(tmpdir(), "troupe-leftovers-"));
  const child = spawn(NODE, [...ARGS, ...words], {
    env: { ...process.env, ...env, [MARK]: mark, TMPDIR: temporary },
    // A group of its own, as a shell gives it: Ctrl-C reaches all of it.
    detached: true,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  cleanups.push(() => {
    for (const { pid } of processesWith(mark)) process.kill(pid, "SIGKILL");
    rmSync(temporary, { recursive: true, force: true });
  });
  const exited = once(child, "close").then(([code, signal]) => ({ code, signal }));
  return { child, mark, temporary, exited, output: () => text };
}

const QUICK = [
  { signal: "Ctrl-C", way: "hangs", transport: "stdio" },
  { signal: "SIGTERM", way: "spins", transport: "ws" },
  { signal: "SIGKILL", way: "spins", transport: "http" },
  { signal: "SIGKILL", way: "spins-at-load", transport: "stdio" },
] as const;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGKILL", "Ctrl-C"] as const;
const ALL = SIGNALS.flatMap((signal) =>
  (["hangs", "spins"] as const).flatMap((way) =>
    (["stdio", "http", "ws"] as const).map((transport) => ({ signal, way, transport })),
  ),
);
const CASES = IS_LONG ? [...ALL, QUICK[3]] : QUICK;

test.for(CASES)(
  "$signal in the middle leaves nothing of a run over $transport whose server $way",
  OPTIONS,
  async (one) => {
    const lookout = new Lookout();
    const port = await lookout.listen();
    const words = [
      "run",
      "test/processes/fixtures/leftover.scenario.ts",
      "--mode",
      "wire",
      "--transport",
      one.transport,
    ];
    const started = troupe(words, { TROUPE_TEST_PORT: String(port), TROUPE_TEST_WAY: one.way });
    const { child, mark, exited } = started;
    await Promise.race([lookout.called(), exited.then(() => Promise.reject(new Error(started.output())))]);
    expect([...lookout.there.keys()].toSorted()).toEqual(["between", "quick", "slow-inner"]);
    if (one.signal === "Ctrl-C") process.kill(-(child.pid ?? Number.NaN), "SIGINT");
    else child.kill(one.signal);
    const { code, signal } = await exited;
    expect([code, signal]).toEqual(
      { SIGINT: [130, null], SIGTERM: [143, null], SIGKILL: [null, "SIGKILL"], "Ctrl-C": [130, null] }[one.signal],
    );
    await lookout.allGone();
    await expect.poll(() => processesWith(mark), { interval: 20, timeout: 10_000 }).toEqual([]);
    await expect.poll(() => [...lookout.there.values()].filter((pid) => isAlive(pid))).toEqual([]);
    expect(filesIn(started)).toEqual([]);
  },
);

test("a suite that ends by itself leaves nothing", OPTIONS, async () => {
  const started = troupe(["run", "scenarios/delegation-chain.scenario.ts", "--mode", "wire"]);
  expect((await started.exited).code).toBe(0);
  await expect.poll(() => processesWith(started.mark), { interval: 20, timeout: 10_000 }).toEqual([]);
  expect(filesIn(started)).toEqual([]);
});

if (IS_LONG)
  test("two suites at once do not disturb each other", OPTIONS, async () => {
    const words = ["run", "scenarios/delegation-chain.scenario.ts", "scenarios/refund-handoff.scenario.ts", "--json"];
    const both = [troupe([...words, "--mode", "wire"]), troupe([...words, "--mode", "wire"])];
    const digests = await Promise.all(both.map((one) => digestsOf(one)));
    const simulated = await digestsOf(troupe(words));
    expect(digests).toEqual([simulated, simulated]);
    expect(simulated).toHaveLength(2);
  });

async function digestsOf(started: Started): Promise<readonly string[]> {
  const chunks: string[] = [];
  started.child.stdout?.on("data", (chunk) => chunks.push(String(chunk)));
  const { code } = await started.exited;
  if (code !== 0) throw new Error(started.output());
  const { runs }: { runs: { scenario: string; verdict: string; canonicalDigest: string }[] } = JSON.parse(
    chunks.join(""),
  );
  return runs.map((run) => `${run.scenario} ${run.verdict} ${run.canonicalDigest}`);
}

/** What is there but the TypeScript loader's own cache. */
function filesIn({ temporary }: Started): readonly string[] {
  return readdirSync(temporary).filter((name) => !name.startsWith("tsx-") && name !== "node-compile-cache");
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { RunResult } from "../../src/campaign/result.ts";
import { type SuiteRequest, runSuite } from "../../src/campaign/suite.ts";
import { loadScenarios } from "../../src/campaign/load.ts";
import { playRun } from "../../src/campaign/play-run.ts";

const OPTIONS = { timeout: 120_000 };
// Inside the package, so that `troupe` is this checkout.
const home = mkdtempSync(join("test", ".tmp-suite-"));
afterAll(() => rmSync(home, { recursive: true }));

/** A scenario file; `work` is the body of its agent, `top` stands at its top level. */
function scenario(name: string, work: string, top = ""): string {
  const path = join(home, `${name}.scenario.ts`);
  const text = `import { agent, defineScenario, user } from "troupe";
${top}
export default defineScenario({
  name: "${name}",
  agents: [agent("solo", async (turn) => { ${work} })],
  script: [user.says("Hello")],
});
`;
  writeFileSync(path, text);
  return path;
}

const SOUND = scenario("sound", `await turn.model(); return "done";`);

async function suiteOf(paths: readonly string[], changes: Partial<SuiteRequest> = {}) {
  return runSuite({ paths, seeds: [1], checkDeterminism: false, ...changes });
}

function told(runs: readonly RunResult[]): readonly string[] {
  return runs.map(({ scenario: name, seed, verdict }) => `${name} ${seed} ${verdict}`);
}

test.each([1, 2, 3])("with %i threads, results come by path and seed, each once", OPTIONS, async (jobs) => {
  // The first is the slowest, and its seeds go down.
  const slow = scenario("a-slow", `let x = 0; for (let i = 0; i < 3e6; i++) x += i % 7; return String(x);`);
  const heard: RunResult[] = [];
  const { runs } = await suiteOf([slow, SOUND], { seeds: [9, 3, 5], jobs, onRun: (run) => void heard.push(run) });
  const expected = ["a-slow", "sound"].flatMap((name) => [9, 3, 5].map((seed) => `${name} ${seed} passed`));
  expect(told(runs)).toEqual(expected);
  expect(told(heard)).toEqual(expected);
});

test("runs in threads leave the bytes that they leave in this one, for every shipped scenario", OPTIONS, async () => {
  const seeds = Array.from({ length: 6 }, (_, index) => index + 1);
  const { runs } = await suiteOf(["scenarios"], { seeds, jobs: 2 });
  const digests: unknown[] = [];
  for (const loaded of await loadScenarios(["scenarios"]))
    for (const seed of seeds) {
      const { result } = await playRun(loaded, seed, { mode: "sim", checkDeterminism: false });
      digests.push([loaded.path, seed, result.verdict, result.spansDigest, result.canonicalDigest]);
    }
  const paths = (await loadScenarios(["scenarios"])).flatMap(({ path }) => seeds.map(() => path));
  expect(runs.map((run, index) => [paths[index], run.seed, run.verdict, run.spansDigest, run.canonicalDigest])).toEqual(
    digests,
  );
  expect(new Set(runs.map(({ spansDigest }) => spansDigest)).size).toBeGreaterThan(seeds.length);
});

test("what was not asked for of a run that passed does not cross, and the rest is the same", OPTIONS, async () => {
  const bare = await suiteOf([SOUND], { detail: { hasDigests: false, hasTrees: false } });
  const whole = await suiteOf([SOUND]);
  const [run] = whole.runs;
  expect(run?.trees).toHaveLength(1);
  expect(run?.spansDigest).toMatch(/^[0-9a-f]{64}$/);
  expect(bare.runs).toEqual([{ ...run, spansDigest: "", canonicalDigest: "", trees: [], messages: [] }]);
});

test("a run that failed crosses with its tree, whatever was asked for", OPTIONS, async () => {
  const failing = scenario("failing", `await turn.model(); throw new Error("no");`);
  const { runs } = await suiteOf([failing], { detail: { hasDigests: false, hasTrees: false } });
  expect(runs[0]?.verdict).toBe("failed");
  expect(runs[0]?.trees).toHaveLength(1);
});

/** Long for a run of milliseconds on a busy machine, short for a test. */
const SILENT_MS = 3000;
const HANGS = {
  microtasks: "const again = (): Promise<void> => Promise.resolve().then(again); await again(); return turn.input;",
  ticks: "const again = (): void => process.nextTick(again); again(); return new Promise<string>(() => turn);",
  loop: "for (;;) if (turn.input === '') break; return turn.input;",
};

test(
  "endless loops and chains of promises are failed runs with a sentence, and the suite goes on",
  OPTIONS,
  async () => {
    const paths = Object.entries(HANGS).map(([name, work]) => scenario(name, work));
    const { verdict, runs } = await suiteOf([...paths, SOUND], {
      seeds: [4],
      limits: { silentMs: SILENT_MS },
      jobs: 3,
    });
    const names = Object.keys(HANGS);
    expect(verdict).toBe("failed");
    expect(told(runs)).toEqual([...names.map((name) => `${name} 4 failed`), "sound 4 passed"]);
    for (const [index, name] of names.entries()) {
      expect(runs[index]?.failures).toEqual([
        `${name} with seed 4 did not let go of its thread for 3 s: an endless loop, or a promise chain that never ends`,
      ]);
      expect(runs[index]?.repeat).toBe(`troupe run ${paths[index]} --seed 4`);
    }
  },
);

test("a computation that takes its time, but less than the limit, passes", OPTIONS, async () => {
  const path = scenario(
    "long",
    `const end = process.hrtime; let x = 0; for (let i = 0; i < 3e8; i++) x += i % 7; return String(x) + typeof end;`,
  );
  expect(told((await suiteOf([path])).runs)).toEqual(["long 1 passed"]);
});

test(
  "code that ends its thread outside of every agent fails the run at work, and the suite goes on",
  OPTIONS,
  async () => {
    // A timer of the top level is nobody's in particular, and runs beside what is simulated.
    const top = `const state = { isArmed: false };\nsetInterval(() => { if (state.isArmed) process.exit(3); }, 1);`;
    const path = scenario("leaver", `state.isArmed = true; return new Promise<string>(() => turn);`, top);
    const { runs } = await suiteOf([path, SOUND], { seeds: [1, 2], jobs: 1 });
    expect(told(runs)).toEqual(["leaver 1 failed", "leaver 2 failed", "sound 1 passed", "sound 2 passed"]);
    expect(runs[1]?.failures).toEqual([
      "leaver with seed 2 ended its thread: code under test called process.exit(3) outside of every agent and server",
    ]);
  },
);

test("a run that takes more memory than a thread may have fails, and the suite goes on", OPTIONS, async () => {
  const path = scenario(
    "hoarder",
    `const hoard: unknown[] = []; for (;;) hoard.push(new Array(1000).fill(turn.input + hoard.length));`,
  );
  const { runs } = await suiteOf([path, SOUND], { limits: { heapMib: 96 }, jobs: 1 });
  expect(told(runs)).toEqual(["hoarder 1 failed", "sound 1 passed"]);
  expect(runs[0]?.failures).toEqual(["hoarder with seed 1 took more memory than a thread may have"]);
});

test("a file that never finishes loading is refused by name", OPTIONS, async () => {
  const path = scenario("endless", `return "done";`, "for (;;) if (process.argv.length === 0) break;");
  const suite = suiteOf([SOUND, path], { limits: { silentLoadMs: 5000 } });
  await expect(suite).rejects.toThrow(`${path}: loading it did not let go of its thread for 5 s`);
});

test("a file that defines other scenarios in the next thread is refused", OPTIONS, async () => {
  const path = join(home, "shifty.scenario.ts");
  writeFileSync(
    path,
    `import { readFileSync, writeFileSync } from "node:fs";
import { agent, defineScenario, user } from "troupe";
const note = new URL("shifty.txt", import.meta.url);
let loads = "";
try { loads = readFileSync(note, "utf8"); } catch {}
writeFileSync(note, loads + "x");
// The first thread does not end before the second has begun.
const a = agent("a", async () => { while (readFileSync(note, "utf8").length < 2); return "x"; });
export const one = defineScenario({ name: loads === "" ? "one" : "other", agents: [a], script: [user.says("Hi")] });
`,
  );
  const seeds = Array.from({ length: 5000 }, (_, index) => index);
  await expect(suiteOf([path], { jobs: 2, seeds })).rejects.toThrow("other scenarios when it is loaded again");
});

test("a suite that is stopped gives what is done, says how much is not, and has not passed", OPTIONS, async () => {
  const stop = new AbortController();
  const seeds = Array.from({ length: 500 }, (_, index) => index + 1);
  const onRun = ({ seed }: RunResult): void => {
    if (seed === 3) stop.abort();
  };
  const { verdict, runs, notRun } = await suiteOf([SOUND], { seeds, jobs: 1, signal: stop.signal, onRun });
  expect(verdict).toBe("inconclusive");
  expect(runs.length).toBeGreaterThanOrEqual(3);
  expect([runs.length + notRun, notRun > 0]).toEqual([500, true]);
});

test("what code under test prints is heard in order, before the run that printed it ends", OPTIONS, async () => {
  const path = scenario("noisy", `console.log("one"); console.error("two"); return "done";`, `console.log("loading");`);
  const heard: string[] = [];
  await suiteOf([path], {
    seeds: [1, 2],
    jobs: 1,
    onOutput: (text) => void heard.push(text),
    onRun: ({ seed }) => void heard.push(`run ${seed}`),
  });
  expect(heard).toEqual(["loading\n", "one\n", "two\n", "run 1", "one\n", "two\n", "run 2"]);
});

test("progress counts each run once, up to all of them", OPTIONS, async () => {
  const heard: string[] = [];
  const failing = scenario("failing-too", `throw new Error("no");`);
  await suiteOf([failing, SOUND], {
    jobs: 1,
    onProgress: ({ done, total, unmet, scenario: name, seed }) =>
      void heard.push(`${done}/${total} ${unmet} ${name} ${seed}`),
  });
  expect(heard).toEqual(["1/2 1 failing-too 1", "2/2 1 sound 1"]);
});

/** A thread that cannot load, after another has: the suite goes on with fewer. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { RunResult } from "../../src/campaign/result.ts";
import { runSuite } from "../../src/campaign/suite.ts";

const OPTIONS = { timeout: 60_000 };
// Inside the package, so that `troupe` is this checkout.
const home = mkdtempSync(join("test", ".tmp-threads-"));
afterAll(() => rmSync(home, { recursive: true }));

/** A scenario file that counts its loadings; `top` may read `loads`, the number of this one, and `work` may `waitForNote()`. */
function counting(name: string, top: string, work: string): { readonly path: string; readonly note: string } {
  const [path, note] = [join(home, `${name}.scenario.ts`), join(home, `${name}.note`)];
  writeFileSync(
    path,
    `import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { agent, defineScenario, user } from "troupe";
appendFileSync(new URL("${name}.loads", import.meta.url), "x");
const loads = readFileSync(new URL("${name}.loads", import.meta.url), "utf8").length;
const nap = new Int32Array(new SharedArrayBuffer(4));
const waitForNote = () => { while (!existsSync(new URL("${name}.note", import.meta.url))) Atomics.wait(nap, 0, 0, 20); };
const state = { isArmed: false };
${top}
export default defineScenario({
  name: "${name}",
  agents: [agent("solo", async (turn) => { ${work} })],
  script: [user.says("Hello")],
});
`,
  );
  return { path, note };
}

const verdicts = (runs: readonly RunResult[]): readonly string[] =>
  runs.map(({ seed, verdict }) => `${seed} ${verdict}`);

test.for([
  ["throws", `throw new Error("no database");`, "it throws while it loads: Error: no database"],
  ["exits", `process.exit(3);`, "code under test ended the process before the command was done"],
  ["loops", `for (;;) if (process.argv.length === 0) break;`, "loading it did not let go of its thread for 10 s"],
] as const)("a second thread that %s while it loads is told of and left out", OPTIONS, async ([name, top, words]) => {
  // The first thread does not end before the second has failed.
  const { path, note } = counting(name, `if (loads === 2) { ${top} }`, `waitForNote(); return "done";`);
  const heard: string[] = [];
  const { verdict, runs, notRun } = await runSuite({
    paths: [path],
    seeds: [1, 2, 3, 4],
    jobs: 2,
    checkDeterminism: false,
    // Long for a load on a busy machine; the first thread waits for it.
    limits: { silentLoadMs: name === "loops" ? 10_000 : 60_000, silentMs: 60_000 },
    onOutput: (text) => {
      heard.push(text);
      writeFileSync(note, "");
    },
  });
  expect([verdict, notRun, verdicts(runs)]).toEqual(["passed", 0, [1, 2, 3, 4].map((seed) => `${seed} passed`)]);
  expect(heard).toHaveLength(1);
  expect(heard[0]).toContain("troupe: one more thread did not load, and the suite goes on without it: ");
  expect(heard[0]).toContain(words);
});

/** A timer of the top level is nobody's in particular, and runs beside what is simulated. */
const LEAVING = `setInterval(() => { if (state.isArmed) process.exit(3); }, 1);`;

test("what a lost thread had left to do is done by one that was idle, where no other can load", OPTIONS, async () => {
  const { path, note } = counting(
    "lost",
    `${LEAVING}\nif (loads === 3) throw new Error("no database");`,
    // The first thread ends at its first run, once the other has nothing left to do.
    `if (loads === 2) return "done"; waitForNote(); state.isArmed = true; return new Promise<string>(() => turn);`,
  );
  const seeds = Array.from({ length: 40 }, (_, index) => index + 1);
  const heard: string[] = [];
  const { runs, notRun } = await runSuite({
    paths: [path],
    seeds,
    jobs: 2,
    checkDeterminism: false,
    limits: { silentMs: 60_000 },
    onOutput: (text) => void heard.push(text),
    // Of 40 runs, the first thread was given the first 10.
    onProgress: ({ done }) => {
      if (done === 30) writeFileSync(note, "");
    },
  });
  expect([notRun, verdicts(runs)]).toEqual([0, seeds.map((seed) => `${seed} ${seed === 1 ? "failed" : "passed"}`)]);
  expect(heard.join("")).toContain("Error: no database");
});

test("where no thread is left, and no other can load, the suite is refused", OPTIONS, async () => {
  const { path } = counting(
    "alone",
    `${LEAVING}\nif (loads === 2) throw new Error("no database");`,
    `state.isArmed = true; return new Promise<string>(() => turn);`,
  );
  const suite = runSuite({ paths: [path], seeds: [1, 2], jobs: 1, checkDeterminism: false });
  await expect(suite).rejects.toThrow("it throws while it loads: Error: no database");
});

/** What a CI server, and a person at a terminal, get from the program as a process. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runSchema } from "../../src/report/json-schema.ts";
import type { Exited } from "../cli/run-child.ts";
import { TROUPE } from "../cli/run-child.ts";

const OPTIONS = { timeout: 120_000 };
// Inside the package, so that `troupe` is this checkout; relative, as a user names files.
const home = mkdtempSync(join("test", ".tmp-ci-"));
afterAll(() => rmSync(home, { recursive: true }));

function scenario(name: string, work: string, folder: string = home): string {
  const path = join(folder, `${name}.scenario.mjs`);
  writeFileSync(
    path,
    `import { agent, defineScenario, user } from "troupe";
export default defineScenario({ name: "${name}", agents: [agent("solo", async (turn) => { ${work} })], script: [user.says("Hello")] });
`,
  );
  return path;
}

interface Watched extends Exited {
  readonly signal: NodeJS.Signals | null;
}

/** The program; `onOut` hears all that it has printed so far, and may send it a signal. */
function troupe(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onOut: (out: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Watched> {
  const [node, ...args] = TROUPE;
  const child = spawn(node, [...args, ...words], { env: { ...process.env, ...env } });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    onOut(out, (signal) => void child.kill(signal));
  });
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((done) => child.on("close", (code, signal) => done({ code, signal, out, err })));
}

const SOUND = scenario("sound", `await turn.model(); return "done";`);
const FAILING = scenario("failing", `if (turn.input !== "") throw new Error("50% @octocat"); return "";`);

test("standard output is the same to the byte for any number of threads", OPTIONS, async () => {
  // Of its own: what other tests write would be played too.
  const folder = join(home, "two");
  mkdirSync(folder);
  scenario("sound", `await turn.model(); return "done";`, folder);
  scenario("failing", `throw new Error("no");`, folder);
  const words = ["run", folder, "--seeds", "30"];
  const [one, three, any] = [
    await troupe([...words, "--jobs", "1"]),
    await troupe([...words, "--jobs", "3"]),
    await troupe(words),
  ];
  expect(one.out).toContain("60 runs: 30 failed, 30 passed");
  expect([three.out, any.out, three.code]).toEqual([one.out, one.out, 1]);
});

test(
  "--report github annotates the scenario's file from the checkout's root and adds to the step's summary",
  OPTIONS,
  async () => {
    const summary = join(home, "summary.md");
    writeFileSync(summary, "# Before\n");
    const env = { GITHUB_STEP_SUMMARY: summary, GITHUB_WORKSPACE: resolve("test") };
    const { code, out } = await troupe(["run", FAILING, SOUND, "--report", "github"], env);
    expect(code).toBe(1);
    const file = FAILING.replace("test/", "");
    expect(out).toContain(
      `\n::error file=${file},title=failing seed 1 sim failed::agent solo failed: Error: 50%25 @octocat%0Arepeat: `,
    );
    const text = readFileSync(summary, "utf8");
    expect(text).toMatch(/^# Before\n## ❌ Troupe/);
    expect(text).toContain("agent solo");
  },
);

test("annotations leave standard output to a document", OPTIONS, async () => {
  const file = join(home, "new", "summary.md");
  const { out, err } = await troupe(["run", FAILING, "--json", "--report", `github=${file}`], {
    GITHUB_STEP_SUMMARY: "",
  });
  expect(runSchema.parse(JSON.parse(out)).verdict).toBe("failed");
  expect(err).toMatch(/^::error /m);
  expect(readFileSync(file, "utf8")).toContain("## ❌ Troupe");
});

test.for<readonly [NodeJS.Signals, number]>([
  ["SIGINT", 130],
  ["SIGTERM", 143],
])("%s ends a suite with its sum, its reports and exit code %i", OPTIONS, async ([signal, exitCode]) => {
  mkdirSync(join(home, signal));
  const report = join(home, signal, "report.json");
  let isSent = false;
  const words = ["run", SOUND, "--seeds", "200000", "--report", `json=${report}`];
  const { code, out, err } = await troupe(words, {}, (soFar, kill) => {
    if (!isSent && soFar.includes("seed 3")) {
      isSent = true;
      kill(signal);
    }
  });
  expect(code).toBe(exitCode);
  expect(err).toBe("");
  expect(out).toMatch(/\n[\d,]+ runs: [\d,]+ passed; stopped with [\d,]+ not run\n$/);
  const { verdict, runs, notRun } = runSchema.parse(JSON.parse(readFileSync(report, "utf8")));
  expect(verdict).toBe("inconclusive");
  expect(runs.length + (notRun ?? 0)).toBe(200_000);
});

test("Ctrl-C ends a suite whose code does not let go of its thread", OPTIONS, async () => {
  const stuck = scenario("stuck", `console.log("stuck now"); for (;;) if (turn.input === "") return "";`);
  const [node, ...args] = TROUPE;
  const child = spawn(node, [...args, "run", stuck, SOUND]);
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.once("data", () => child.kill("SIGINT"));
  const code = await new Promise((done) => child.on("close", done));
  expect([code, out]).toEqual([130, "0 runs: nothing ran; stopped with 2 not run\n"]);
});

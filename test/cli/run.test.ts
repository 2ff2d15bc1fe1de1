import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SuiteResult } from "../../src/campaign/result.ts";
import type { SuiteRequest } from "../../src/campaign/suite.ts";
import { readArguments } from "../../src/cli/arguments.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { run } from "../../src/cli/run.ts";
import { runSchema } from "../../src/report/json-schema.ts";
import { PLAIN } from "../../src/report/paint.ts";
import { FAILED, runOf, suiteOf } from "../report/results.ts";
import { newFolder } from "./files.ts";

/** `troupe run` over a suite that has ended as given. */
async function ran(words: readonly string[], suite: SuiteResult) {
  const printed = { out: "", err: "" };
  const requests: SuiteRequest[] = [];
  const code = await run(
    readArguments("run", COMMANDS.run, words),
    {
      out: { paint: PLAIN, print: (text) => void (printed.out += `${text}\n`) },
      err: { paint: PLAIN, print: (text) => void (printed.err += `${text}\n`) },
    },
    async (request) => {
      requests.push(request);
      for (const result of suite.runs) request.onRun?.(result);
      return suite;
    },
  );
  return { code, ...printed, request: requests[0] };
}

test("run asks for the folder scenarios and seed 1 when nothing else is said", async () => {
  const { request } = await ran([], suiteOf());
  expect(request).toMatchObject({ paths: ["scenarios"], seeds: [1], checkDeterminism: false });
});

test("run hands paths, seeds and the determinism check on", async () => {
  const { request } = await ran(["a", "b.ts", "--seeds", "2..3", "--check-determinism"], suiteOf());
  expect(request).toMatchObject({ paths: ["a", "b.ts"], seeds: [2, 3], checkDeterminism: true });
});

test("wire and its transport are handed on", async () => {
  const { request } = await ran(["--mode", "wire", "--transport", "ws"], suiteOf());
  expect(request).toMatchObject({ mode: "wire", transport: "ws" });
});

test("programs go without the preload where that is asked for", async () => {
  const { request } = await ran(["--mode", "wire", "--no-preload"], suiteOf());
  expect(request).toMatchObject({ mode: "wire", hasPreload: false });
});

test.for([
  [["--transport", "http"], "sim mode has no transports"],
  [["--no-preload"], "sim mode starts no programs"],
  [["--mode", "wire", "--transport", "htp"], 'unknown transport "htp"'],
  [["--mode", "wire", "--check-determinism"], "real processes do not repeat themselves to the byte"],
] as const)("%j is refused: %s", async ([words, what]) => {
  await expect(ran(words, suiteOf())).rejects.toThrow(what);
});

test("a failed suite ends with 1, and its report goes to standard output", async () => {
  const { code, out, err } = await ran([], suiteOf(FAILED, runOf()));
  expect([code, err]).toEqual([1, ""]);
  expect(out).toMatch(/^✗ failed refund-handoff[^]*✓ passed refund-handoff[^]*2 runs: 1 failed, 1 passed\n/);
});

test("what passes is drawn for one seed, and a line for many", async () => {
  expect((await ran(["scenarios"], suiteOf(runOf()))).out).toContain("agent triage @agents");
  expect((await ran(["scenarios", "--seeds", "2"], suiteOf(runOf()))).out).not.toContain("agent triage @agents");
});

test("--json puts one document on standard output and everything else on standard error", async () => {
  const { out, err } = await ran(["--json"], suiteOf(FAILED));
  expect(runSchema.parse(JSON.parse(out)).verdict).toBe("failed");
  expect(err).toContain("1 run: 1 failed");
});

test("a report with a file is written there, also into a new folder", async () => {
  const folder = await newFolder();
  const file = join(folder.path, "new", "junit.xml");
  const { out } = await ran(["--report", `junit=${file}`], suiteOf(FAILED));
  expect(await readFile(file, "utf8")).toContain("<testsuites");
  expect(out).toContain("1 run: 1 failed");
});

test("two documents on standard output are refused", async () => {
  await expect(ran(["--json", "--report", "junit"], suiteOf())).rejects.toThrow(
    "json and junit cannot share standard output",
  );
});

test("a report that cannot be written is a wrong command that names the file", async () => {
  const folder = await newFolder();
  const file = await folder.write("taken", "");
  await expect(ran(["--report", `json=${join(file, "x.json")}`], suiteOf())).rejects.toThrow(
    /taken\/x\.json: .*cannot be written/,
  );
});

test("a random seed is printed, so that the run can be repeated", async () => {
  const { err, request } = await ran(["--seed", "random"], suiteOf());
  expect(err).toBe(`seed ${request?.seeds[0]}\n`);
});

test("faults of definitions that only running showed end with 2, whatever failed besides", async () => {
  const faults = [{ where: "a.ts, turn 1", what: "no tool x", mend: "Name one." }];
  const { code, err } = await ran([], { ...suiteOf(FAILED), faults });
  expect([code, err]).toEqual([2, "a.ts, turn 1: no tool x. Name one.\n"]);
});

test("run hands threads on, and asks for digests where a document needs them, for trees where all are drawn", async () => {
  expect((await ran(["--jobs", "3"], suiteOf())).request).toMatchObject({ jobs: 3, mode: "sim" });
  expect((await ran([], suiteOf())).request?.detail).toEqual({ hasDigests: false, hasTrees: true });
  expect((await ran(["--seeds", "2", "--report", "junit"], suiteOf())).request?.detail).toEqual({
    hasDigests: false,
    hasTrees: false,
  });
  expect((await ran(["--seeds", "2", "--json"], suiteOf())).request?.detail).toMatchObject({ hasDigests: true });
});

test("annotations follow the text on standard output, and go beside it where a document has that", async () => {
  expect((await ran(["--report", "github"], suiteOf(FAILED))).out).toMatch(/1 run: 1 failed\n::error file=/);
  const { out, err } = await ran(["--report", "github", "--json"], suiteOf(FAILED));
  expect([JSON.parse(out).verdict, /^::error file=/m.test(err)]).toEqual(["failed", true]);
});

test("a transport is refused in sim, and an unknown one everywhere", async () => {
  await expect(ran(["--transport", "ws"], suiteOf())).rejects.toThrow("sim mode has no transports");
  await expect(ran(["--transport", "wss"], suiteOf())).rejects.toThrow('unknown transport "wss"');
});

test("a suite that was stopped says how much was not run", async () => {
  const { out, code } = await ran([], { ...suiteOf(runOf()), verdict: "inconclusive", notRun: 1299 });
  expect([code, out]).toEqual([4, expect.stringContaining("1 run: 1 passed; stopped with 1,299 not run")]);
});

/** Cases of hostile traces, judged by the compiler, and run. */
import { execFile } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadScenarios } from "../../src/campaign/load.ts";
import { playRun } from "../../src/campaign/play-run.ts";
import { caseFiles } from "../../src/recording/case-files.ts";
import { redactor } from "../../src/recording/redactor.ts";
import { treesOf } from "../check/traces.ts";
import { hostileText, hostileTrace } from "../recording/hostile.ts";
import { recordingOf } from "../recording/round-trip.ts";

const FOLDER = join("test", `.tmp-hostile-${process.pid}`);
const CASES = 6;

beforeAll(async () => {
  const traces = fc.sample(fc.tuple(hostileTrace, hostileText), { numRuns: CASES, seed: 20 });
  for (const [index, [draft, description]] of traces.entries())
    for (const { path, text } of caseFiles(recordingOf(treesOf(draft), redactor()), {
      slug: `case-${index}`,
      description,
    })) {
      await mkdir(dirname(join(FOLDER, path)), { recursive: true });
      await writeFile(join(FOLDER, path), text);
    }
});

afterAll(() => rm(FOLDER, { recursive: true, force: true }));

test("the compiler takes them, strictly, and nothing that is wrong", async () => {
  const config = { extends: "../../tsconfig.json", compilerOptions: { noEmit: true }, include: ["**/*.ts"] };
  await writeFile(join(FOLDER, "tsconfig.json"), JSON.stringify(config));
  await writeFile(join(FOLDER, "wrong.ts"), 'import { recordedCase } from "troupe";\nrecordedCase();\n');
  const compiled: unknown = await promisify(execFile)("npx", ["tsc", "-p", FOLDER]).catch((error: unknown) => error);
  const { stdout = "" } = Object(compiled) as { readonly stdout?: string };
  const errors = stdout.split("\n").filter((line) => line.includes("error TS"));
  expect(errors).toEqual([expect.stringMatching(/wrong\.ts\(2,1\): error TS2554/)]);
  await rm(join(FOLDER, "wrong.ts"));
});

test("they run, pass, and leave nothing outside of their folders", async () => {
  const loaded = await loadScenarios([FOLDER]);
  const verdicts: string[] = [];
  for (const one of loaded) {
    const { result } = await playRun(one, 1, { mode: "sim", checkDeterminism: false });
    verdicts.push(result.verdict);
  }
  expect(verdicts).toEqual(Array.from({ length: CASES }, () => "passed"));
  const names = (await readdir(FOLDER)).filter((name) => name !== "tsconfig.json");
  expect(names.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
    Array.from({ length: CASES }, (_, index) => `case-${index}`),
  );
});

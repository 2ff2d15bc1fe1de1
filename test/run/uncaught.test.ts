import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { CASES } from "./uncaught-cases.ts";

let failures: Readonly<Record<string, readonly string[]>> = {};

beforeAll(async () => {
  const script = fileURLToPath(new URL("uncaught-cases.ts", import.meta.url));
  const args = ["--conditions=troupe-source", "--import", "tsx", script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  failures = z.record(z.string(), z.array(z.string())).parse(JSON.parse(stdout));
}, 60_000);

test.for(Object.keys(CASES))("%s is the run's failure, by the name of the agent", (name) => {
  expect(failures[name]).toEqual(["agent careless threw and nobody caught it: Error: boom"]);
});

test("what an earlier run left behind fails no later run", () => {
  expect(failures["an earlier run"]).toEqual([]);
});

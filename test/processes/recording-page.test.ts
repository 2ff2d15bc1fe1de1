/** Every example of docs/recording.md, run as it stands there, against a stand-in for the real model. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { TROUPE } from "../cli/run-child.ts";
import { serving } from "./fixtures-serve/serving.ts";

const page = readFileSync("docs/recording.md", "utf8");
// Inside the package, so that `troupe` is this checkout.
const folder = mkdtempSync(join("test", ".tmp-recording-page-"));
const sources = [...page.matchAll(/^```\w+\n(?:#|\/\/) (\S+)\n([\s\S]*?)^```$/gm)];
const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, lines = ""]) => lines.trim().split("\n"));

afterAll(() => rmSync(folder, { recursive: true }));

async function printed(line: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const words = line.replace(/^troupe /, `"${TROUPE.join('" "')}" `);
  const { stdout } = await promisify(execFile)("/bin/sh", ["-c", words], {
    cwd: folder,
    env: { ...process.env, ...env },
  });
  return stdout;
}

test("agents are recorded, and without the real model what was written passes, and is as the page shows it", async () => {
  for (const [, name = "", text = ""] of sources) if (!name.includes("/")) writeFileSync(join(folder, name), text);
  const real = await serving(["test/processes/fixtures-record/real.ts#gpt-5"]);
  const env = { OPENAI_BASE_URL: `${real.url}/v1`, OPENAI_API_KEY: "sk-real-1234567890abcdefgh" };
  const [command = "", first = "", inProcess = "", second = "", ...more] = commands;
  expect(more).toEqual([]);
  const [outside, inside] = await Promise.all([printed(command, env), printed(inProcess, env)]);
  expect(outside).toMatch(/^It is on its way\.\n[\s\S]*recorded 2 turns, 2 model calls\n/);
  expect(inside).toMatch(/^It is on its way\.\n[\s\S]*recorded 1 turn, 1 model call\n/);
  await real.stop("SIGTERM");
  for (const run of await Promise.all([printed(first), printed(second)])) expect(run).toMatch(/1 run: 1 passed/);
  const shown = sources.filter(([, name = ""]) => name.includes("/"));
  expect(shown.length).toBe(1);
  for (const [, name = "", text] of shown) expect(readFileSync(join(folder, name), "utf8")).toBe(text);
});

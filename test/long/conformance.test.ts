/**
 * The Model Context Protocol's own conformance suite against a mock under `troupe serve`. It stands in
 * test/fixtures/conformance, with a lock of its own, and is installed when it is not.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { serving } from "../processes/fixtures-serve/serving.ts";

const SUITE = "test/fixtures/conformance";
const PROGRAM = join(SUITE, "node_modules/@modelcontextprotocol/conformance/dist/index.js");

beforeAll(() => {
  if (!existsSync(PROGRAM)) execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: SUITE, stdio: "inherit" });
}, 300_000);

interface Judged {
  readonly code: number | null;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

/** What the suite says of a mock that is served: its exit code, with what is expected to fail taken out, and each scenario. */
async function judged(definition: string): Promise<Judged> {
  const { url } = await serving([definition, "--transport", "http"]);
  const results = await mkdtemp(join(tmpdir(), "troupe-conformance-"));
  onTestFinished(() => rm(results, { recursive: true, force: true }));
  const expected = ["--expected-failures", join(SUITE, "expected-failures.yaml")];
  const child = spawn(process.execPath, [
    PROGRAM,
    "server",
    "--url",
    url,
    "--suite",
    "all",
    ...expected,
    "-o",
    results,
  ]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.resume();
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const told = (sign: string): readonly string[] =>
    [...out.matchAll(new RegExp(`^${sign} ([\\w-]+): \\d+ passed`, "gm"))].map(([, name = ""]) => name);
  return { code, passed: told("✓"), failed: told("✗") };
}

test("a mock passes all that mocks have, and fails in what the README says they lack", async () => {
  const { code, passed, failed } = await judged("test/processes/fixtures-serve/everything.ts#everything");
  expect({ code, passed: passed.length, failed: failed.length }).toEqual({ code: 0, passed: 19, failed: 13 });
});

test("a mock without the tools that the suite calls is not let through", async () => {
  const { code, failed } = await judged("mock-servers/orders.ts#orders");
  expect(code).toBe(1);
  expect(failed).toContain("tools-call-simple-text");
});

/**
 * 1,000 seeds of every shipped scenario: upwards and downwards in this process, in two further processes, and on other
 * Node versions. `NODE_MATRIX` names their binaries, separated by colons; without it `npx` brings Node 22 and 24.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sha256 } from "../../src/core/json.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { digestsOf, linesOf, seedsOf, shippedScenarios } from "../digests.ts";

const RANGE = "1..1000";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPT = ["--conditions=troupe-source", "--import", "tsx", "test/digests.ts", RANGE];

prepareThread();
const scenarios = await shippedScenarios();
const seeds = seedsOf(RANGE, false);
const lines = linesOf(await digestsOf(scenarios, seeds));

/** Writes a figure for whoever runs this by hand. */
function report(what: string, digests: readonly string[]): void {
  process.stdout.write(`${what}: ${digests.length} runs, digest of all ${sha256(digests.join("\n")).slice(0, 16)}\n`);
}

async function linesFrom(command: readonly string[], isDownwards = false): Promise<readonly string[]> {
  const [program = process.execPath, ...args] = command;
  const options = { cwd: ROOT, maxBuffer: 2 ** 28 };
  const order = isDownwards ? ["down"] : [];
  const { stdout } = await promisify(execFile)(program, [...args, ...SCRIPT, ...order], options);
  return stdout.split("\n");
}

const matrix = process.env["NODE_MATRIX"];
const nodes =
  matrix === undefined
    ? ["22", "24"].map((version) => ["npx", "-y", "-p", `node@${version}`, "node"])
    : matrix.split(":").map((path) => [path]);

test("downwards gives the bytes of upwards", async () => {
  report(`${process.version}, ${scenarios.length} scenarios, upwards`, lines);
  const downwards = linesOf(await digestsOf(scenarios, seedsOf(RANGE, true)));
  report(`${process.version}, downwards`, downwards);
  expect(downwards).toEqual(lines);
});

test.for([false, true])("another process gives the same bytes (downwards: %s)", async (isDownwards) => {
  const fresh = await linesFrom([process.execPath], isDownwards);
  report(`${process.version}, another process, ${isDownwards ? "downwards" : "upwards"}`, fresh);
  expect(fresh).toEqual(lines);
});

test.for(nodes.map((command) => [command.join(" "), command] as const))(
  "%s gives the same bytes",
  async ([name, command]) => {
    const { stdout: version } = await promisify(execFile)(command[0] ?? "", [...command.slice(1), "--version"]);
    const other = await linesFrom(command);
    report(`${version.trim()} (${name})`, other);
    expect(other).toEqual(lines);
  },
);

test.for(scenarios)("every seed of $path gives bytes of its own", ({ path }) => {
  const ofPath = lines.filter((line) => line.startsWith(`${path} `));
  expect(new Set(ofPath.map((line) => line.split(" ").at(-2))).size).toBe(seeds.length);
});

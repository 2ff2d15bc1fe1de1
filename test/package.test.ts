import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const SCENARIO = `
import { agent, defineScenario, matchesShape, mcpServer, tool, user } from "troupe";
import * as z from "zod";

const clock = mcpServer("clock", {
  tools: {
    add: tool({
      input: z.object({ hours: z.number() }),
      output: z.object({ hour: z.number() }),
      handle: ({ hours }) => ({ hour: (9 + hours) % 24 }),
    }),
  },
});

const helper = agent("helper", async (turn) => {
  const { hour } = await turn.tool(clock, "add", { hours: 5 });
  return turn.reply(\`It will be \${hour.toFixed(0)}.\`);
});

export default defineScenario({
  name: "packed",
  agents: [helper],
  servers: [clock],
  script: [user.says("What time is it in five hours?")],
  expect: [matchesShape("- agent helper:\\n    - tool add:\\n        - mcp.server tools/call add @clock")],
});
`;

const home = mkdtempSync(join(tmpdir(), "troupe-package-"));

beforeAll(() => {
  const npm = (args: readonly string[], cwd: string): string =>
    execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const packed = npm(["pack", "--silent", "--ignore-scripts", "--pack-destination", home], resolve("."));
  const tarball = packed.trim().split("\n").at(-1) ?? "";
  writeFileSync(join(home, "package.json"), "{}");
  npm(["install", "--no-audit", "--no-fund", "--prefer-offline", `./${tarball}`], home);
}, 120_000);

afterAll(() => rmSync(home, { recursive: true, force: true }), 120_000);

/** A folder below the installed package with its own `type`, and a scenario in it. */
function folderOf(type: "commonjs" | "module" | "none"): string {
  const folder = join(home, type);
  mkdirSync(folder, { recursive: true });
  if (type !== "none") writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
  for (const extension of ["ts", "mts"]) writeFileSync(join(folder, `packed.scenario.${extension}`), SCENARIO);
  return folder;
}

for (const type of ["commonjs", "module", "none"] as const)
  for (const extension of ["ts", "mts"])
    test(`the packed troupe runs a .${extension} scenario in a folder of type ${type}`, { timeout: 30_000 }, () => {
      const { stdout, stderr, status } = spawnSync("npx", ["troupe", "run", `packed.scenario.${extension}`, "--json"], {
        cwd: folderOf(type),
        encoding: "utf8",
      });
      expect(stderr).not.toContain("Warning");
      expect({ status, verdict: JSON.parse(stdout || "{}").verdict, stderr }).toMatchObject({
        status: 0,
        verdict: "passed",
      });
    });

/** Type-checks a file of the folder, strictly. */
function tsc(folder: string, file: string) {
  const options = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--types",
    "",
  ];
  return spawnSync(process.execPath, [resolve("node_modules/typescript/bin/tsc"), ...options, file], {
    cwd: folder,
    encoding: "utf8",
  });
}

test("the packed types check a scenario strictly", { timeout: 30_000 }, () => {
  const folder = folderOf("module");
  expect(tsc(folder, "packed.scenario.ts")).toMatchObject({ stdout: "", status: 0 });
  writeFileSync(join(folder, "wrong.ts"), SCENARIO.replace("hours: 5", 'hours: "five"'));
  expect(tsc(folder, "wrong.ts").stdout).toContain("Type 'string' is not assignable to type 'number'");
});

const VITEST = `
import { trace } from "@opentelemetry/api";
import { collectTrace } from "troupe/run";
import { scenarioTests } from "troupe/vitest";
import { expect, test } from "vitest";

test("a trace", async () => {
  const attributes = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "triage" };
  const collected = await collectTrace(() => trace.getTracer("library").startSpan("work", { attributes }).end());
  expect(collected).toMatchShape("- agent triage");
  expect(collected).toMatchShapeInlineSnapshot("- agent tri*");
  expect({ trace: collected }).toEqual({ trace: expect.not.toHaveStep("tool add") });
});

scenarioTests("packed.scenario.ts");
`;

test("the packed Vitest door works with the Vitest of a project, and its types with the project's", () => {
  const folder = folderOf("module");
  symlinkSync(resolve("node_modules/vitest"), join(home, "node_modules", "vitest"), "dir");
  writeFileSync(join(folder, "packed.test.ts"), VITEST);
  expect(tsc(folder, "packed.test.ts")).toMatchObject({ stdout: "", status: 0 });
  const words = ["run", "--update=none", "--reporter=verbose"];
  const { stdout, status } = spawnSync(process.execPath, [resolve("node_modules/vitest/vitest.mjs"), ...words], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, VITEST: "", NO_COLOR: "1", FORCE_COLOR: "0" },
  });
  expect(status, stdout).toBe(0);
  expect(stdout).toContain("packed.scenario.ts > packed seed 1");
});

test("the scenario's door loads no SDK", () => {
  const hook = "export const load = (url, context, next) => (process._rawDebug(url), next(url, context));";
  const register = `import { register } from "node:module"; register("data:text/javascript,${encodeURIComponent(hook)}");`;
  const { stderr, status } = spawnSync(
    process.execPath,
    [
      "--import",
      `data:text/javascript,${encodeURIComponent(register)}`,
      "--input-type=module",
      "-e",
      'import "troupe";',
    ],
    { cwd: home, encoding: "utf8" },
  );
  expect(status, stderr).toBe(0);
  expect(stderr).toContain("/troupe/dist/index.js");
  expect(stderr).not.toMatch(/node_modules\/@(modelcontextprotocol|opentelemetry|a2a-js)\//);
});

test("the packed troupe has its preload for Node and its folder for Python", { timeout: 30_000 }, () => {
  const code = 'console.log(require("@opentelemetry/api").trace.getTracer("t").startSpan("s").isRecording())';
  const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  const args = ["--import", "troupe/register", "-e", code];
  expect(spawnSync(process.execPath, args, { cwd: home, encoding: "utf8", env }).stdout.trim()).toBe("true");
  expect(existsSync(join(home, "node_modules/troupe/python/sitecustomize.py"))).toBe(true);
});

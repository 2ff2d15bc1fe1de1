import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { TROUPE } from "../cli/run-child.ts";

const [NODE, ...PROGRAM] = TROUPE;
const readme = readFileSync("README.md", "utf8");
// Inside the package, so that `troupe` is this checkout.
const folder = mkdtempSync(join("test", ".readme-wire-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The README's `npx troupe` lines for one command, as words, with what they write put into the test's folder. */
function linesOf(command: string): readonly (readonly string[])[] {
  const lines = [...readme.matchAll(/^npx troupe (.*)$/gm)].map(([, words = ""]) => words.split(" "));
  return lines
    .filter(([word, first]) => word === command && first !== "support.scenario.ts")
    .map((words) => words.map((word) => word.replace("junit.xml", join(folder, "junit.xml"))));
}

function troupe(words: readonly string[]): { readonly status: number | null; readonly text: string } {
  const env = { ...process.env, GITHUB_STEP_SUMMARY: join(folder, "summary.md") };
  const { status, stdout, stderr } = spawnSync(NODE, [...PROGRAM, ...words], { encoding: "utf8", env });
  return { status, text: stdout + stderr };
}

test.for(linesOf("run").map((words) => [words.join(" "), words] as const))(
  "the README's troupe %s passes",
  ([, words]) => {
    const { status, text } = troupe(words);
    expect([status, text]).toEqual([0, expect.stringMatching(/\d+ runs: \d+ passed/)]);
  },
);

test("the README shows a run in wire and one for CI", () => {
  expect(linesOf("run").map((words) => words.includes("wire"))).toEqual([true, false]);
});

test.for(["sim", "wire"])("the README's remote agent passes in %s", (mode) => {
  const file = join(folder, "risk.scenario.ts");
  const scenario = /```ts\n\/\/ risk\.scenario\.ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  writeFileSync(file, scenario);
  const { status, text } = troupe(["run", file, "--mode", mode]);
  expect([status, text]).toEqual([0, expect.stringContaining("a2a.server risk @risk")]);
});

test.for(linesOf("serve").map((words) => [words.join(" "), words] as const))(
  "the README's troupe %s prints what a client can use",
  async ([, words]) => {
    const child = spawn(NODE, [...PROGRAM, ...words], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    let text = "";
    for await (const chunk of child.stdout.setEncoding("utf8") as AsyncIterable<string>) {
      text += chunk;
      if (text.trimEnd().endsWith("}")) child.kill("SIGTERM");
    }
    const configuration: unknown = JSON.parse(text.slice(text.indexOf("{")));
    expect(configuration).toMatchObject({
      mcpServers: { orders: { url: expect.stringContaining("http://127.0.0.1:") } },
    });
    expect(await ended).toBe(0);
  },
);

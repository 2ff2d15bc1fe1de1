/** The page on Vitest, run by Vitest in a project that holds nothing but what the page shows. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

const page = readFileSync("docs/vitest.md", "utf8");
// Inside the package, so that `troupe` is this checkout.
const folder = mkdtempSync(join("test", ".tmp-page-"));
afterAll(() => rmSync(folder, { recursive: true }));

const CONFIG = 'export default { ssr: { resolve: { conditions: ["troupe-source"] } } };\n';

const SCENARIO = `import { agent, defineScenario, user } from "troupe";
export default defineScenario({ name: "hello", agents: [agent("solo", async () => "done")], script: [user.says("Hello")] });
`;

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly failureMessages: readonly string[] }[];
  }[];
}

test("every test of the page passes, and its snapshot is the one that the page shows", () => {
  const files = [...page.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)];
  for (const [, name = "", text = ""] of files) writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, "scenarios"));
  writeFileSync(join(folder, "scenarios/hello.scenario.ts"), SCENARIO);
  writeFileSync(join(folder, "vitest.config.ts"), CONFIG);
  const vitest = resolve("node_modules/vitest/vitest.mjs");
  const { stdout } = spawnSync(process.execPath, [vitest, "run", "--reporter=json", "--update=new"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, VITEST: "" },
  });
  const { testResults }: Report = JSON.parse(stdout);
  const told = testResults.map(({ name, assertionResults }) => [
    name.slice(resolve(folder).length + 1),
    ...assertionResults.map(({ status, failureMessages: [message] }) => message ?? status),
  ]);
  expect(Object.fromEntries(told.map(([name = "", ...statuses]) => [name, statuses]))).toEqual({
    "matchers.test.ts": ["passed", "passed"],
    "snapshots.test.ts": ["passed"],
    "provider.test.ts": ["passed"],
    "scenarios.test.ts": ["passed", "passed", "passed"],
  });
  const [, kept = ""] = /in `(__shapes__\/[^`]*)`/.exec(page) ?? [];
  const [, shown = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(page) ?? [];
  expect(readFileSync(join(folder, kept), "utf8")).toBe(shown);
  expect(readFileSync(join(folder, "snapshots.test.ts"), "utf8")).toContain(shown.replaceAll(/^/gm, "    ").trimEnd());
});

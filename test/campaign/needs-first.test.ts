import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadScenarios } from "../../src/campaign/load.ts";
import { playRun } from "../../src/campaign/play-run.ts";

const folder = mkdtempSync(join("test", ".tmp-needs-"));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, needs: string): string {
  const path = join(folder, `${name}.scenario.yaml`);
  const lines = [`name: ${name}`, `needs: ["${needs}"]`, "agents: [./agents.mjs#helper]", "script:", "  - says: Hi"];
  writeFileSync(path, lines.join("\n"));
  return path;
}

test("what a scenario needs is asked for before its agents load, and where it lacks they never do", async () => {
  writeFileSync(join(folder, "agents.mjs"), 'import "no-such-framework";\nexport const helper = 1;\n');
  const [loaded] = await loadScenarios([written("lacking", "npm:no-such-framework")]);
  if (loaded === undefined) throw new Error("no scenario");
  const { result } = await playRun(loaded, 1, { mode: "sim", checkDeterminism: false });
  expect([result.verdict, result.skipped]).toEqual([
    "skipped",
    "it needs npm:no-such-framework, which this machine has not (needs)",
  ]);
  await expect(loadScenarios([written("there", "npm:vitest")])).rejects.toThrow(/no-such-framework/);
});

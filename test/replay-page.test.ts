import { readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadScenarios } from "../src/campaign/load.ts";
import { playRun } from "../src/campaign/play-run.ts";
import { execute } from "../src/run/execute.ts";
import { agent } from "../src/scenario/agent.ts";
import { plan } from "../src/scenario/plan.ts";
import { newFolder } from "./cli/files.ts";
import { troupe } from "./cli/run-program.ts";

const PAGE = readFileSync("docs/replay.md", "utf8");

function fence(info: string): string {
  const [, text] = new RegExp(`^\`\`\`${info}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(PAGE) ?? [];
  if (text === undefined) throw new Error(`the page has no ${info}`);
  return text;
}

test("the trace of the page on replay makes the case that the page shows, and it passes", async () => {
  const folder = await newFolder();
  // Beside the package, which a case imports by its name.
  const cases = join("test", `.tmp-replay-page-${process.pid}`);
  onTestFinished(() => rm(cases, { recursive: true, force: true }));
  const trace = await folder.write("refund.jsonl", fence("jsonl refund.jsonl"));
  const { code, out } = await troupe("import", trace, "--out", cases);
  const [command = "", ...printed] = fence("console").trimEnd().split("\n");
  expect([code, command]).toEqual([0, "$ troupe import refund.jsonl --out cases"]);
  expect(out.replaceAll(cases, "cases").trimEnd().split("\n")).toEqual(printed);
  for (const file of ["support.scenario.ts", "support.shape.yaml"])
    expect(await readFile(join(cases, "support", file), "utf8")).toBe(fence(`\\w+ ${file}`));
  const [loaded] = await loadScenarios([cases]);
  if (loaded === undefined) throw new Error("no case was written");
  const { result } = await playRun(loaded, 1, { mode: "sim", checkDeterminism: false });
  expect(result.verdict).toBe("passed");
  // The agent of the page.
  const own = agent("support", async (turn) => {
    await turn.model();
    const order = await turn.call({ id: "1", name: "lookup_order", arguments: { id: "A-17" } });
    return order.text;
  });
  const run = await execute(plan({ ...loaded.scenario, agents: [own] }, 1));
  expect([run.failures, run.messages.at(-1)?.text]).toEqual([[], '{"id":"A-17","owner":"[email-1]","state":"lost"}']);
});

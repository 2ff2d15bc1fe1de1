/** The page on propagation: its table of causes is that of the code, and its scenario prints what stands there. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import { afterAll, expect, test } from "vitest";
import { judgeRun } from "../src/campaign/judge-run.ts";
import { type LoadedScenario, loadScenarios } from "../src/campaign/load.ts";
import { MEANINGS } from "../src/check/propagation/causes.ts";
import { hopTable } from "../src/report/hop-table.ts";
import { execute } from "../src/run/execute.ts";
import { parseScenarioYaml } from "../src/scenario/yaml.ts";
import { plan } from "../src/scenario/plan.ts";

const page = readFileSync("docs/propagation.md", "utf8");
// Inside the package, so that `troupe` is this checkout.
const FOLDER = "test/.tmp-docs-propagation";
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

async function scenarioOfPage(): Promise<LoadedScenario> {
  const [, file = "", code = ""] = /^```ts\n\/\/ (\S+\.scenario\.ts)\n([\s\S]*?)^```$/m.exec(page) ?? [];
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/${file}`, code);
  const [loaded] = await loadScenarios([`${FOLDER}/${file}`]);
  if (loaded === undefined) throw new Error("it holds no scenario");
  return loaded;
}

test("its table of causes is that of the code", async () => {
  const rows = Object.entries(MEANINGS).map(([cause, { what, mend }]) => `| \`${cause}\` | ${what} | ${mend} |`);
  const table = ["| cause | what it means | how to mend it |", "| --- | --- | --- |", ...rows].join("\n");
  const printed = (await format(table, { parser: "markdown", printWidth: 120 })).trim();
  expect(page.split("<!-- causes -->")[1]?.split("<!-- /causes -->")[0]?.trim()).toBe(printed);
});

test("its scenario is whole, and broken as the page shows it where carriers get lost", async () => {
  const loaded = await scenarioOfPage();
  const context = { ...loaded, repeat: "" };
  expect(judgeRun(await execute(plan(loaded.scenario, 1)), context).verdict).toBe("passed");
  const lost = { carrier: "dropped", by: "intermediary", method: "tools/call" } as const;
  const broken = judgeRun(await execute(plan(loaded.scenario, 1), { breaks: { faults: [lost] } }), context);
  const [, table = ""] = /^```text\n([\s\S]*?)^```$/m.exec(page) ?? [];
  expect([broken.verdict, hopTable(broken.hops)]).toEqual(["failed", table.trimEnd()]);
});

test("its policy is read in YAML too", () => {
  const [, yaml = ""] = /In YAML it is `(.*)`/.exec(page) ?? [];
  const file = `name: s\nagents: [./a.ts#a]\nscript: [{ says: hello }]\n${yaml}\n`;
  expect(parseScenarioYaml(file, "s.yaml").fields.propagation).toEqual({ links: [{ to: "gateway" }] });
});

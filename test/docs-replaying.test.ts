import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadScenarios } from "../src/campaign/load.ts";
import { writeOtlpJson } from "../src/format/otlp-write.ts";
import { execute } from "../src/run/execute.ts";
import { plan } from "../src/scenario/plan.ts";
import { troupe } from "./cli/run-program.ts";

const FOLDER = "test/.tmp-replaying";
const fences = [...readFileSync("docs/replaying.md", "utf8").matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

function writeFiles(): void {
  mkdirSync(FOLDER, { recursive: true });
  for (const [, , text = ""] of fences) {
    const [, name] = /^(?:\/\/|#) (\S+\.\w+)\n/.exec(text) ?? [];
    if (name !== undefined) writeFileSync(`${FOLDER}/${name}`, text);
  }
}

async function writeTrace(): Promise<void> {
  const [loaded] = await loadScenarios([`${FOLDER}/parcels.ts`]);
  if (loaded === undefined) throw new Error("the page has no scenario");
  const { spans } = await execute(plan(loaded.scenario, 1));
  writeFileSync(`${FOLDER}/trace.json`, writeOtlpJson(spans));
}

/** Columns are as wide as the paths in them. */
const squeezed = (text: string): string => text.replaceAll(/(?<=\S) {2,}/g, "  ");

test("the examples of the page on replaying print what stands there", async () => {
  writeFiles();
  await writeTrace();
  const { upgrade } = await import(join(process.cwd(), FOLDER, "upgrade.ts"));
  expect(await upgrade(`${FOLDER}/trace.json`)).toEqual({ verdict: "passed", changes: ["added"] });
  const examples = fences.flatMap(([, language, text = ""]) => (language === "console" ? [text.trimEnd()] : []));
  expect(examples.length).toBe(4);
  for (const example of examples) {
    const [command = "", ...printed] = example.split("\n");
    const words = command.split(" ").map((word) => (/\.\w+/.test(word) ? `${FOLDER}/${word}` : word));
    const { out, err } = await troupe(...words.slice(2));
    const shown = squeezed(out.replaceAll(`${FOLDER}/`, "")).split("\n");
    // The page leaves out how reports go on.
    expect([command, ...shown.slice(0, printed.length)], err + out).toEqual([command, ...printed.map(squeezed)]);
  }
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CARRIER_MUTATIONS } from "../../src/scenario/fault.ts";
import { SPAN_MUTATIONS } from "../../src/scenario/span-fault.ts";
import { parseScenarioYaml } from "../../src/scenario/yaml.ts";
import { troupe } from "../cli/run-program.ts";

const page = readFileSync("docs/mutation.md", "utf8");
// Inside the package, so that `troupe` is this checkout.
const folder = mkdtempSync(join("test", ".tmp-page-"));
afterAll(() => rmSync(folder, { recursive: true }));

function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => text);
}

for (const text of blocks("ts")) {
  const [, file = ""] = /^\/\/ (\S+)\n/.exec(text) ?? [];
  writeFileSync(join(folder, file), text);
}

/** The page's command, for another of its scenarios. */
async function mutated(file: string): Promise<{ readonly code: number; readonly out: string }> {
  const line = blocks("sh").at(-1) ?? "";
  const words = line.trim().replace("shop.scenario.ts", join(folder, file)).split(" ").slice(1);
  const { code, out } = await troupe(...words);
  return { code, out: out.replaceAll(`${folder}/`, "") };
}

test("the page's command prints what stands there, and ends with 1", { timeout: 60_000 }, async () => {
  expect(await mutated("shop.scenario.ts")).toEqual({ code: 1, out: blocks("text")[0] });
});

test("with the expectation that the page adds, nothing survives", { timeout: 60_000 }, async () => {
  expect(await mutated("shop-whole.scenario.ts")).toMatchObject({
    code: 0,
    out: expect.stringContaining("10 caught, score 100 %"),
  });
});

test("what the page's scenario accepts fails nothing", { timeout: 60_000 }, async () => {
  expect(await mutated("shop-accepting.scenario.ts")).toMatchObject({
    code: 0,
    out: expect.stringContaining("5 caught, 5 accepted, score 50 %"),
  });
});

test("the page's survivors are sound YAML", () => {
  const rest = "name: shop\nagents: [./a.ts#seller]\nscript: [{ says: Hello }]\n";
  const { fields } = parseScenarioYaml(rest + (blocks("yaml")[0] ?? ""), "shop.scenario.yaml");
  expect(fields.survivors).toEqual([{ mutation: "flags-cleared", to: "shop", why: "the shop samples by itself" }]);
});

test("the page's tables have every mutation, in their order", () => {
  const named = [...page.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, name]) => name);
  expect(named).toEqual([...CARRIER_MUTATIONS, ...SPAN_MUTATIONS]);
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const readme = readFileSync("README.md", "utf8");
// Inside the package, so that `troupe` is this checkout.
const folder = mkdtempSync(join("test", ".readme-"));
afterAll(() => rmSync(folder, { recursive: true }));

function blocks(language: string): readonly string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => text);
}

test("the README's scenario prints the README's picture", { timeout: 30_000 }, () => {
  const [scenario = ""] = blocks("ts");
  const [picture = ""] = blocks("text");
  writeFileSync(join(folder, "support.scenario.ts"), scenario);
  const command = ["--conditions=troupe-source", "--import", "tsx", "src/cli/main.ts", "run"];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...command, join(folder, "support.scenario.ts"), "--seed", "7"],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout.replaceAll(`${folder}/`, "").trim()).toBe(picture.trim());
});

test("every command that the README tells to type exists", () => {
  const scripts: unknown = JSON.parse(readFileSync("package.json", "utf8")).scripts;
  const named = blocks("sh").flatMap((text) =>
    [...text.matchAll(/npm (?:run -s )?(start|test|troupe)/g)].map(([, name]) => name),
  );
  expect(named).toEqual(["start", "test"]);
  expect(scripts).toMatchObject({ start: expect.any(String), test: expect.any(String), troupe: expect.any(String) });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { scenarioPaths } from "../../src/vitest/scenario-files.ts";

const home = mkdtempSync(join("test", ".tmp-glob-"));
afterAll(() => rmSync(home, { recursive: true }));

const FILES = [
  "a.scenario.ts",
  "b.scenario.yaml",
  "agents.ts",
  "deep/a.scenario.ts",
  "deep/er/a+b.scenario.mjs",
  "node_modules/x/c.scenario.ts",
  "star*/d.scenario.ts",
];
for (const file of FILES) {
  mkdirSync(dirname(join(home, file)), { recursive: true });
  writeFileSync(join(home, file), "");
}

const within = (path: string): readonly string[] =>
  scenarioPaths(`${home}/${path}`).map((found) => found.slice(home.length + 1));

test.each([
  ["**", ["a.scenario.ts", "b.scenario.yaml", "deep/a.scenario.ts", "deep/er/a+b.scenario.mjs", "star*/d.scenario.ts"]],
  ["*", ["a.scenario.ts", "b.scenario.yaml"]],
  ["*.yaml", ["b.scenario.yaml"]],
  ["**/a.scenario.ts", ["a.scenario.ts", "deep/a.scenario.ts"]],
  ["**/a*", ["a.scenario.ts", "deep/a.scenario.ts", "deep/er/a+b.scenario.mjs"]],
  ["deep/**/a+b.scenario.*", ["deep/er/a+b.scenario.mjs"]],
  ["?.scenario.ts", ["a.scenario.ts"]],
  ["{a,b}.scenario.{ts,yaml}", ["a.scenario.ts", "b.scenario.yaml"]],
  ["d*p/*", ["deep/a.scenario.ts"]],
])("%s names %j, and neither packages nor what is no scenario", (glob, found) => {
  expect(within(glob)).toEqual(found);
});

test("a glob from the root of the file system, and one that goes round, name the same files", () => {
  expect(scenarioPaths(`${resolve(home)}/*.yaml`)).toEqual([join(resolve(home), "b.scenario.yaml")]);
  expect(within("deep/../*.yaml")).toEqual(["b.scenario.yaml"]);
});

test.each(["a.scenario.ts", "a.scenario.ts#one", "deep", "star*", "none.scenario.ts"])(
  "%s is no glob and stays as it is",
  (path) => {
    expect(within(path)).toEqual([path]);
  },
);

test.each(["none/**", "*.json", "agents.*"])(
  "%s, which names no scenario, is refused with what they are called",
  (glob) => {
    expect(() => within(glob)).toThrow(
      `${home}/${glob}: no scenario file has such a path. Scenario files are called *.scenario.ts, .mts, .js, .mjs or .yaml`,
    );
  },
);

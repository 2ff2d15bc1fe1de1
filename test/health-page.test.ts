/** The page on health: its tables are those of the code, and every example does what the page says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { afterAll, expect, test } from "vitest";
import { readBudget } from "../src/check/health/budget.ts";
import { KIND_LIMITS, PLAIN_LIMITS } from "../src/check/health/limits.ts";
import { readPolicy } from "../src/check/health/policy.ts";
import { readArguments } from "../src/cli/arguments.ts";
import { readCheckRequest } from "../src/cli/check-request.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { loadScenarios } from "../src/campaign/load.ts";
import { playRun } from "../src/campaign/play-run.ts";
import { RULES } from "../src/trace/health/rules.ts";
import { SENSITIVE_PATTERNS } from "../src/trace/redaction.ts";
import { troupe } from "./cli/run-program.ts";

const page = readFileSync("docs/health.md", "utf8");
// Inside the package, so that `troupe` is this checkout.
const folder = mkdtempSync(join("test", ".tmp-health-page-"));
afterAll(() => rmSync(folder, { recursive: true }));

function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, text = ""]) => text);
}

/** What stands on the page between the marks of a table. */
function tableOf(name: string): string {
  return page.split(`<!-- ${name} -->`)[1]?.split(`<!-- /${name} -->`)[0]?.trim() ?? "";
}

async function markdown(rows: readonly (readonly string[])[]): Promise<string> {
  const [head = [], ...rest] = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const lines = [head, head.map(() => "---"), ...rest].map((cells) => `| ${cells.join(" | ")} |`);
  return (await format(lines.join("\n"), { parser: "markdown", printWidth: 120 })).trim();
}

const TABLES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  rules: [
    ["rule", "level", "why", "how to mend it", "thresholds"],
    ...RULES.map(({ name, level, reason, mend, thresholds }) => [
      `\`${name}\``,
      level,
      reason,
      mend,
      Object.entries(thresholds)
        .map(([threshold, value]) => `\`${threshold}: ${value}\``)
        .join(" "),
    ]),
  ],
  sensitive: [
    ["kind", "of what sort", "what it is"],
    ...SENSITIVE_PATTERNS.map(({ kind, sensitivity, what }) => [`\`${kind}\``, sensitivity, what]),
  ],
  limits: [
    ["limit", "on", "unit"],
    ...[...Object.entries(PLAIN_LIMITS), ...Object.entries(KIND_LIMITS)].map(([name, { help, unit }]) => [
      `\`${name}\``,
      name in KIND_LIMITS ? `${help}, by kind or kind and route` : help,
      unit,
    ]),
  ],
};

test.for(Object.keys(TABLES))("the page's table of %s is that of the code", async (name) => {
  expect(tableOf(name)).toBe(await markdown(TABLES[name] ?? []));
});

test("the budget and the policy of the page are read without a fault", () => {
  const [budget = "", policy = ""] = blocks("yaml");
  expect(readBudget(budget, "budget.yaml")).toMatchObject({ failOn: "warning", limits: { "orphans.rate.max": 0 } });
  expect(readPolicy(policy, "policy.yaml")).toMatchObject({ before: ["all-traces/"], policy: { restRate: 0.1 } });
});

test("every command of the page is read without a fault", () => {
  const [budget = "", policy = ""] = blocks("yaml");
  writeFileSync(join(folder, "budget.yaml"), budget);
  writeFileSync(join(folder, "policy.yaml"), policy);
  const commands = blocks("sh").map((text) => text.trim().split(" "));
  expect(commands.length).toBeGreaterThan(3);
  for (const [program, name, ...words] of commands) {
    const placed = words.map((word) => (/^(?:budget|policy)\.yaml$/.test(word) ? join(folder, word) : word));
    expect([program, name]).toEqual(["troupe", "check"]);
    expect(() => readCheckRequest(readArguments("check", COMMANDS.check, placed))).not.toThrow();
  }
});

test("the slow reranker's trace gives what the page shows", async () => {
  const [shown = ""] = blocks("text");
  expect((await troupe("check", "scenarios/stories/slow-reranker.trace.jsonl")).out).toContain(shown.trim());
});

test("the page's last command fails by the two limits that it names", async () => {
  const [, ...words] = blocks("sh").at(-1)?.trim().split(" ") ?? [];
  const { code, out } = await troupe(...words);
  expect(code).toBe(1);
  expect(out).toContain("✗ cost.perTrace.max");
  expect(out).toContain("✗ tokens.perTrace.max");
});

test("the page's scenario passes", async () => {
  const [scenario = ""] = blocks("ts");
  const path = join(folder, "page.scenario.ts");
  writeFileSync(path, scenario);
  const [loaded] = await loadScenarios([path]);
  if (loaded === undefined) throw new Error("no scenario");
  const { result } = await playRun(loaded, 1, { mode: "sim", checkDeterminism: false });
  expect(result.verdict).toBe("passed");
});

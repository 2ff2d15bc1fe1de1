import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

const readme = readFileSync("README.md", "utf8");
// Inside the package, so that `troupe` is this checkout.
const folder = mkdtempSync(join("test", ".readme-"));
afterAll(() => rmSync(folder, { recursive: true }));

function blocks(language: string): readonly string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => text);
}

const CHILDREN = { timeout: 30_000 };

/** The block whose first line names the file. */
function blockOf(file: string): string {
  return blocks("ts").find((text) => text.startsWith(`// ${file}\n`)) ?? "";
}

function played(file: string): { readonly stdout: string; readonly stderr: string; readonly status: number | null } {
  writeFileSync(join(folder, file), blockOf(file));
  const command = ["--conditions=troupe-source", "--import", "tsx", "src/cli/main.ts", "run"];
  return spawnSync(process.execPath, [...command, join(folder, file), "--seed", "7"], { encoding: "utf8" });
}

test("the README's scenario prints the README's picture", CHILDREN, () => {
  const [picture = ""] = blocks("text");
  const { stdout, stderr, status } = played("support.scenario.ts");
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout.replaceAll(`${folder}/`, "").trim()).toBe(picture.trim());
});

test("the README's scenario with a remote agent passes", CHILDREN, () => {
  const { stdout, status } = played("risk.scenario.ts");
  expect([status, stdout]).toEqual([0, expect.stringContaining("1 run: 1 passed")]);
});

/** Code that calls these tools in this order, with spans as OpenTelemetry asks for. */
function codeOf(...tools: readonly string[]): string {
  return `import { trace } from "@opentelemetry/api";
const tracer = trace.getTracer("shop");
const call = (name: string) =>
  tracer.startSpan(name, { attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name } }).end();
export const refund = async (order: string) =>
  tracer.startActiveSpan("refund " + order, async (span) => {
    for (const name of ${JSON.stringify(tools)}) call(name);
    span.end();
  });
`;
}

test(
  "the README's Vitest test passes for code that does as it says, and fails for code that does not",
  CHILDREN,
  () => {
    for (const [name, code] of [
      ["right", codeOf("lookup_order", "refund")],
      ["wrong", codeOf("refund", "lookup_order")],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "refund.ts"), code);
      writeFileSync(join(folder, name, "refund.test.ts"), blockOf("refund.test.ts"));
    }
    writeFileSync(
      join(folder, "vitest.config.ts"),
      'export default { ssr: { resolve: { conditions: ["troupe-source"] } } };',
    );
    const vitest = resolve("node_modules/vitest/vitest.mjs");
    const { stdout } = spawnSync(process.execPath, [vitest, "run", "--root", folder, "--reporter=json"], {
      encoding: "utf8",
      env: { ...process.env, VITEST: "" },
    });
    const { testResults }: { testResults: { name: string; assertionResults: { failureMessages: string[] }[] }[] } =
      JSON.parse(stdout);
    const told = testResults.map(({ name, assertionResults }) => [
      name.includes("/right/") ? "right" : "wrong",
      assertionResults.flatMap(({ failureMessages }) => failureMessages.map((message) => message.split("\n")[0])),
    ]);
    expect(Object.fromEntries(told)).toEqual({ right: [], wrong: ["Error: expected the trace to match the shape"] });
  },
);

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { troupeProcess } from "../cli/run-child.ts";

const OPTIONS = { timeout: 120_000 };
// Inside the package, so that `troupe` is this checkout.
const home = mkdtempSync(join("test", ".tmp-update-"));
afterAll(() => rmSync(home, { recursive: true }));

const scenario = join(home, "a.scenario.ts");
const snapshot = join(home, "a.shape.yaml");
writeFileSync(
  scenario,
  `import { agent, defineScenario, shapeFile, user } from "troupe";
import { calculator } from "../../mock-servers/calculator.ts";
export default defineScenario({
  name: "a",
  agents: [agent("solo", async (turn) => {
    await turn.model();
    await turn.tool(calculator, "divide", { a: 1, b: 2 });
    return "done";
  })],
  servers: [calculator],
  script: [user.says("Hello")],
  expect: [shapeFile("a.shape.yaml")],
});
`,
);

/** The program outside of any build server. */
async function troupe(...words: readonly string[]) {
  const { CI } = process.env;
  delete process.env["CI"];
  try {
    return await troupeProcess(words);
  } finally {
    if (CI !== undefined) process.env["CI"] = CI;
  }
}

test(
  "the program writes a snapshot from real processes and threads, and simulated runs match it",
  OPTIONS,
  async () => {
    const written = await troupe("run", scenario, "--update", "--mode", "wire", "--jobs", "2", "--seeds", "2");
    expect([written.code, written.err]).toEqual([0, `wrote ${snapshot} (2 seeds)\n`]);
    expect(readFileSync(snapshot, "utf8")).toContain("- tool divide");
    const simulated = await troupe("run", scenario, "--update", "--jobs", "2", "--seeds", "20");
    expect([simulated.code, simulated.err]).toEqual([0, ""]);
    expect(readdirSync(home).toSorted()).toEqual(["a.scenario.ts", "a.shape.yaml"]);
  },
);

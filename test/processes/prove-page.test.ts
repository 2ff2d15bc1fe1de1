import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { TROUPE, troupeProcess } from "../cli/run-child.ts";

const page = readFileSync("docs/prove.md", "utf8");
const folder = mkdtempSync(join("test", ".tmp-prove-page-"));
afterAll(() => rmSync(folder, { recursive: true }));

function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => text);
}

const commands = blocks("sh").flatMap((text) => text.trim().split("\n"));
const [agent = ""] = blocks("js");
writeFileSync(join(folder, "agent.mjs"), agent);

/** A command of the page, with the program from its build and the page's file where this test wrote it. */
async function output(line: string): Promise<{ readonly code: number | null; readonly out: string }> {
  const program = TROUPE.join(" ");
  const words = line
    .replaceAll("'", "")
    .replace(/^npx troupe /, "")
    .replaceAll("npx troupe", program)
    .replace("agent.mjs", join(folder, "agent.mjs"));
  const { code, out } = await troupeProcess(words.split(" "));
  return { code, out: out.replaceAll(program, "npx troupe").replaceAll(`${folder}/`, "") };
}

const RUN = commands.filter((line) => !line.includes("server.mjs") && !line.includes(":3000"));

test.concurrent.for(RUN.map((line, at) => [line, at === 1 ? 1 : 0] as const))(
  "of the page on proofs %s ends with %i, and prints what stands there",
  async ([line, wanted]) => {
    const { code, out } = await output(line);
    expect(code).toBe(wanted);
    const [head = ""] = out.split("\n");
    const shown = blocks("text").find((text) => text.startsWith(`${head}\n`));
    if (shown !== undefined) expect(out).toBe(shown);
  },
);

test("the page shows what two of its commands print", () => {
  const shown = blocks("text").map((text) => text.split("\n", 1)[0] ?? "");
  expect(shown.filter((head) => RUN.some((line) => line.endsWith(head.split(" ").slice(1).join(" "))))).toHaveLength(2);
});

test("every flag that the page names is one", () => {
  const flags = [...page.matchAll(/--([a-z][a-z-]*)/g)].map(([, flag = ""]) => flag);
  const known = ["import", "port", ...Object.keys(COMMANDS.prove.flags)];
  expect(flags.length).toBeGreaterThan(8);
  expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { TROUPE } from "../cli/run-child.ts";
import { COMMANDS } from "../../src/cli/commands.ts";

const page = readFileSync("docs/collecting.md", "utf8");
const folder = mkdtempSync(join("test", ".tmp-page-"));
afterAll(() => rmSync(folder, { recursive: true }));

function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => text);
}

/** The page's lines, with a folder of this test's own and a port that is free. */
const commands = blocks("sh").flatMap((text) => text.trim().split("\n"));

function start(line: string, port: string): ReturnType<typeof spawn> {
  const words = line
    .replace("npx troupe ", "")
    .replaceAll("traces.jsonl", join(folder, "traces.jsonl"))
    .replaceAll("expected.shape.yaml", "scenarios/tool-loop.shape.yaml")
    .replaceAll("run scenarios", "run scenarios/tool-loop-yaml.scenario.yaml")
    .replaceAll("4318", port)
    .split(" ");
  const [node, ...program] = TROUPE;
  return spawn(node, [...program, ...words]);
}

test(
  "the page's commands do what it says, and the collector prints what stands there",
  { timeout: 120_000 },
  async () => {
    const [collect = "", show = "", check = "", run = ""] = commands;
    const collector = start(`${collect} --port 0`, "4318");
    let said = "";
    const ready = new Promise<void>((resolve) => {
      collector.stderr?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (said.includes("OTEL_LOGS_EXPORTER=none\n")) resolve();
      });
    });
    await ready;
    const [, port = ""] = /127\.0\.0\.1:(\d+)/.exec(said) ?? [];
    const [picture = ""] = blocks("text");
    expect(said.replaceAll(port, "4318").replaceAll(`${folder}/`, "")).toBe(picture);
    const statuses: unknown[] = [];
    const done = async (line: string): Promise<void> => {
      const child = start(line, port);
      child.stdout?.resume();
      child.stderr?.resume();
      statuses.push((await once(child, "close"))[0]);
    };
    await done(run);
    collector.kill("SIGINT");
    statuses.push((await once(collector, "close"))[0]);
    await done(show);
    await done(check);
    expect(statuses).toEqual([0, 0, 0, 0]);
  },
);

test("every flag that the page names is one", () => {
  const flags = [...page.matchAll(/--([a-z][a-z-]*)/g)].map(([, flag = ""]) => flag);
  const known = Object.values(COMMANDS).flatMap((command) => Object.keys(command.flags));
  expect(flags.length).toBeGreaterThan(5);
  expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
});

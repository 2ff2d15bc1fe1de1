import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { type RecordFlags, readRecordFlags } from "../../src/cli/record-flags.ts";
import { PLAIN } from "../../src/report/paint.ts";
import { troupe } from "./run-program.ts";

const PRINTER = { paint: PLAIN, print: () => {} };

function flagsOf(words: readonly string[], env: Readonly<Record<string, string>> = {}): RecordFlags {
  return readRecordFlags(readArguments("record", COMMANDS.record, words), { out: PRINTER, err: PRINTER, env });
}

test("what stands behind -- is the agent's own, flags and all", () => {
  const { subject } = flagsOf(["--lines", "text", "--", "node", "agent.mjs", "--say", "x#y"]);
  expect(subject).toEqual({
    kind: "command",
    command: ["node", "agent.mjs", "--say", "x#y"],
    over: "stdin",
    lines: "text",
    env: [],
  });
});

test("a file with an agent's name is an agent of this process, and --agent one that is there already", () => {
  expect(flagsOf(["src/agents.ts#helper"]).subject).toEqual({ kind: "module", path: "src/agents.ts#helper" });
  const url = "http://127.0.0.1:8080/ask";
  expect(flagsOf(["--agent", url]).subject).toEqual({ kind: "service", url });
});

test("a variable is handed on as one's own, or given", () => {
  const { subject } = flagsOf(["--env", "MODEL=a=b", "--env", "SHOP", "--", "x"], { SHOP: "y" });
  expect(subject).toMatchObject({
    env: [
      { name: "MODEL", value: "a=b", isOwn: false },
      { name: "SHOP", value: "y", isOwn: true },
    ],
  });
});

test("the real models are where the environment says, or else at their vendors", () => {
  const env = { OPENAI_BASE_URL: "http://127.0.0.1:11434/v1", ANTHROPIC_BASE_URL: "", ANTHROPIC_API_KEY: "k" };
  expect(flagsOf(["--", "x"], env).upstreams.models).toEqual({
    openai: { url: "http://127.0.0.1:11434/v1", key: "" },
    anthropic: { url: "https://api.anthropic.com", key: "k" },
  });
});

test("MCP servers come by their addresses, by commands, and from a file as clients have it", () => {
  const folder = mkdtempSync(join("test", ".tmp-mcp-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "mcp.json");
  const local = { command: "orders", args: ["--stdio"], env: { TOKEN: "t" }, cwd: "shop" };
  const remote = { type: "http", url: "https://mail.example/mcp", headers: { authorization: "Bearer x" } };
  writeFileSync(file, JSON.stringify({ mcpServers: { local, remote } }));
  const { upstreams } = flagsOf(
    ["--mcp", "a=http://127.0.0.1:1/mcp", "--mcp", "b=npx b --c", "--mcp", file, "--", "x"],
    {
      PATH: "/bin",
    },
  );
  expect(upstreams.mcp).toEqual([
    { name: "a", url: "http://127.0.0.1:1/mcp" },
    { name: "b", command: ["/bin/sh", "-c", "exec npx b --c"], env: { PATH: "/bin" } },
    { name: "local", command: ["orders", "--stdio"], env: { PATH: "/bin", TOKEN: "t" }, cwd: "shop" },
    { name: "remote", url: remote.url, headers: remote.headers },
  ]);
});

test("all that is wrong with a command line is told at once, each with how to mend it", async () => {
  const wrong = ["--over", "tcp", "--mcp", "npx thing", "--mcp", "a=http://[", "--a2a", "risk", "--env", "1X"];
  const more = ["--env", "NOWHERE_SET", "--redact", "(", "--timeout", "0", "--transport", "ws", "--port", "x"];
  const { code, out, err } = await troupe("record", ...wrong, ...more, "--", "x");
  expect([code, out]).toEqual([2, ""]);
  expect(
    err
      .trim()
      .split("\n")
      .map((line) => line.replace(/^\s*troupe record: /, "").split(". ")[0]),
  ).toEqual([
    "--env 1X names no variable",
    "--env NOWHERE_SET is not set here",
    "--over tcp is unknown",
    "--mcp npx thing has no name",
    "http://[ is no address",
    "--a2a risk has no name",
    "--redact ( is no regular expression (Invalid regular expression: /(/: Unterminated group)",
    "--timeout 0 is none that it can be",
    "--port x is none that it can be",
    "--transport ws is unknown",
  ]);
});

test("without an agent nothing begins", async () => {
  expect(await troupe("record", "--say", "Hello")).toMatchObject({
    code: 2,
    err: expect.stringContaining("there is no agent. Write its command behind --"),
  });
});

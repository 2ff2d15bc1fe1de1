/** `troupe record` with real agents, real sockets and stand-ins for the real world in processes of their own. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Exited, TROUPE } from "../cli/run-child.ts";
import { type Serving, serveCommand, serving } from "./fixtures-serve/serving.ts";

const REAL = "test/processes/fixtures-record/real.ts";
const SECRET = "zebra-crossing-77";
const KEY = "sk-real-1234567890abcdefgh";
const MAIL = "ann@example.com";
// Inside the package, so that `troupe` is this checkout.
const folder = mkdtempSync(join("test", ".tmp-record-"));
const ends: (() => unknown)[] = [];
let model: Serving;
let orders: Serving;

/** The program in a process of its own, with real keys and a secret in its environment. */
async function troupe(words: readonly string[], input = ""): Promise<Exited> {
  const [node, ...program] = TROUPE;
  const own = {
    OPENAI_BASE_URL: `${model.url}/v1`,
    OPENAI_API_KEY: KEY,
    SHOP_SECRET: SECRET,
    HANDED_ON: "open sesame",
  };
  const child = spawn(node, [...program, ...words], { env: { ...process.env, ...own } });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, err };
}

const record = (...words: readonly string[]): Promise<Exited> => troupe(["record", "--out", folder, ...words]);

function recordingOf(name: string) {
  return JSON.parse(readFileSync(join(folder, name, `${name}.recording.json`), "utf8"));
}

/** A Python agent that exports spans; and one on official clients that exports none. */
let whole: Exited;
let silent: Exited;

beforeAll(async () => {
  const atEnd = (end: () => unknown): void => void ends.push(end);
  [model, orders] = await Promise.all([
    serving([`${REAL}#gpt-5`], { atEnd }),
    serving([`${REAL}#orders`, "--transport", "http"], { atEnd }),
  ]);
  const says = ["--say", `Where is A-17? I am ${MAIL}, and my word is ${SECRET}.`, "--say", `Thank you. ${KEY}`];
  const world = ["--env", "HANDED_ON", "--env", "MODEL=gpt-5", "--mcp", `orders=${orders.url}`];
  const { command, args } = serveCommand(`${REAL}#orders`);
  const program = `orders=${[command, ...args].join(" ")}`;
  const agent = [process.execPath, "test/processes/fixtures-record/agent.mjs"];
  [whole, silent] = await Promise.all([
    record(...says, ...world, "--", "python3", "scenarios/frameworks/python-plain.agent.py"),
    record("--say", "retry: thank you", "--mcp", program, "--mcp", `remote=${orders.url}`, "--", ...agent),
  ]);
}, 60_000);

afterAll(async () => {
  for (const end of ends) await end();
  rmSync(folder, { recursive: true });
});

test("an agent with an MCP server is recorded with its answers, its tools and the shape of its spans", () => {
  expect(whole).toMatchObject({ code: 0, err: "" });
  expect(whole.out).toMatch(/recorded 2 turns, 3 model calls, 1 tool call\n/);
  expect(readFileSync(join(folder, "python-plain", "python-plain.shape.yaml"), "utf8")).toBe(`children: exactly
trace:
  - agent python-plain @python-plain:
      - llm gpt-5
      - tool lookup:
          - mcp.server tools/call lookup @orders
      - llm gpt-5
  - agent python-plain @python-plain:
      - llm gpt-5
`);
});

/** Where a text stands in the files of a folder, byte for byte; it knows nothing of Troupe. */
const GREP = `
const fs = require("node:fs"), path = require("node:path");
const [folder, ...texts] = process.argv.slice(1);
for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true }))
  for (const one of entry.isFile() ? texts : [])
    if (fs.readFileSync(path.join(entry.parentPath ?? entry.path, entry.name)).includes(one)) console.log(one, entry.name);
`;

function grep(...texts: readonly string[]): readonly string[] {
  const out = execFileSync(process.execPath, ["-e", GREP, folder, ...texts], { encoding: "utf8" });
  return out.split("\n").filter((line) => line !== "");
}

test("no secret of the environment, of a prompt, or of a tool's result stands in any file", () => {
  expect(grep("A-17", "lookup").length).toBeGreaterThan(2);
  expect(grep(SECRET, KEY, MAIL, "open sesame")).toEqual([]);
});

test("the same secret is replaced by the same words wherever it stands", () => {
  const { exchanges, replaced } = recordingOf("python-plain");
  const [said, , looked] = exchanges;
  const secret = /my word is (\[secret-\d\])\./.exec(said.text)?.[1];
  expect(looked.result).toBe(JSON.stringify({ state: "lost", owner: "[email-1]", code: secret }));
  expect(exchanges[0].reply).toBe(`Ann, it is lost; ask ${secret} at [email-1].`);
  expect(replaced).toEqual({ email: 1, secret: 3 });
  const scenario = readFileSync(join(folder, "python-plain", "python-plain.scenario.ts"), "utf8");
  expect(scenario).toMatch(/env: \{ HANDED_ON: "\[secret-\d\]", MODEL: "gpt-5" \}/);
});

test("a server is there with all that it offers, also with what nobody called", () => {
  expect(recordingOf("python-plain").offers).toMatchObject([
    { server: "orders", tools: [{ name: "lookup", description: "Finds an order" }, { name: "refund" }] },
  ]);
});

test("an agent on official clients is recorded: a retry, a stream, a server over stdio and one over HTTP, and no spans", () => {
  const reply = JSON.stringify({ state: "lost", owner: MAIL, code: SECRET });
  expect(silent.out.split("\n")[0]).toBe(
    `You are welcome. Wörds of several pieces, to be streamed one after the other. ${reply} ${reply}`,
  );
  expect(silent.out).toContain('no span of a service "agent" has come from it');
  const { exchanges } = recordingOf("agent");
  expect(exchanges.filter(({ kind }: { kind: string }) => kind === "model")).toMatchObject([
    { answer: { fail: { status: 429, message: "slow down" } } },
    { answer: { say: expect.stringMatching(/Wörds/) } },
  ]);
  expect(silent).toMatchObject({ code: 0, err: "" });
});

test("what was recorded passes with the real world gone", async () => {
  await Promise.all([model.stop("SIGTERM"), orders.stop("SIGTERM")]);
  const { code, out } = await troupe(["run", folder, "--mode", "wire"]);
  expect(out).toMatch(/2 runs: 2 passed/);
  expect(code).toBe(0);
});

/** One recording after the other that goes otherwise than it should: what came before is there, and why it ended. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, onTestFinished, test } from "vitest";
import { caseFiles } from "../../src/recording/case-files.ts";
import { redactor } from "../../src/recording/redactor.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { Proxies, type Upstreams } from "../../src/run/record/proxies.ts";
import { type Recorded, record, redactedRecording } from "../../src/run/record/session.ts";
import { commandAgent } from "../../src/scenario/foreign-agent.ts";
import { user } from "../../src/scenario/scenario.ts";
import { serveCommand } from "./fixtures-serve/serving.ts";

prepareThread();

/** Nobody listens there. */
const NOBODY = { url: "http://127.0.0.1:1/v1", key: "" };

const NOTHING: Upstreams = { models: { openai: NOBODY, anthropic: NOBODY }, mcp: [], a2a: {} };

const OVER_STDIO = { name: "case", agent: "helper", seed: 1, dummyKey: "", port: 0, transport: "stdio" } as const;

/** An agent that does this with each message, of which it asks the model first. */
const agentThat = (does: string): string => `
const { createInterface } = require("node:readline");
(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    const messages = [{ role: "user", content: JSON.parse(line).text }];
    const url = process.env.OPENAI_BASE_URL + "/chat/completions";
    const response = await fetch(url, { method: "POST", body: JSON.stringify({ model: "m", messages }) });
    const text = response.status + " " + (await response.text().catch((error) => error.message));
    ${does}
  }
})();`;

const ANSWERS = "console.log(JSON.stringify({ text }));";

async function recorded(does: string, upstreams = NOTHING, says = ["Hello"], replyMs = 20_000): Promise<Recorded> {
  return await record({
    slug: "case",
    agent: commandAgent("helper", { command: [process.execPath, "-e", agentThat(does)], over: "stdin" }),
    file: "test/case.scenario.ts",
    upstreams,
    script: async function* () {
      for (const text of says) yield user.says(text);
    },
    signal: new AbortController().signal,
    hasPreload: true,
    limits: { replyMs, flushMs: 200 },
    port: 0,
    transport: "http",
  });
}

/** The world with a model's API that answers everything so. */
async function world(status: number, type: string, body: string): Promise<Upstreams> {
  const server = createServer((_, response) => response.writeHead(status, { "content-type": type }).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { ...NOTHING, models: { ...NOTHING.models, openai: { url, key: "" } } };
}

function lacksOf({ lacks }: Recorded): string {
  return lacks.map(({ what }) => what).join("\n");
}

test("a model's API that nobody serves is a 502 for the agent, and for the recording", async () => {
  const { run, exchanges } = await recorded(ANSWERS);
  expect(run.messages[1]?.text).toMatch(/^502 .*could not be reached: connect ECONNREFUSED/);
  expect(exchanges).toMatchObject([{ kind: "user" }, { kind: "model", answer: { fail: { status: 502 } } }]);
});

test("a page of HTML passes, and that there is no answer is named", async () => {
  const heard = await recorded(ANSWERS, await world(200, "text/html", "<html>login</html>"));
  expect(heard.run.messages[1]?.text).toBe("200 <html>login</html>");
  expect(heard.exchanges).toMatchObject([{ kind: "user" }, { kind: "model", missing: ["answer"] }]);
  expect(lacksOf(heard)).toMatch(/could not be kept: it is text\/html with status 200, and no JSON/);
});

test("of an agent that crashes, what came before is recorded and can be written, with why it ended", async () => {
  const does = `if (messages[0].content === "Die") process.exit(3); ${ANSWERS}`;
  const heard = await recorded(does, await world(500, "application/json", "{}"), ["Hello", "Die", "Hello?"]);
  expect(heard.exchanges.map(({ kind }) => kind)).toEqual(["user", "model", "user", "model"]);
  expect(heard.exchanges[2]).toMatchObject({ text: "Die", reply: null, missing: ["answer"] });
  expect(lacksOf(heard)).toMatch(/agent helper: its process ended with exit code 3/);
  const files = caseFiles(redactedRecording(heard, redactor()), { slug: "case" });
  expect(files.map(({ path }) => path)).toEqual([
    "case/case.scenario.ts",
    "case/case.recording.json",
    "case/case.shape.yaml",
  ]);
});

test("an agent that never answers is given up, and what it asked is recorded", async () => {
  const heard = await recorded("", await world(500, "application/json", "{}"), ["Hello"], 1500);
  expect(heard.exchanges).toMatchObject([{ kind: "user", reply: null }, { kind: "model" }]);
  expect(lacksOf(heard)).toMatch(/agent helper did not reply within 1.5 s/);
});

test("an agent that asks no model there is told from one that does", async () => {
  const heard = await record({
    slug: "case",
    agent: commandAgent("echo", { command: ["cat"], over: "stdin", lines: "text" }),
    file: "test/case.scenario.ts",
    upstreams: NOTHING,
    script: async function* (messages) {
      yield user.says("Hello");
      yield user.says(`You said ${messages.at(-1)?.text}`);
    },
    signal: new AbortController().signal,
    hasPreload: true,
    limits: {},
    port: 0,
    transport: "http",
  });
  expect(heard.run.messages.map(({ text }) => text)).toEqual(["Hello", "Hello", "You said Hello", "You said Hello"]);
  expect(lacksOf(heard)).toContain("no model was asked at OPENAI_BASE_URL or ANTHROPIC_BASE_URL");
});

test("over stdio the official client of MCP reaches a program through a relay", async () => {
  const { command, args } = serveCommand("test/processes/fixtures-record/real.ts#orders");
  const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ""]));
  const mcp = [{ name: "orders", command: [command, ...args], env }];
  const proxies = await Proxies.open({ ...NOTHING, mcp }, OVER_STDIO);
  onTestFinished(() => proxies.close());
  const client = new Client({ name: "tester", version: "1.0.0" });
  await client.connect(new StdioClientTransport(Object(proxies.mcpServers["orders"])));
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["lookup", "refund"]);
  const { content } = await client.callTool({ name: "lookup", arguments: { id: "A-17" } });
  expect(content).toEqual([{ type: "text", text: expect.stringContaining('"state":"lost"') }]);
  await expect(client.callTool({ name: "unknown", arguments: {} })).rejects.toThrow(/there is no tool/);
  await client.close();
  await proxies.close();
  expect(proxies.exchanges).toMatchObject([
    { kind: "tool", tool: "lookup", isError: false },
    { kind: "tool", tool: "unknown", isError: true },
  ]);
  expect(proxies.lacks).toEqual([]);
});

test("a server's program that cannot start is named, and its client hears of its end", async () => {
  const mcp = [{ name: "orders", command: ["/nowhere/at-all"], env: {} }];
  const proxies = await Proxies.open({ ...NOTHING, mcp }, OVER_STDIO);
  onTestFinished(() => proxies.close());
  const client = new Client({ name: "tester", version: "1.0.0" });
  const near = new StdioClientTransport(Object(proxies.mcpServers["orders"]));
  await expect(client.connect(near)).rejects.toThrow(/Connection closed/);
  await proxies.close();
  expect(proxies.lacks.map(({ what }) => what).join()).toMatch(
    /server orders: its process ended with exit code 12[67]/,
  );
});

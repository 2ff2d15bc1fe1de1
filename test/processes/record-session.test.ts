/** One recording after the other that goes otherwise than it should: what came before is there, and why it ended. */
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, onTestFinished, test } from "vitest";
import { caseFiles } from "../../src/recording/case-files.ts";
import { redactor } from "../../src/recording/redactor.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { Proxies, type Upstreams } from "../../src/run/record/proxies.ts";
import { type RecordRequest, type Recorded, record, redactedRecording } from "../../src/run/record/session.ts";
import { agent } from "../../src/scenario/agent.ts";
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

const REQUEST = {
  slug: "case",
  file: "test/case.scenario.ts",
  script: async function* () {
    yield user.says("Hello");
  },
  signal: new AbortController().signal,
  hasPreload: true,
  limits: {},
  port: 0,
  transport: "http",
} as const satisfies Partial<RecordRequest>;

async function recorded(does: string, upstreams = NOTHING, says = ["Hello"], replyMs = 20_000): Promise<Recorded> {
  return await record({
    ...REQUEST,
    agent: commandAgent("helper", { command: [process.execPath, "-e", agentThat(does)], over: "stdin" }),
    upstreams,
    script: async function* () {
      for (const text of says) yield user.says(text);
    },
    limits: { replyMs, flushMs: 200 },
  });
}

/** The world with a model's API that answers everything so. */
async function world(status: number, type: string, body: string): Promise<Upstreams> {
  const server = createServer((_, response) => response.writeHead(status, { "content-type": type }).end(body));
  const { url } = await listening(server);
  return { ...NOTHING, models: { ...NOTHING.models, openai: { url: `${url}/v1`, key: "" } } };
}

async function listening(server: Server): Promise<{ readonly url: string }> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
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

/** A model, an MCP server and a remote agent behind one address, each as far as one question goes. */
const REPLIES: Readonly<Record<string, unknown>> = {
  "POST /v1/chat/completions": {
    id: "1",
    model: "m",
    created: 0,
    choices: [{ message: { content: "Hi" }, finish_reason: "stop" }],
  },
  "POST /mcp": { jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text: "lost" }] } },
  "GET /.well-known/agent-card.json": { name: "risk", url: "http://127.0.0.1:1/" },
  "POST /": { jsonrpc: "2.0", id: 2, result: { message: { parts: [{ text: "No." }] } } },
};

/** An agent of this process, which asks by `fetch` whoever its environment names. */
const asking = agent("helper", async (turn) => {
  const { OPENAI_BASE_URL = "", MCP_SERVERS = "", A2A_AGENTS = "" } = await turn.environment();
  const post = (url: string, body: object): Promise<unknown> =>
    fetch(url, { method: "POST", body: JSON.stringify(body) }).then((response) => response.json());
  await post(`${OPENAI_BASE_URL}/chat/completions`, { model: "m", messages: [{ role: "user", content: turn.input }] });
  const { url } = JSON.parse(MCP_SERVERS).mcpServers.orders;
  await post(url, { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "look", arguments: {} } });
  const message = { messageId: "1", role: "ROLE_USER", parts: [{ text: "Sure?" }] };
  await post(`${JSON.parse(A2A_AGENTS).risk}/`, { jsonrpc: "2.0", id: 2, method: "SendMessage", params: { message } });
  return "Done";
});

test("an agent of this process is heard asking by clients of its own, and what it asks hangs below it", async () => {
  const server = createServer(({ method, url = "" }, response) =>
    response.setHeader("content-type", "application/json").end(JSON.stringify(REPLIES[`${method} ${url}`])),
  );
  const { url } = await listening(server);
  const heard = await record({
    ...REQUEST,
    agent: asking,
    upstreams: {
      models: { ...NOTHING.models, openai: { url: `${url}/v1`, key: "" } },
      mcp: [{ name: "orders", url: `${url}/mcp` }],
      a2a: { risk: url },
    },
  });
  expect(heard.failures).toEqual([]);
  expect(heard.exchanges).toMatchObject([
    { kind: "user", text: "Hello", reply: "Done" },
    { kind: "model", agent: "helper", answer: { say: "Hi" } },
    { kind: "tool", agent: "helper", server: "orders", tool: "look", result: "lost" },
    { kind: "ask", agent: "helper", to: "risk", text: "Sure?", reply: "No." },
  ]);
  const { trajectory = [] } = redactedRecording(heard, redactor());
  const byId = new Map(trajectory.map((span) => [span.spanId, span.name]));
  expect(trajectory.map(({ name, parentSpanId = "" }) => [name, byId.get(parentSpanId)])).toEqual([
    ["turn 1", undefined],
    ["invoke_agent helper", "turn 1"],
    ["tools/call look", "invoke_agent helper"],
    ["risk", "invoke_agent helper"],
    ["invoke_agent risk", "risk"],
  ]);
});

test("a turn in which an agent leaves no span is one of the recording's turns", async () => {
  const heard = await recorded(ANSWERS, await world(500, "application/json", "{}"), ["Hello", "Thanks"]);
  const { trajectory = [], exchanges } = redactedRecording(heard, redactor());
  expect(trajectory.map(({ name }) => name)).toEqual(["turn 1", "turn 2"]);
  const turns = exchanges.filter(({ kind }) => kind === "user");
  expect(turns.map(({ spanId }) => spanId)).toEqual(trajectory.map(({ spanId }) => spanId));
});

test("an agent that asks no model there is told from one that does", async () => {
  const heard = await record({
    ...REQUEST,
    agent: commandAgent("echo", { command: ["cat"], over: "stdin", lines: "text" }),
    upstreams: NOTHING,
    script: async function* (messages) {
      yield user.says("Hello");
      yield user.says(`You said ${messages.at(-1)?.text}`);
    },
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

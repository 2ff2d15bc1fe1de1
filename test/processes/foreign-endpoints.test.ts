/** Agents that are services of somebody's: a server of this test plays them, over real sockets. */
import { type IncomingMessage, type Server, createServer } from "node:http";
import { text } from "node:stream/consumers";
import OpenAI from "openai";
import { afterEach, expect, test } from "vitest";
import { judgeRun } from "../../src/campaign/judge-run.ts";
import type { RunResult } from "../../src/campaign/result.ts";
import { execute } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";
import { type Agent, agent } from "../../src/scenario/agent.ts";
import { chatAgent, httpAgent } from "../../src/scenario/foreign-agent.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

interface Asked {
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly text: string;
}

/** A service that answers what `answer` says, and remembers what it was asked. */
async function serviceOf(answer: (body: never) => Answer): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body: unknown = JSON.parse(await text(request));
    asked.push({ url: request.url, headers: request.headers, body });
    const { status = 200, type = "application/json", text: reply } = answer(body as never);
    response.writeHead(status, { "content-type": type }).end(reply);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`, asked };
}

async function talk(agents: readonly [Agent, ...Agent[]], words = ["hello"]): Promise<{ run: Run; result: RunResult }> {
  const script = words.map((each) => user.says(each));
  const scenario = defineScenario({ name: "endpoints", agents, script, attributes: { "tenant.id": "acme" } });
  const run = await execute(plan(scenario, 1), { mode: "wire", file: "test/processes/none.scenario.ts" });
  return { run, result: judgeRun(run, { file: null, expectations: [], repeat: "" }) };
}

const json = (value: unknown): Answer => ({ text: JSON.stringify(value) });

test("an HTTP agent is sent the message, and answers with a text", async () => {
  const { url, asked } = await serviceOf(({ text: said }: { text: string }) => json({ text: `heard ${said}` }));
  const { run } = await talk([httpAgent("desk", { url: `${url}/ask`, headers: { "x-key": "k" } })]);
  expect([run.failures, run.messages.at(-1)]).toEqual([[], { from: "desk", to: "user", text: "heard hello" }]);
  expect(asked).toMatchObject([
    { url: "/ask", body: { text: "hello", from: "user", payload: null, conversation: run.plan.runId } },
  ]);
  expect(asked[0]?.headers).toMatchObject({ "x-key": "k", baggage: expect.stringContaining("tenant.id=acme") });
});

test("the carrier is the header, under the caller's span of the call", async () => {
  const { url, asked } = await serviceOf(() => json({ text: "yes" }));
  const { run, result } = await talk([httpAgent("desk", { url })]);
  const call = run.spans.find(({ name }) => name === "invoke_agent desk");
  expect(call).toMatchObject({ spanKind: "client", resource: { "service.name": "troupe" } });
  expect(asked[0]?.headers["traceparent"]).toBe(`00-${call?.traceId}-${call?.spanId}-01`);
  expect(result.hops).toMatchObject([
    { from: "troupe", to: "desk", method: "message", carrier: "traceparent", causes: ["never-exported"] },
  ]);
  expect(result.notes).toEqual(['agent desk runs outside of Troupe, and no span of a service "desk" has come from it']);
});

test("its own mapping makes the request and reads the reply", async () => {
  const { url, asked } = await serviceOf(() => json({ answer: [{ words: "mapped" }] }));
  const desk = httpAgent("desk", {
    url,
    request: ({ text: question, payload }) => ({ question, payload }),
    reply: (body) => Object(body).answer?.[0]?.words,
  });
  const giver = agent("giver", (turn) => turn.handoff(desk, { order: 17 }));
  const { run } = await talk([giver, desk]);
  expect([run.failures, run.messages.at(-1)?.text]).toEqual([[], "mapped"]);
  expect(asked.map(({ body }) => body)).toEqual([{ question: "hello", payload: { order: 17 } }]);
});

test("a chat agent is told its conversation from the beginning, and a question is a conversation of its own", async () => {
  const { url, asked } = await serviceOf(({ messages }: { messages: readonly unknown[] }) =>
    json({
      choices: [{ message: { role: "assistant", content: `${messages.length}` } }],
      usage: { prompt_tokens: 7, completion_tokens: 0 },
    }),
  );
  const chat = chatAgent("chat", { url: `${url}/v1/`, model: "m" });
  const { run } = await talk([chat], ["one", "two"]);
  expect(run.failures).toEqual([]);
  expect(run.messages.map(({ text: said }) => said)).toEqual(["one", "1", "two", "3"]);
  expect(asked[1]).toMatchObject({
    url: "/v1/chat/completions",
    body: {
      model: "m",
      messages: [
        { role: "user", content: "one" },
        { role: "assistant", content: "1" },
        { role: "user", content: "two" },
      ],
    },
  });
  expect(run.spans.find(({ name }) => name === "invoke_agent chat")?.attributes).toMatchObject({
    "gen_ai.request.model": "m",
    "gen_ai.usage.input_tokens": 7,
    "gen_ai.usage.output_tokens": 0,
  });
  const asker = agent("asker", async (turn) => {
    const [first, second] = [await turn.ask(chat, "a"), await turn.ask(chat, "b")];
    return `${first.text} ${second.text}`;
  });
  expect((await talk([asker, chat])).run.messages.at(-1)?.text).toBe("1 1");
});

test("the key of a chat agent comes from the variable that it names, and stands in no evidence", async () => {
  const { url, asked } = await serviceOf(() => json({ choices: [{ message: { content: "yes" } }] }));
  const chat = chatAgent("chat", { url, model: "m", keyVariable: "TROUPE_TEST_KEY" });
  expect((await talk([chat])).run.failures).toEqual([
    "agent chat: its key is to be in the environment variable TROUPE_TEST_KEY, which is not set",
  ]);
  process.env["TROUPE_TEST_KEY"] = "sk-hunter2";
  try {
    const { run } = await talk([chat]);
    expect(asked[0]?.headers.authorization).toBe("Bearer sk-hunter2");
    expect(JSON.stringify([writeOtlpJson(run.spans), run.ledger.map(({ text: said }) => said)])).not.toContain(
      "hunter2",
    );
  } finally {
    delete process.env["TROUPE_TEST_KEY"];
  }
});

test("what a chat agent sends is what the official client sends", async () => {
  const { url, asked } = await serviceOf(() => json({ choices: [{ message: { content: "yes" } }] }));
  await talk([chatAgent("chat", { url: `${url}/v1`, model: "m" })]);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "k" });
  await client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "hello" }] });
  expect(asked[0]?.body).toEqual(asked[1]?.body);
  expect(asked[0]?.url).toBe(asked[1]?.url);
});

const PAGE = { type: "text/html", text: "<h1>Sign in</h1>" };

test.for<readonly [what: string, answer: Answer, failure: RegExp]>([
  ["HTML", PAGE, /^agent desk: it answered text\/html where JSON is due: "<h1>Sign in<\/h1>"$/],
  ["a refusal", { ...PAGE, status: 401 }, /^agent desk: it answered with status 401: "<h1>Sign in<\/h1>"$/],
  ["an error", json({ error: "closed" }), /^agent desk: it answered with an error: closed$/],
  ["something else", json([1]), /^agent desk: it answered \[1\], which has no "text"$/],
])("an HTTP agent that answers %s fails the run in words", async ([, answer, failure]) => {
  const { url } = await serviceOf(() => answer);
  const { run } = await talk([httpAgent("desk", { url })]);
  expect(run.failures).toEqual([expect.stringMatching(failure)]);
});

test.for([
  ["no choices", { choices: [] }],
  ["no content", { choices: [{ message: {} }] }],
] as const)("a chat agent that answers with %s fails the run in words", async ([, answer]) => {
  const { url } = await serviceOf(() => json(answer));
  const { run } = await talk([chatAgent("chat", { url, model: "m" })]);
  expect(run.failures).toEqual([
    `agent chat: it answered ${JSON.stringify(answer)}, which has no choices[0].message.content`,
  ]);
});

test("an agent where nobody listens fails the run with its address", async () => {
  const { url } = await serviceOf(() => json({}));
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  const { run } = await talk([httpAgent("desk", { url })]);
  expect(run.failures).toEqual([
    expect.stringMatching(/^agent desk: it could not be asked at http:\S+ connect ECONNREFUSED 127\.0\.0\.1:\d+$/),
  ]);
});

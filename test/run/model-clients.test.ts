import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { a2aAgent } from "../../src/scenario/a2a.ts";
import type { Turn } from "../../src/scenario/agent.ts";
import { type ModelRule, scriptedModel } from "../../src/scenario/model.ts";
import { type Given, inAgent, timed } from "./agents.ts";

const HELLO = { model: "gpt-5", messages: [{ role: "user" as const, content: "Where is order A-17?" }] };
const TIMING = { firstChunkMs: [100, 100], tokensPerSecond: 10 } as const;

function withModel(rules: readonly ModelRule[]): Given {
  return { model: scriptedModel("mock-model", rules, { timing: TIMING }), network: "closed" };
}

async function clients(
  turn: Pick<Turn, "environment">,
): Promise<{ readonly openai: OpenAI; readonly anthropic: Anthropic }> {
  const environment = await turn.environment();
  return {
    openai: new OpenAI({
      baseURL: environment["OPENAI_BASE_URL"] ?? "",
      apiKey: environment["OPENAI_API_KEY"] ?? "",
    }),
    anthropic: new Anthropic({
      baseURL: environment["ANTHROPIC_BASE_URL"] ?? "",
      apiKey: environment["ANTHROPIC_API_KEY"] ?? "",
    }),
  };
}

test("the official clients are answered in virtual time, by the rules that answer turn.model()", async () => {
  const rules = [{ when: { agent: "solo" }, answer: { say: "On its way.", outputTokens: 20 } }];
  const { value, run } = await inAgent(async (turn) => {
    const { openai, anthropic } = await clients(turn);
    const own = await timed(async () => (await turn.model()).text);
    const chat = await timed(async () => (await openai.chat.completions.create(HELLO)).choices[0]?.message.content);
    const message = await timed(async () => (await anthropic.messages.create({ ...HELLO, max_tokens: 9 })).content);
    return { own, chat, message };
  }, withModel(rules));
  expect(value.own.value).toBe("On its way.");
  expect(value.chat.value).toBe("On its way.");
  expect(value.message.value).toEqual([{ type: "text", text: "On its way." }]);
  expect(Math.floor(value.own.nano / 1e6)).toBe(2100);
  // The way there and back takes at most 1.8 ms each.
  for (const { nano } of [value.chat, value.message]) expect(nano / 1e6 - 2100).toBeLessThan(4);
  expect(run.notes).toEqual([]);
});

test("a stream comes piece by piece, each at its virtual time", async () => {
  const rules = [{ answer: { say: "Thursday at noon, eleventh floor", outputTokens: 4 } }];
  const { value } = await inAgent(async (turn) => {
    const { openai } = await clients(turn);
    const began = performance.now();
    const pieces: (readonly [string, number])[] = [];
    for await (const { choices } of await openai.chat.completions.create({ ...HELLO, stream: true })) {
      const { content } = choices[0]?.delta ?? {};
      if (content) pieces.push([content, Math.round((performance.now() - began) / 100)]);
    }
    return pieces;
  }, withModel(rules));
  expect(value).toEqual([
    ["Thursday ", 2],
    ["at noon, ", 3],
    ["eleventh ", 4],
    ["floor", 5],
  ]);
});

test("a retry waits for what retry-after says, in virtual time", async () => {
  const rules = [
    { when: { attempt: 1 }, answer: { fail: { status: 429, retryAfterMs: 7000 } } },
    { answer: { say: "now", outputTokens: 0 } },
  ];
  const { value } = await inAgent(async (turn) => {
    const { openai } = await clients(turn);
    return await timed(() => openai.chat.completions.create(HELLO));
  }, withModel(rules));
  expect(Math.round(value.nano / 1e8)).toBe(72);
});

test("a client's time-out ends a model that hangs, in virtual time", async () => {
  const { value, run } = await inAgent(
    async (turn) => {
      const { openai } = await clients(turn);
      const asking = openai.chat.completions.create(HELLO, { timeout: 30_000, maxRetries: 0 });
      return await timed(() => asking.catch((error: unknown) => (error as Error).constructor.name));
    },
    withModel([{ answer: { fail: "hang" } }]),
  );
  expect([value.value, Math.round(value.nano / 1e9)]).toEqual(["APIConnectionTimeoutError", 30]);
  expect(run.notes).toEqual([]);
});

test("a stream that the agent leaves ends at the model too: no timer of it is left", async () => {
  const { run } = await inAgent(
    async (turn) => {
      const { anthropic } = await clients(turn);
      const stream = await anthropic.messages.create({ ...HELLO, max_tokens: 9, stream: true });
      for await (const event of stream) if (event.type === "content_block_delta") break;
    },
    withModel([{ answer: { say: "word ".repeat(50) } }]),
  );
  expect(run.notes).toEqual([]);
});

test("the ledger holds what crossed to the model and back, with the carrier that the agent's code sent", async () => {
  const { run } = await inAgent(
    async (turn) => {
      const { openai } = await clients(turn);
      await openai.chat.completions.create(HELLO, { headers: { traceparent: "tp" } });
    },
    withModel([{ answer: { say: "x" } }]),
  );
  const entries = run.ledger.filter(({ protocol }) => protocol === "model");
  expect(entries.map(({ from, to, end, role }) => [from, to, end, role])).toEqual([
    ["agents", "mock-model", "sent", "request"],
    ["agents", "mock-model", "received", "request"],
    ["mock-model", "agents", "sent", "reply"],
    ["mock-model", "agents", "received", "reply"],
  ]);
  expect(entries[0]).toMatchObject({
    method: "POST /v1/chat/completions",
    agent: "solo",
    carrier: { traceparent: "tp" },
  });
});

test("a remote agent's clients find its own model, and none of the scenario's", async () => {
  const remote = a2aAgent("risk", {
    model: scriptedModel("risk-model", [{ when: { agent: "risk" }, answer: { say: "low" } }]),
    work: async (turn) => {
      const { openai } = await clients(turn);
      return (await openai.chat.completions.create(HELLO)).choices[0]?.message.content ?? "";
    },
  });
  const { value, run } = await inAgent(async (turn) => (await turn.ask(remote, "May it be refunded?")).text, {
    ...withModel([]),
    servers: [remote],
  });
  expect(value).toBe("low");
  expect(run.ledger.find(({ protocol }) => protocol === "model")).toMatchObject({ from: "risk", to: "risk-model" });
});

test("a request for which there is no rule fails the run with the nearest rule", async () => {
  const asking = inAgent(
    async (turn) => {
      const { openai } = await clients(turn);
      await openai.chat.completions.create(HELLO).catch(() => undefined);
    },
    withModel([{ when: { user: "refund" }, answer: { say: "x" } }]),
  );
  await expect(asking).rejects.toThrow('rule 1 came nearest, but for user "refund"');
});

test("where the network is closed, another address is refused and fails the run", async () => {
  const felt: unknown[] = [];
  const asking = inAgent(
    () => fetch("https://api.example.com/v1").catch((error: unknown) => void felt.push(error)),
    withModel([]),
  );
  await expect(asking).rejects.toThrow(
    "agent solo asked for https://api.example.com, and the scenario's network is closed",
  );
  expect(felt).toMatchObject([{ name: "TypeError", cause: { message: "the network is closed" } }]);
});

/** Everything that a run leaves behind of agents that ask by both clients, with retries, streams and parallel tools. */
async function traceOf(seed: number): Promise<string> {
  const rules: readonly ModelRule[] = [
    { when: { attempt: 1, user: "order" }, answer: { fail: { status: 500 } } },
    { answer: [{ say: "one two three" }, { say: "four five", call: [{ tool: "x" }, { tool: "y" }] }] },
  ];
  const { value, run } = await inAgent(
    async (turn) => {
      const { openai, anthropic } = await clients(turn);
      const streamed = openai.chat.completions.stream(HELLO).finalChatCompletion();
      const whole = anthropic.messages.create({ ...HELLO, max_tokens: 9 });
      return await Promise.all([streamed, whole, openai.responses.create({ model: "gpt-5", input: "Hi" })]);
    },
    { ...withModel(rules), seed },
  );
  const ledger = run.ledger.map((entry) => ({ ...entry, timeUnixNano: String(entry.timeUnixNano) }));
  return JSON.stringify([writeOtlpJson(run.spans), ledger, value]);
}

test("with the same seed the official clients leave the same bytes, and each seed leaves its own", async () => {
  const once: string[] = [];
  for (const seed of [1, 2, 3, 4, 5]) once.push(await traceOf(seed));
  for (const seed of [5, 3, 1]) expect(await traceOf(seed)).toBe(once[seed - 1]);
  expect(new Set(once).size).toBe(5);
});

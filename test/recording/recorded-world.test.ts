import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { expect, test } from "vitest";
import { createMcpServer } from "../../src/mock/mcp-server.ts";
import { recordingText } from "../../src/recording/recording.ts";
import { recordedWorld } from "../../src/recording/recorded-world.ts";
import type { Exchange, ToolExchange } from "../../src/recording/exchange.ts";
import { type RunOptions, execute } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";
import { isA2aAgent, mcpServersOf } from "../../src/scenario/a2a.ts";
import { type Turn, agent } from "../../src/scenario/agent.ts";
import { plan } from "../../src/scenario/plan.ts";
import type { JsonSchema } from "../../src/scenario/schema.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";

const ABOUT = { agent: "helper", startMs: 0, durationMs: 1 } as const;
const OFFERS = [
  { server: "orders", tools: [{ name: "refund", description: "Pays back", schema: { type: "object" } }] },
  { agent: "risk" },
];

function worldOf(exchanges: readonly Exchange[]) {
  const source = { traceIds: [], format: "troupe record", dialects: [], readBy: "troupe" };
  const recording = { source, exchanges, offers: OFFERS, replaced: {}, lacks: [] };
  return recordedWorld(JSON.parse(recordingText(recording)));
}

/** What an agent of one's own does in that world. */
async function played(
  exchanges: readonly Exchange[],
  work: (turn: Turn, world: ReturnType<typeof worldOf>) => Promise<string>,
  options: RunOptions = {},
): Promise<Run> {
  const world = worldOf(exchanges);
  const own = agent("helper", (turn) => work(turn, world));
  return await execute(
    plan(defineScenario({ name: "case", agents: [own], ...world, script: [user.says("Hello")] }), 1),
    options,
  );
}

function ask(text: string, reply: string, state: "completed" | "failed" | "input-required" | null = null): Exchange {
  return { kind: "ask", ...ABOUT, to: "risk", text, reply, state };
}

async function asked(
  exchanges: readonly Exchange[],
  questions: readonly string[],
  options: RunOptions = {},
): Promise<Run> {
  const work = async (turn: Turn, { servers }: ReturnType<typeof worldOf>): Promise<string> => {
    const [risk] = servers.filter(isA2aAgent);
    if (risk === undefined) return "nobody";
    const replies = [];
    for (const question of questions) {
      const { text, state } = await turn.ask(risk, question);
      replies.push(`${text} (${state})`);
    }
    return replies.join(" ");
  };
  return await played(exchanges, work, options);
}

test("a remote agent answers its questions as it was recorded, equal ones in their order", async () => {
  const exchanges = [ask("Sure?", "No."), ask("Sure?", "Which?", "input-required"), ask("Why?", "So.")];
  const run = await asked(exchanges, ["Why?", "Sure?", "Sure?"]);
  expect(run.failures).toEqual([]);
  expect(run.messages.at(-1)?.text).toBe("So. (completed) No. (completed) Which? (input-required)");
});

test.for([
  [["Surely?"], 'no question "Surely?" was recorded; the nearest is "Sure?"'],
  [["Sure?", "Sure?"], 'this is question 2 with "Sure?", and 1 were recorded'],
] as const)("a question that was not recorded fails the run: %j", async ([questions, why]) => {
  const run = await asked([ask("Sure?", "No.")], questions);
  expect(run.failures.join()).toContain(why);
});

test("a replay's policy holds for remote agents and the model alike: the nearest answer, and which it was", async () => {
  const questions = await asked([ask("Sure?", "No."), ask("Why?", "So.")], ["Surely?", "why?"], { miss: "nearest" });
  expect(questions.messages.at(-1)?.text).toBe("No. (completed) So. (completed)");
  expect(questions.answered.map(({ about, by, recorded }) => [about, by, recorded])).toEqual([
    ["agent risk", "nearest", '"Sure?"'],
    ["agent risk", "normalised", '"Why?"'],
  ]);
  const exchange = { kind: "model", ...ABOUT, model: "m", conversation: [], answer: { say: "Yes." } } as const;
  const model = await played([exchange], async (turn) => (await turn.model()).text, { miss: "nearest" });
  expect([model.failures, model.messages.at(-1)?.text, model.answered.map(({ by }) => by)]).toEqual([
    [],
    "Yes.",
    ["next"],
  ]);
});

test("who was there and was not asked is there, and has no answer", async () => {
  const run = await asked([], ["Sure?"]);
  expect(run.failures.join()).toContain('no question "Sure?" was recorded; nobody asked it anything');
  const [orders] = worldOf([]).servers;
  expect(orders).toMatchObject({ name: "orders", tools: { refund: { description: "Pays back" } } });
});

test("what the recording has no answer for is no answer", async () => {
  const exchange = { kind: "model", ...ABOUT, model: "m", conversation: [], answer: {}, missing: ["answer"] } as const;
  const run = await played([exchange], async (turn) => (await turn.model()).text);
  expect(run.failures.join()).toContain("no exchange with this conversation was recorded; the recording is empty");
});

test("a tool's schema holds for what it takes, but for calls that were refused when it was recorded", async () => {
  const call = { kind: "tool", ...ABOUT, server: "orders", tool: "refund", arguments: { id: 1 } } as const;
  const strict = { type: "object", properties: { id: { type: "string" } } };
  const source = { traceIds: [], format: "troupe record", dialects: [], readBy: "troupe" };
  for (const isError of [false, true]) {
    const exchanges = [{ ...call, result: "refused: an id is a text", isError }];
    const offers = [{ server: "orders", tools: [{ name: "refund", schema: strict }] }];
    const text = recordingText({ source, exchanges, offers, replaced: {}, lacks: [] });
    const { servers } = recordedWorld(JSON.parse(text));
    const [tool] = servers.flatMap((server) => ("tools" in server ? Object.values(server.tools) : []));
    expect(tool?.input).toEqual(isError ? { type: "object", properties: { id: { type: "integer" } } } : strict);
  }
});

/** What an official client gets of a recorded tool, by the recording as its file has it. */
async function calledTool(call: Pick<ToolExchange, "result" | "content" | "structuredContent">, output: JsonSchema) {
  const exchange = {
    kind: "tool",
    ...ABOUT,
    server: "orders",
    tool: "look",
    arguments: {},
    isError: false,
    ...call,
  } as const;
  const offers = [{ server: "orders", tools: [{ name: "look", schema: { type: "object" }, output }] }];
  const source = { traceIds: [], format: "troupe record", dialects: [], readBy: "troupe" };
  const text = recordingText({ source, exchanges: [exchange], offers, replaced: {}, lacks: [] });
  const [orders] = mcpServersOf(recordedWorld(JSON.parse(text)).servers);
  if (orders === undefined) throw new Error("no server");
  const [far, near] = InMemoryTransport.createLinkedPair();
  const clock = { nowUnixNano: () => 0n };
  const surroundings = { seed: 1, clock, pause: () => Promise.resolve(), state: orders.state, onFault: () => {} };
  const client = new Client({ name: "agent", version: "1" });
  await Promise.all([createMcpServer(orders, surroundings).connect(far), client.connect(near)]);
  const { tools } = await client.listTools();
  return { outputSchema: tools[0]?.outputSchema, answer: await client.callTool({ name: "look", arguments: {} }) };
}

test("a client gets structured content as it was recorded, its keys in their order, under the schema that it had", async () => {
  const output = { type: "object", properties: { z: { type: "number" }, a: { type: "number" } }, required: ["z"] };
  const structuredContent = { z: 1, a: 2 };
  const { outputSchema, answer } = await calledTool({ result: "in words", structuredContent }, output);
  expect(outputSchema).toEqual(output);
  expect(JSON.stringify(answer)).toBe(
    JSON.stringify({ content: [{ type: "text", text: "in words" }], structuredContent }),
  );
});

test("a client gets every part of what was recorded, and hears of no schema that the server did not keep", async () => {
  const content = [
    { type: "text", text: "Here" },
    { type: "image", data: "aGk=", mimeType: "image/png" },
  ];
  const { outputSchema, answer } = await calledTool({ result: "Here", content }, { type: "object" });
  expect([outputSchema, answer]).toEqual([undefined, { content }]);
});

import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { served } from "./model-clients.ts";

const HELLO = {
  model: "claude-sonnet",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "Where is order A-17?" }],
};

const LOOKUP: Anthropic.Tool = { name: "lookup_order", input_schema: { type: "object" } };

const CALL = [
  { tool: "lookup_order", arguments: { id: "A-17" } },
  { tool: "lookup_order", arguments: { id: "B-1" } },
];

test("a message has words, usage, a stop reason and the model that was asked for", async () => {
  const { anthropic } = await served([{ answer: { say: "It is on its way.", inputTokens: 9, outputTokens: 5 } }]);
  const done = await anthropic.messages.create(HELLO);
  expect(done.content).toEqual([{ type: "text", text: "It is on its way." }]);
  expect([done.stop_reason, done.usage.input_tokens, done.usage.output_tokens]).toEqual(["end_turn", 9, 5]);
  expect([done.model, done._request_id]).toEqual(["claude-sonnet", done.id]);
});

test("the client's own accumulator makes of a streamed message what was not streamed", async () => {
  const { anthropic } = await served([{ answer: { say: "One moment, please.", call: CALL } }]);
  const whole = await anthropic.messages.create({ ...HELLO, tools: [LOOKUP] });
  const streamed = await anthropic.messages.stream({ ...HELLO, tools: [LOOKUP] }).finalMessage();
  const said = ({ content, stop_reason, usage }: Anthropic.Message): unknown => [
    content.map((block) => (block.type === "tool_use" ? block.input : block.type === "text" && block.text)),
    stop_reason,
    usage.output_tokens,
  ];
  expect(said(streamed)).toEqual(said(whole));
  expect(said(whole)).toEqual([["One moment, please.", { id: "A-17" }, { id: "B-1" }], "tool_use", 43]);
});

test("the events of a stream come in the order in which the API sends them", async () => {
  const { anthropic } = await served([{ answer: { say: "Hi", call: [{ tool: "lookup_order" }] } }]);
  const types: string[] = [];
  const stream = await anthropic.messages.create({ ...HELLO, tools: [LOOKUP], stream: true });
  for await (const event of stream) types.push(event.type);
  const block = ["content_block_start", "content_block_delta", "content_block_stop"];
  const call = ["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"];
  expect(types).toEqual(["message_start", ...block, ...call, "message_delta", "message_stop"]);
});

test("results of parallel calls go back in one message, and rules see them, errors too", async () => {
  const { anthropic } = await served([
    { when: { system: "terse", after: "lookup_order", result: "gone" }, answer: { say: "One is gone." } },
    { when: { offers: "lookup_order" }, answer: { call: CALL } },
  ]);
  const first = await anthropic.messages.create({ ...HELLO, tools: [LOOKUP] });
  const uses = first.content.filter((block) => block.type === "tool_use");
  const results = uses.map(({ id }, index) => ({
    type: "tool_result" as const,
    tool_use_id: id,
    content: index === 0 ? "late" : "gone",
    is_error: index === 1,
  }));
  const messages = [
    ...HELLO.messages,
    { role: "assistant" as const, content: first.content },
    { role: "user" as const, content: results },
  ];
  const second = await anthropic.messages.create({ ...HELLO, system: "Be terse.", messages, tools: [LOOKUP] });
  expect(second.content).toEqual([{ type: "text", text: "One is gone." }]);
});

test("structured output is parsed by the client", async () => {
  const { anthropic } = await served([{ answer: { say: '{"risk":3}' } }]);
  const schema = { type: "object", properties: { risk: { type: "number" } }, required: ["risk"] };
  const done = await anthropic.messages.parse({ ...HELLO, output_config: { format: { type: "json_schema", schema } } });
  expect(done.content[0]).toMatchObject({ type: "text", text: '{"risk":3}' });
});

test("a 529 is retried after what its header says, and the second attempt is answered", async () => {
  const { anthropic, asked } = await served([
    { when: { attempt: 1 }, answer: { fail: { status: 529, retryAfterMs: 5 } } },
    { answer: { say: "now" } },
  ]);
  expect((await anthropic.messages.create(HELLO)).content).toEqual([{ type: "text", text: "now" }]);
  expect(asked).toHaveLength(2);
});

test.for([
  [429, Anthropic.RateLimitError, "rate_limit_error"],
  [500, Anthropic.InternalServerError, "api_error"],
  [529, Anthropic.InternalServerError, "overloaded_error"],
] as const)("a %i that is not retried is an error of its class, in Anthropic's form", async ([status, Class, type]) => {
  const { anthropic } = await served([{ answer: { fail: { status, message: "no" } } }]);
  const error = await anthropic.messages.create(HELLO, { maxRetries: 0 }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Class);
  expect(error).toMatchObject({ error: { type: "error", error: { type, message: "no" } } });
});

test("a model that hangs makes the client time out, and its request leaves nothing behind", async () => {
  const { anthropic, open } = await served([{ answer: { fail: "hang" } }]);
  const asking = anthropic.messages.create(HELLO, { maxRetries: 0, timeout: 50 });
  await expect(asking).rejects.toBeInstanceOf(Anthropic.APIConnectionTimeoutError);
  while (open() > 0) await new Promise((resolve) => void setImmediate(resolve));
});

test("a stream that breaks gives the pieces before it, and then an error", async () => {
  const { anthropic } = await served([
    { answer: { say: "eleventh twelfth thirteenth fourteenth", fail: { breakAfter: 2 } } },
  ]);
  const pieces: string[] = [];
  const stream = anthropic.messages.stream(HELLO).on("text", (piece) => void pieces.push(piece));
  await expect(stream.finalMessage()).rejects.toThrow();
  expect(pieces).toEqual(["eleventh ", "twelfth thirteenth "]);
});

test("malformed arguments are streamed as they were written, and whole they are no object", async () => {
  const { anthropic } = await served([{ answer: { call: [{ tool: "lookup_order", malformed: '{"id": A' }] } }]);
  const pieces: string[] = [];
  const stream = await anthropic.messages.create({ ...HELLO, tools: [LOOKUP], stream: true });
  for await (const event of stream)
    if (event.type === "content_block_delta" && event.delta.type === "input_json_delta")
      pieces.push(event.delta.partial_json);
  expect(pieces.join("")).toBe('{"id": A');
  const { content } = await anthropic.messages.create({ ...HELLO, tools: [LOOKUP] });
  expect(content[0]).toMatchObject({ type: "tool_use", input: '{"id": A' });
});

test("a client that aborts ends the stream, and leaves nothing behind", async () => {
  const { anthropic, open } = await served([{ answer: { say: "word ".repeat(100_000) } }]);
  const stream = anthropic.messages.stream(HELLO);
  stream.once("text", () => stream.abort());
  await expect(stream.done()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
  while (open() > 0) await new Promise((resolve) => void setImmediate(resolve));
});

test("a request for which there is no rule is an error in Anthropic's form that names the nearest rule", async () => {
  const { anthropic, faults } = await served([{ when: { model: "claude-opus" }, answer: { say: "x" } }]);
  const error = await anthropic.messages.create(HELLO).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Anthropic.BadRequestError);
  expect(faults[0]).toMatch(/rule 1 came nearest, but for model "claude-opus"$/);
  expect(error).toMatchObject({ error: { error: { type: "invalid_request_error", message: faults[0] } } });
});

test("a request that lacks what the API needs is an error at its place", async () => {
  const { anthropic } = await served([{ answer: { say: "x" } }]);
  const wrong = { model: "m", messages: HELLO.messages } as never;
  await expect(anthropic.messages.create(wrong)).rejects.toThrow(/max_tokens: this is no number, and it is required/);
});

test.for([
  ["length", "max_tokens"],
  ["content_filter", "refusal"],
] as const)("an answer that ends by %s says so as %s", async ([finish, told]) => {
  const { anthropic } = await served([{ answer: { say: "cut", finish } }]);
  expect((await anthropic.messages.create(HELLO)).stop_reason).toBe(told);
});

test("the model is listed", async () => {
  const { anthropic } = await served([]);
  const ids: string[] = [];
  for await (const { id } of anthropic.models.list()) ids.push(id);
  expect(ids).toEqual(["mock-model"]);
});

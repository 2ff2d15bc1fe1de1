import OpenAI from "openai";
import { expect, test } from "vitest";
import { served } from "./model-clients.ts";

const HELLO = { model: "gpt-5", messages: [{ role: "user" as const, content: "Where is order A-17?" }] };

const LOOKUP: OpenAI.ChatCompletionFunctionTool = {
  type: "function",
  function: { name: "lookup_order", parameters: { type: "object", properties: { id: { type: "string" } } } },
};

const CALL = [
  { tool: "lookup_order", arguments: { id: "A-17" } },
  { tool: "lookup_order", arguments: { id: "B-1" } },
];

test("a chat completion has words, usage, a finish reason and the model that was asked for", async () => {
  const { openai } = await served([{ answer: { say: "It is on its way.", inputTokens: 9, outputTokens: 5 } }]);
  const done = await openai.chat.completions.create(HELLO);
  expect(done.choices[0]?.message.content).toBe("It is on its way.");
  expect(done.choices[0]?.finish_reason).toBe("stop");
  expect([done.usage?.prompt_tokens, done.usage?.completion_tokens, done.usage?.total_tokens]).toEqual([9, 5, 14]);
  expect([done.model, done._request_id]).toEqual(["gpt-5", done.id]);
});

test("the client's own accumulator makes of a streamed chat completion what was not streamed", async () => {
  const { openai } = await served([{ answer: { say: "One moment, please.", call: CALL } }]);
  const whole = await openai.chat.completions.create({ ...HELLO, tools: [LOOKUP] });
  const stream = openai.chat.completions.stream({
    ...HELLO,
    tools: [LOOKUP],
    stream_options: { include_usage: true },
  });
  const streamed = await stream.finalChatCompletion();
  const said = ({ choices, usage }: OpenAI.ChatCompletion): unknown => [
    choices[0]?.message.content,
    choices[0]?.message.tool_calls?.map((call) => call.type === "function" && call.function.arguments),
    choices[0]?.finish_reason,
    usage?.completion_tokens,
  ];
  expect(said(streamed)).toEqual(said(whole));
  expect(said(whole)).toMatchObject(["One moment, please.", ['{"id":"A-17"}', '{"id":"B-1"}'], "tool_calls", 43]);
});

test("the client's own loop calls tools in parallel and sends their results, which rules see", async () => {
  const { openai } = await served([
    { when: { after: "lookup_order", result: "B-1 is late" }, answer: { say: "B-1 is late." } },
    { when: { user: "order", offers: "lookup_order" }, answer: { call: CALL } },
  ]);
  const looked: unknown[] = [];
  const runner = openai.chat.completions.runTools({
    ...HELLO,
    tools: [
      {
        type: "function",
        function: {
          name: "lookup_order",
          description: "",
          parameters: { type: "object" },
          parse: (text): { readonly id: string } => JSON.parse(text),
          function: ({ id }: { readonly id: string }) => {
            looked.push(id);
            return `${id} is late`;
          },
        },
      },
    ],
  });
  expect(await runner.finalContent()).toBe("B-1 is late.");
  expect(looked).toEqual(["A-17", "B-1"]);
});

test("structured output is parsed by the client", async () => {
  const { openai } = await served([{ answer: { say: '{"risk":3}' } }]);
  const schema = { type: "object", properties: { risk: { type: "number" } }, required: ["risk"] };
  const done = await openai.chat.completions.parse({
    ...HELLO,
    response_format: { type: "json_schema", json_schema: { name: "risk", schema, strict: true } },
  });
  expect(done.choices[0]?.message.parsed).toEqual({ risk: 3 });
});

test("words that are not what the format asks for are a fault of the rule, never sent", async () => {
  const { openai, faults } = await served([{ answer: { say: '{"risk":"high"}' } }]);
  const schema = { type: "object", properties: { risk: { type: "number" } }, required: ["risk"] };
  const asking = openai.chat.completions.create({
    ...HELLO,
    response_format: { type: "json_schema", json_schema: { name: "risk", schema } },
  });
  await expect(asking).rejects.toThrow(/rule 1: its words .* are not what the request's format asks for/);
  expect(faults).toHaveLength(1);
});

test("a 429 is retried after what its header says, and the second attempt is answered", async () => {
  const { openai, asked } = await served([
    { when: { attempt: 1 }, answer: { fail: { status: 429, retryAfterMs: 5 } } },
    { answer: { say: "now" } },
  ]);
  const done = await openai.chat.completions.create(HELLO);
  expect(done.choices[0]?.message.content).toBe("now");
  expect(asked).toHaveLength(2);
});

test("a 429 that is not retried is the client's rate limit error with its code and its header", async () => {
  const { openai } = await served([{ answer: { fail: { status: 429, retryAfterMs: 1500, message: "slow down" } } }]);
  const error = await openai.chat.completions.create(HELLO, { maxRetries: 0 }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  expect(error).toMatchObject({ code: "rate_limit_exceeded", message: "429 slow down" });
  const { headers } = error as InstanceType<typeof OpenAI.RateLimitError>;
  expect([headers.get("retry-after"), headers.get("retry-after-ms")]).toEqual(["2", "1500"]);
});

test("a 500 is the client's internal error", async () => {
  const { openai } = await served([{ answer: { fail: { status: 500 } } }]);
  await expect(openai.chat.completions.create(HELLO, { maxRetries: 0 })).rejects.toBeInstanceOf(
    OpenAI.InternalServerError,
  );
});

test("a model that hangs makes the client time out, and its request leaves nothing behind", async () => {
  const { openai, open } = await served([{ answer: { fail: "hang" } }]);
  const asking = openai.chat.completions.create(HELLO, { maxRetries: 0, timeout: 50 });
  await expect(asking).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
  while (open() > 0) await new Promise((resolve) => void setImmediate(resolve));
});

test("a stream that breaks gives the pieces before it, and then an error", async () => {
  const { openai } = await served([
    { answer: { say: "eleventh twelfth thirteenth fourteenth", fail: { breakAfter: 2 } } },
  ]);
  const pieces: string[] = [];
  const reading = (async () => {
    for await (const { choices } of await openai.chat.completions.create({ ...HELLO, stream: true }))
      if (choices[0]?.delta.content) pieces.push(choices[0].delta.content);
  })();
  await expect(reading).rejects.toThrow();
  expect(pieces).toEqual(["eleventh ", "twelfth thirteenth "]);
});

test("malformed arguments arrive as they were written, streamed or not", async () => {
  const { openai } = await served([{ answer: { call: [{ tool: "lookup_order", malformed: '{"id": "A-' }] } }]);
  const whole = await openai.chat.completions.create({ ...HELLO, tools: [LOOKUP] });
  const stream = openai.chat.completions.stream({ ...HELLO, tools: [LOOKUP] });
  for (const { choices } of [whole, await stream.finalChatCompletion()])
    expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { arguments: '{"id": "A-' } });
});

test("a client that stops reading ends the stream, and leaves nothing behind", async () => {
  const { openai, open } = await served([{ answer: { say: "word ".repeat(100_000) } }]);
  const stream = await openai.chat.completions.create({ ...HELLO, stream: true });
  for await (const _ of stream) break;
  expect(stream.controller.signal.aborted).toBe(true);
  while (open() > 0) await new Promise((resolve) => void setImmediate(resolve));
});

test("a request for which there is no rule is an error in OpenAI's form that names the nearest rule", async () => {
  const { openai, faults, asked } = await served([{ when: { user: "refund" }, answer: { say: "x" } }]);
  const error = await openai.chat.completions.create(HELLO).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(OpenAI.BadRequestError);
  const sentence =
    'model mock-model has no rule for agent shop after "Where is order A-17?" (user); rule 1 came nearest, but for user "refund"';
  expect(error).toMatchObject({ message: `400 ${sentence}`, type: "invalid_request_error" });
  expect([faults, asked.length]).toEqual([[sentence], 1]);
});

test.for([
  ["length", "length"],
  ["content_filter", "content_filter"],
] as const)("an answer that ends by %s says so", async ([finish, told]) => {
  const { openai } = await served([{ answer: { say: "cut", finish } }]);
  const done = await openai.chat.completions.create(HELLO);
  expect(done.choices[0]?.finish_reason).toBe(told);
});

test("a response has output text, a status and usage, and its stream ends with the same", async () => {
  const { openai } = await served([{ answer: { say: "It is on its way.", outputTokens: 5 } }]);
  const request = { model: "gpt-5", input: "Where is order A-17?" };
  const whole = await openai.responses.create(request);
  expect([whole.output_text, whole.status, whole.usage?.output_tokens]).toEqual(["It is on its way.", "completed", 5]);
  const stream = openai.responses.stream(request);
  const deltas: string[] = [];
  stream.on("response.output_text.delta", ({ delta }) => deltas.push(delta));
  const streamed = await stream.finalResponse();
  expect(streamed.output_text).toBe("It is on its way.");
  expect(deltas.join("")).toBe("It is on its way.");
  expect(deltas.length).toBeGreaterThan(1);
});

test("a response calls tools in parallel, and goes on from its id with their results", async () => {
  const { openai } = await served([
    { when: { after: "lookup_order", result: "late" }, answer: { say: "Both are late." } },
    { when: { system: "terse", user: "order" }, answer: { call: CALL } },
  ]);
  const tools = [{ type: "function" as const, name: "lookup_order", parameters: {}, strict: false }];
  const first = await openai.responses.create({
    model: "gpt-5",
    instructions: "Be terse.",
    input: "Where is order A-17?",
    tools,
  });
  const calls = first.output.filter((item) => item.type === "function_call");
  expect(calls.map((call) => call.arguments)).toEqual(['{"id":"A-17"}', '{"id":"B-1"}']);
  const input = calls.map(({ call_id }) => ({ type: "function_call_output" as const, call_id, output: "late" }));
  const second = await openai.responses.create({ model: "gpt-5", previous_response_id: first.id, input, tools });
  expect(second.output_text).toBe("Both are late.");
});

test("a response that goes on from nothing known is an error at its place", async () => {
  const { openai } = await served([{ answer: { say: "x" } }]);
  const asking = openai.responses.create({ model: "gpt-5", previous_response_id: "resp_1", input: "Hi" });
  await expect(asking).rejects.toMatchObject({ status: 400, param: "previous_response_id" });
});

test("structured output of a response is parsed by the client", async () => {
  const { openai } = await served([{ answer: { say: '{"risk":3}' } }]);
  const format = { type: "json_schema" as const, name: "risk", schema: { type: "object" }, strict: true };
  const done = await openai.responses.parse({ model: "gpt-5", input: "Hi", text: { format } });
  expect(done.output_parsed).toEqual({ risk: 3 });
});

test("embeddings depend on the text alone, and texts that share words are near each other", async () => {
  const { openai } = await served([]);
  const input = ["refund of an order", "the order was refunded: a refund", "weather in Oslo"];
  const { data } = await openai.embeddings.create({ model: "text-embedding-3-small", input });
  const [a = [], b = [], c = []] = data.map(({ embedding }) => embedding);
  const near = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  expect([a.length, Number(near(a, a).toFixed(5))]).toEqual([1536, 1]);
  expect(near(a, b)).toBeGreaterThan(near(a, c) + 0.2);
  const again = await openai.embeddings.create({ model: "m", input: input[0] ?? "", encoding_format: "float" });
  expect(near(again.data[0]?.embedding ?? [], a)).toBeCloseTo(1, 5);
});

test("the model is listed", async () => {
  const { openai } = await served([]);
  const ids: string[] = [];
  for await (const { id } of openai.models.list()) ids.push(id);
  expect(ids).toEqual(["mock-model"]);
});

test("clients at once never take each other's variants: each is answered as if it were alone", async () => {
  const rules = [{ answer: ["a", "b", "c", "d"].map((say) => ({ say })) }];
  const answersOf = async ({ openai }: { readonly openai: OpenAI }): Promise<readonly unknown[]> => {
    const answers: unknown[] = [];
    for (let index = 0; index < 6; index++)
      answers.push((await openai.chat.completions.create(HELLO)).choices[0]?.message.content);
    return answers;
  };
  const alone = [await answersOf(await served(rules, "one")), await answersOf(await served(rules, "two"))];
  const { openai, url } = await served(rules, "one");
  const other = new OpenAI({ apiKey: "none", baseURL: `${url}/agents/two/v1` });
  expect(await Promise.all([answersOf({ openai }), answersOf({ openai: other })])).toEqual(alone);
  expect(alone[0]).not.toEqual(alone[1]);
});

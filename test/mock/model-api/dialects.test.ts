import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import {
  type Dialect,
  type ModelCall,
  type ModelOutput,
  readEvents,
  writeEvent,
} from "../../../src/mock/model-api/dialect.ts";
import { ANTHROPIC_MESSAGES, OPENAI_CHAT, OPENAI_RESPONSES } from "../../../src/mock/model-api/dialects.ts";
import type { Message, ToolCall } from "../../../src/scenario/model.ts";

const DIALECTS = [
  ["OpenAI Chat Completions", OPENAI_CHAT],
  ["OpenAI Responses", OPENAI_RESPONSES],
  ["Anthropic Messages", ANTHROPIC_MESSAGES],
] as const;

const RUNS = { numRuns: 40 };

const word = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
const name = fc.stringMatching(/^[a-z_]{1,10}$/);
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
const object = fc.dictionary(name, json, { maxKeys: 3 }).map((value) => ({ ...value }));
const schema = object.map((properties) => ({ type: "object", properties }));

/** Calls with ids of their own; one in four has arguments that are no JSON object. */
function calls(prefix: string): fc.Arbitrary<readonly ToolCall[]> {
  const one = fc.oneof(
    { weight: 3, arbitrary: fc.record({ name, arguments: object }) },
    { weight: 1, arbitrary: fc.record({ name, arguments: fc.constant({}), malformed: fc.constant('{"a": [1') }) },
  );
  return fc.array(one, { maxLength: 3 }).map((list) => list.map((call, at) => ({ id: `${prefix}_${at}`, ...call })));
}

/** What the user says, and what comes of it: answers with calls, and all their results. */
function exchange(at: number, hasErrors: boolean): fc.Arbitrary<readonly Message[]> {
  return fc.record({ said: word, answer: word, calls: calls(`call_${at}`), isError: fc.boolean() }).map((made) => [
    { role: "user", text: made.said },
    { role: "assistant", text: made.answer, toolCalls: made.calls },
    ...made.calls.map((call): Message => ({
      role: "tool",
      tool: call.name,
      text: made.answer,
      isError: hasErrors && made.isError,
      callId: call.id,
    })),
  ]);
}

function requests(dialect: Dialect): fc.Arbitrary<ModelCall> {
  const hasErrors = dialect === ANTHROPIC_MESSAGES;
  const rest = fc.record(
    {
      model: word,
      tools: fc.array(fc.record({ name, description: word, schema }, { requiredKeys: ["name", "schema"] }), {
        maxLength: 3,
      }),
      toolChoice: fc.oneof(fc.constantFrom("auto", "none", "required"), fc.record({ tool: name })),
      isParallel: fc.boolean(),
      format: schema,
      isStream: fc.boolean(),
    },
    { requiredKeys: ["model", "tools", "toolChoice", "isParallel", "isStream"] },
  );
  const messages = fc.tuple(
    fc.array(
      word.map((text): Message => ({ role: "system", text })),
      { maxLength: 2 },
    ),
    exchange(0, hasErrors),
    exchange(1, hasErrors),
  );
  return fc.tuple(rest, messages, fc.boolean()).map(([call, conversation, hasUsage]) => ({
    ...call,
    conversation: conversation.flat(),
    hasUsage: dialect === OPENAI_CHAT ? hasUsage : true,
  }));
}

/** Answers such as a model gives: what stopped an answer with calls is that it called. */
function outputs(dialect: Dialect): fc.Arbitrary<ModelOutput> {
  return fc
    .record({
      id: fc.stringMatching(/^[a-f0-9]{8}$/).map((hex) => `${dialect.idPrefix}${hex}`),
      model: word,
      createdUnixSeconds: fc.nat(),
      text: fc.oneof(word, fc.constant(""), fc.lorem({ maxCount: 8 })),
      toolCalls: calls("call"),
      cut: fc.constantFrom("stop", "length", "content_filter" as const),
      inputTokens: fc.nat(),
      outputTokens: fc.nat(),
    })
    .map(({ cut, ...output }) => ({
      ...output,
      createdUnixSeconds: dialect === ANTHROPIC_MESSAGES ? 0 : output.createdUnixSeconds,
      finishReason: output.toolCalls.length > 0 ? "tool_call" : cut,
    }));
}

test.for(DIALECTS)("a request that %s writes reads as it was", ([, dialect]) => {
  fc.assert(
    fc.property(requests(dialect), (call) => {
      expect(dialect.readRequest(JSON.parse(JSON.stringify(dialect.writeRequest(call))))).toEqual(call);
    }),
    RUNS,
  );
});

test.for(DIALECTS)("a reply that %s writes reads as it was", ([, dialect]) => {
  fc.assert(
    fc.property(outputs(dialect), (output) => {
      expect(dialect.readReply(JSON.parse(JSON.stringify(dialect.writeReply(output))))).toEqual(output);
    }),
    RUNS,
  );
});

test.for(DIALECTS)("the stream that %s writes says what the reply says", ([, dialect]) => {
  fc.assert(
    fc.property(outputs(dialect), (output) => {
      const text = dialect.writeStream(output, { hasUsage: true }).map(writeEvent).join("");
      expect(dialect.readStream(readEvents(text))).toEqual(output);
    }),
    RUNS,
  );
});

test.for(DIALECTS)("a stream of %s that broke off is no reply", ([, dialect]) => {
  fc.assert(
    fc.property(outputs(dialect), fc.nat(), (output, at) => {
      const events = dialect.writeStream(output, { hasUsage: true });
      const isEnd = dialect === OPENAI_CHAT ? 3 : 1;
      const cut = events.slice(0, at % (events.length - isEnd));
      expect(() => dialect.readStream(cut)).toThrow(expect.objectContaining({ name: "RequestError" }));
    }),
    RUNS,
  );
});

test.for(DIALECTS)("all faults of a body that is no request of %s are told, each at its place", ([, dialect]) => {
  const body = { model: 5, messages: "x", input: 7, max_tokens: 1, tools: "none" };
  const messages = dialect === OPENAI_RESPONSES ? "input" : "messages";
  expect(() => dialect.readRequest(body)).toThrow(/model: .*; /);
  expect(() => dialect.readRequest(body)).toThrow(new RegExp(`${messages}: `));
  expect(() => dialect.readRequest(body)).toThrow(/tools: /);
});

test("an image in a message is told by its type, and the words beside it count", () => {
  const content = [
    { type: "text", text: "What is this?" },
    { type: "image_url", image_url: { url: "data:," } },
  ];
  const { conversation } = OPENAI_CHAT.readRequest({ model: "m", messages: [{ role: "user", content }] });
  expect(conversation).toEqual([{ role: "user", text: "What is this?\n[image_url]" }]);
});

test("what a user says beside the results of a message comes after them", () => {
  const content = [
    { type: "text", text: "And now?" },
    { type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "42" }] },
  ];
  const use = { type: "tool_use", id: "t1", name: "add", input: { a: 1 } };
  const { conversation } = ANTHROPIC_MESSAGES.readRequest({
    model: "m",
    max_tokens: 5,
    messages: [
      { role: "assistant", content: [use] },
      { role: "user", content },
    ],
  });
  expect(conversation.slice(1)).toEqual([
    { role: "tool", tool: "add", text: "42", isError: false, callId: "t1" },
    { role: "user", text: "And now?" },
  ]);
});

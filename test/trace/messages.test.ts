import * as fc from "fast-check";
import { expect, test } from "vitest";
import { meaningOf } from "../../src/trace/dialects.ts";
import { conversationsOf, messageText, type Direction } from "../../src/trace/messages.ts";
import { messagesIn } from "../../src/trace/messages/message.ts";
import type { Span } from "../../src/trace/span.ts";
import { span } from "./spans.ts";

const LLM = { "openinference.span.kind": "LLM" };

function lines(given: Partial<Span>, direction: Direction): readonly string[] {
  const one = span("s", undefined, given);
  const [first] = conversationsOf(one, meaningOf(one).kind, direction);
  return first?.messages.map(messageText) ?? [];
}

const TALK = ["system: Be brief.", "user: Refund A-17", 'assistant: refund({"order":"A-17"})', "tool: done"];

/** The same four messages as each dialect writes them. */
const FORMS: readonly (readonly [dialect: string, given: Partial<Span>])[] = [
  [
    "OTel GenAI",
    {
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": JSON.stringify([
          { role: "system", parts: [{ type: "text", content: "Be brief." }] },
          { role: "user", parts: [{ type: "text", content: "Refund A-17" }] },
          { role: "assistant", parts: [{ type: "tool_call", id: "c1", name: "refund", arguments: { order: "A-17" } }] },
          { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "done" }] },
        ]),
      },
    },
  ],
  [
    "OTel GenAI's events",
    {
      attributes: { "gen_ai.operation.name": "chat" },
      events: [
        { name: "gen_ai.system.message", timeUnixNano: 1n, attributes: { content: "Be brief." } },
        { name: "gen_ai.user.message", timeUnixNano: 2n, attributes: { content: "Refund A-17" } },
        {
          name: "gen_ai.assistant.message",
          timeUnixNano: 3n,
          attributes: { tool_calls: [{ id: "c1", function: { name: "refund", arguments: '{"order":"A-17"}' } }] },
        },
        { name: "gen_ai.tool.message", timeUnixNano: 4n, attributes: { id: "c1", content: "done" } },
      ],
    },
  ],
  [
    "OpenInference",
    {
      attributes: {
        ...LLM,
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Be brief.",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.contents.0.message_content.type": "text",
        "llm.input_messages.1.message.contents.0.message_content.text": "Refund A-17",
        "llm.input_messages.2.message.role": "assistant",
        "llm.input_messages.2.message.tool_calls.0.tool_call.id": "c1",
        "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "refund",
        "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": '{"order":"A-17"}',
        "llm.input_messages.3.message.role": "tool",
        "llm.input_messages.3.message.tool_call_id": "c1",
        "llm.input_messages.3.message.content": "done",
      },
    },
  ],
  [
    "OpenLLMetry",
    {
      attributes: {
        "llm.request.type": "chat",
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "Be brief.",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": "Refund A-17",
        "gen_ai.prompt.2.role": "assistant",
        "gen_ai.prompt.2.tool_calls.0.id": "c1",
        "gen_ai.prompt.2.tool_calls.0.name": "refund",
        "gen_ai.prompt.2.tool_calls.0.arguments": '{"order":"A-17"}',
        "gen_ai.prompt.3.role": "tool",
        "gen_ai.prompt.3.content": "done",
      },
    },
  ],
  [
    "the Vercel AI SDK",
    {
      attributes: {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.prompt.messages": JSON.stringify([
          { role: "system", content: "Be brief." },
          { role: "user", content: [{ type: "text", text: "Refund A-17" }] },
          {
            role: "assistant",
            content: [{ type: "tool-call", toolCallId: "c1", toolName: "refund", input: { order: "A-17" } }],
          },
          {
            role: "tool",
            content: [
              { type: "tool-result", toolCallId: "c1", toolName: "refund", output: { type: "text", value: "done" } },
            ],
          },
        ]),
      },
    },
  ],
  [
    "LangSmith, with LangChain's messages",
    {
      attributes: {
        "langsmith.span.kind": "llm",
        "langsmith.inputs": JSON.stringify({
          messages: [
            [
              {
                lc: 1,
                type: "constructor",
                id: ["langchain", "schema", "SystemMessage"],
                kwargs: { content: "Be brief." },
              },
              {
                lc: 1,
                type: "constructor",
                id: ["langchain", "schema", "HumanMessage"],
                kwargs: { content: "Refund A-17" },
              },
              { type: "ai", content: "", tool_calls: [{ id: "c1", name: "refund", args: { order: "A-17" } }] },
              { type: "tool", content: "done", tool_call_id: "c1" },
            ],
          ],
        }),
      },
    },
  ],
  [
    "OpenAI Agents, by the Responses API",
    {
      attributes: {
        "span_data.type": "response",
        "span_data._input": [
          { role: "system", content: "Be brief." },
          { role: "user", content: [{ type: "input_text", text: "Refund A-17" }] },
          { type: "function_call", call_id: "c1", name: "refund", arguments: '{"order":"A-17"}' },
          { type: "function_call_output", call_id: "c1", output: "done" },
        ],
      },
    },
  ],
  [
    "MLflow, with Anthropic's messages",
    {
      attributes: {
        "mlflow.spanType": "CHAT_MODEL",
        "mlflow.spanInputs": {
          system: "Be brief.",
          messages: [
            { role: "user", content: "Refund A-17" },
            { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "refund", input: { order: "A-17" } }] },
            { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "done" }] },
          ],
        },
      },
    },
  ],
  [
    "Google ADK, with Gemini's contents",
    {
      scope: { name: "gcp.vertex.agent" },
      name: "call_llm",
      attributes: {
        "gcp.vertex.agent.llm_request": JSON.stringify({
          config: { system_instruction: "Be brief." },
          contents: [
            { role: "user", parts: [{ text: "Refund A-17" }] },
            { role: "model", parts: [{ function_call: { name: "refund", args: { order: "A-17" } } }] },
            { role: "user", parts: [{ function_response: { name: "refund", response: "done" } }] },
          ],
        }),
      },
    },
  ],
];

test.each(FORMS)("the messages of %s are read", (_dialect, given) => expect(lines(given, "input")).toEqual(TALK));

test("an answer whose text and calls stand apart is one message", () => {
  const attributes = {
    "ai.operationId": "ai.streamText.doStream",
    "ai.response.text": "One moment.",
    "ai.response.toolCalls": '[{"toolCallId":"c1","toolName":"refund","args":"{}"}]',
  };
  expect(lines({ attributes }, "output")).toEqual(["assistant: One moment. refund({})"]);
});

test("the message of a choice stands inside its event", () => {
  const attributes = { index: 0, finish_reason: "stop", message: '{"role":"assistant","content":"Done."}' };
  const events = [{ name: "gen_ai.choice", timeUnixNano: 1n, attributes }];
  expect(lines({ attributes: { "gen_ai.operation.name": "chat" }, events }, "output")).toEqual(["assistant: Done."]);
});

test("the answers of several tools in one message are a message each, with the call that each answers", () => {
  const parts = ["c1", "c2"].map((id) => ({ type: "tool_call_response", id, result: `of ${id}` }));
  expect(messagesIn([{ role: "user", parts }], "user")).toEqual([
    { role: "tool", text: "of c1", toolCalls: [], toolCallId: "c1" },
    { role: "tool", text: "of c2", toolCalls: [], toolCallId: "c2" },
  ]);
});

test("the first dialect that has messages wins, also where another has an attribute without any", () => {
  const attributes = { ...LLM, "gen_ai.input.messages": "[]", "input.value": "hello" };
  expect(lines({ attributes }, "input")).toEqual(["user: hello"]);
});

test("plain text is said by somebody where a model or an agent is given it, and nowhere else", () => {
  const io = { "input.value": "hello" };
  expect(lines({ attributes: { "openinference.span.kind": "AGENT", ...io } }, "input")).toEqual(["user: hello"]);
  expect(lines({ attributes: { "openinference.span.kind": "CHAIN", ...io } }, "input")).toEqual([]);
  expect(lines({ attributes: { "openinference.span.kind": "TOOL", ...io } }, "input")).toEqual([]);
});

test("definitions of tools among messages are none", () => {
  const tool = { type: "function", function: { name: "refund", parameters: {} } };
  expect(messagesIn([{ role: "user", content: "hi" }, { role: "tool", content: tool }, tool], "user")).toHaveLength(1);
});

test("messages nested without end are given up, not followed", () => {
  const depth = 5000;
  const text = `${'{"messages":['.repeat(depth)}1${"]}".repeat(depth)}`;
  expect(messagesIn(text, "user")).toEqual([]);
});

test("property: no value is too strange to look for messages in", () => {
  const keys = fc.constantFrom(
    "role",
    "content",
    "parts",
    "messages",
    "type",
    "tool_calls",
    "function",
    "0",
    "__proto__",
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.anything(),
      fc.constantFrom("user", "text", "tool_call", "[{"),
      tie("object"),
      tie("list"),
    ),
    object: fc.dictionary(keys, tie("tree")),
    list: fc.array(tie("tree"), { maxLength: 4 }),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      for (const { role, text } of messagesIn(value, "user")) {
        expect(role).toBeTypeOf("string");
        expect(text).toBeTypeOf("string");
      }
    }),
  );
});

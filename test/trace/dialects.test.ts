import * as fc from "fast-check";
import { expect, test } from "vitest";
import { meaningOf } from "../../src/trace/dialects.ts";
import type { Meaning } from "../../src/trace/kinds.ts";
import type { AttributeValue, Attributes, Span } from "../../src/trace/span.ts";
import { span } from "./spans.ts";

const meaning = (given: Partial<Span>): Meaning => meaningOf(span("s", undefined, given));
const kindAndName = (given: Partial<Span>): string => `${meaning(given).kind} ${meaning(given).name}`;
const operation = (name: string, more: Attributes = {}): Partial<Span> => ({
  name: `${name} as the span calls it`,
  attributes: { "gen_ai.operation.name": name, ...more },
});
const mcp = (method: string, spanKind: Span["spanKind"], more: Attributes = {}): Partial<Span> => ({
  spanKind,
  attributes: { "mcp.method.name": method, ...more },
});

test.each<[string, Partial<Span>]>([
  ["workflow refunds", operation("invoke_workflow", { "gen_ai.workflow.name": "refunds" })],
  ["turn 2", { name: "turn 2", attributes: { "troupe.harness": true, "troupe.turn": 2 } }],
  ["agent triage", operation("invoke_agent", { "gen_ai.agent.name": "triage" })],
  ["agent triage", { ...operation("invoke_agent"), name: "invoke_agent triage" }],
  ["llm small", operation("chat", { "gen_ai.request.model": "small", "gen_ai.response.model": "small-2025" })],
  ["llm small-2025", operation("generate_content", { "gen_ai.response.model": "small-2025" })],
  ["embedding vectors", operation("embeddings", { "gen_ai.request.model": "vectors" })],
  ["retrieval handbook", operation("retrieval", { "gen_ai.data_source.id": "handbook" })],
  ["tool refund", operation("execute_tool", { "gen_ai.tool.name": "refund" })],
  ["memory search_memory as the span calls it", operation("search_memory")],
  ["guardrail pii", operation("guardrail_check", { "gen_ai.guardrail.name": "pii" })],
  ["stt ears", operation("transcription", { "gen_ai.request.model": "ears" })],
  ["chain plan as the span calls it", operation("plan")],
  ["mcp.server tools/call refund", mcp("tools/call", "server", { "gen_ai.tool.name": "refund" })],
  ["mcp.client resources/read orders://1", mcp("resources/read", "client", { "mcp.resource.uri": "orders://1" })],
  ["mcp.client prompts/get greeting", mcp("prompts/get", "client", { "gen_ai.prompt.name": "greeting" })],
  ["mcp.lifecycle tools/list", mcp("tools/list", "client")],
  ["mcp.lifecycle initialize", mcp("initialize", "server")],
  [
    "a2a.client risk",
    { spanKind: "client", attributes: { "a2a.method.name": "SendMessage", "gen_ai.agent.name": "risk" } },
  ],
  ["a2a.server agents", { spanKind: "server", attributes: { "a2a.method.name": "SendMessage" } }],
  [
    "http GET /orders/{id}",
    { attributes: { "http.request.method": "GET", "http.route": "/orders/{id}", "url.path": "/orders/1" } },
  ],
  ["http POST /mcp", { attributes: { "http.method": "POST", "http.url": "http://tools.example:8084/mcp?session=1" } }],
  ["http GET /", { attributes: { "http.method": "GET", "http.url": "http://tools.example" } }],
  ["http DELETE", { attributes: { "http.request.method": "DELETE" } }],
  ["span anything else", { name: "anything else" }],
])("%s is recognised", (expected, given) => expect(kindAndName(given)).toBe(expected));

test.each<[string, Partial<Span>]>([
  ["llm small", { attributes: { "openinference.span.kind": "LLM", "llm.model_name": "small" } }],
  ["retrieval VectorStore", { name: "VectorStore", attributes: { "openinference.span.kind": "RETRIEVER" } }],
  ["span Parser", { name: "Parser", attributes: { "openinference.span.kind": "UNKNOWN" } }],
  [
    "agent writer",
    { name: "writer.agent", attributes: { "traceloop.span.kind": "agent", "traceloop.entity.name": "writer" } },
  ],
  ["workflow report", { name: "report.workflow", attributes: { "traceloop.span.kind": "workflow" } }],
  ["llm small", { name: "openai.chat", attributes: { "llm.request.type": "chat", "gen_ai.request.model": "small" } }],
  ["guardrail pii", { name: "pii", attributes: { "fi.span.kind": "guardrail" } }],
  ["gateway edge", { name: "edge", attributes: { "fi.span.kind": "GATEWAY" } }],
  ["llm call_llm", { name: "call_llm", scope: { name: "gcp.vertex.agent" } }],
  ["agent planner", { name: "agent_run [planner]", scope: { name: "gcp.vertex.agent" } }],
  ["chain invocation", { name: "invocation", scope: { name: "gcp.vertex.agent" } }],
  [
    "a2a.server agents",
    {
      name: "a2a.server.request_handlers.jsonrpc_handler.JSONRPCHandler.on_message_send",
      scope: { name: "a2a-python-sdk" },
    },
  ],
  ["tool weather", { attributes: { "gen_ai.tool.name": "weather" } }],
  ["llm small", { attributes: { "gen_ai.request.model": "small" } }],
])("%s is recognised in a dialect", (expected, given) => expect(kindAndName(given)).toBe(expected));

test("the plumbing of the A2A SDK is no a2a.server, though it claims SERVER", () => {
  const plumbing = { name: "a2a.server.events.event_queue.EventQueue.close", scope: { name: "a2a-python-sdk" } };
  expect(meaning({ ...plumbing, spanKind: "server" }).kind).toBe("span");
});

test("an execute_tool span that carries mcp.* is the tool, and a client span of its own is mcp.client", () => {
  const attributes = {
    "gen_ai.operation.name": "execute_tool",
    "mcp.method.name": "tools/call",
    "gen_ai.tool.name": "x",
  };
  expect(kindAndName({ spanKind: "internal", attributes })).toBe("tool x");
  expect(kindAndName({ spanKind: "client", name: "tools/call x", attributes })).toBe("mcp.client tools/call x");
});

test.each<[string, Attributes]>([
  [
    "both OTel families",
    {
      "gen_ai.agent.handoff.source.name": "a",
      "gen_ai.agent.handoff.target.name": "b",
      "gen_ai.transfer.target.name": "b",
    },
  ],
  ["transfer alone", { "gen_ai.transfer.target.name": "b", "gen_ai.agent.name": "a" }],
  [
    "ADK",
    {
      "gen_ai.tool.name": "transfer_to_agent",
      "gen_ai.agent.name": "a",
      "gcp.vertex.agent.tool_call_args": '{"agent_name":"b"}',
    },
  ],
  ["LangGraph", { "gen_ai.tool.name": "transfer_to_b", "gen_ai.agent.name": "a" }],
  ["LangGraph, back", { "gen_ai.tool.name": "transfer_back_to_b", "gen_ai.agent.name": "a" }],
])("a tool span is a handoff: %s", (_dialect, more) => {
  expect(meaning(operation("execute_tool", more))).toMatchObject({
    kind: "handoff",
    name: "a -> b",
    handoff: { from: "a", to: "b" },
  });
});

test("OpenInference's handoff names both agents in its input and output", () => {
  const attributes = {
    "openinference.span.kind": "TOOL",
    "tool.name": "handoff_to_writer",
    "input.value": '{"from_agent":"Triage"}',
    "output.value": '{"to_agent":"Writer"}',
  };
  expect(meaning({ name: "handoff to Writer", attributes }).handoff).toEqual({ from: "Triage", to: "Writer" });
});

test("a handoff by argument whose argument was not recorded stays a tool", () => {
  expect(kindAndName(operation("execute_tool", { "gen_ai.tool.name": "transfer_to_agent" }))).toBe(
    "tool transfer_to_agent",
  );
});

test("an agent span with a target is still an agent", () => {
  expect(meaning(operation("invoke_agent", { "gen_ai.transfer.target.name": "b" })).kind).toBe("agent");
});

test("fields come from whichever dialect has them", () => {
  const attributes = {
    "openinference.span.kind": "LLM",
    "gen_ai.request.model": "small",
    "llm.token_count.prompt": 12,
    "gen_ai.usage.completion_tokens": "3",
    "llm.cost.total": 0.5,
    "gen_ai.response.finish_reasons": '["stop"]',
  };
  expect(meaning({ attributes })).toEqual({
    kind: "llm",
    name: "small",
    dialect: "openinference",
    isHarness: false,
    model: "small",
    inputTokens: 12,
    outputTokens: 3,
    costUsd: 0.5,
    finishReason: "stop",
  });
});

test("the standard's key wins over a dialect's, unless its value is unusable", () => {
  expect(meaning({ attributes: { "llm.token_count.prompt": 1, "gen_ai.usage.input_tokens": 2 } }).inputTokens).toBe(2);
  expect(meaning({ attributes: { "llm.token_count.prompt": 1, "gen_ai.usage.input_tokens": "?" } }).inputTokens).toBe(
    1,
  );
});

test("zero is a number of tokens", () => {
  expect(meaning({ attributes: { "gen_ai.usage.input_tokens": 0 } }).inputTokens).toBe(0);
});

test("only calls have arguments: the input of a chain or an agent is not one", () => {
  const io = { "input.value": "in", "output.value": "out" };
  expect(meaning({ attributes: { "openinference.span.kind": "TOOL", ...io } })).toMatchObject({
    arguments: "in",
    result: "out",
  });
  expect(meaning({ attributes: { "openinference.span.kind": "CHAIN", ...io } })).not.toHaveProperty("arguments");
});

test("arguments recorded as a structure become JSON text", () => {
  const more = { "gen_ai.tool.call.arguments": { b: 1, a: [true] } };
  expect(meaning(operation("execute_tool", more)).arguments).toBe('{"a":[true],"b":1}');
});

test("the mock server, the step and the harness flag are Troupe's own fields", () => {
  const attributes = { "troupe.server.name": "orders", "agent.trajectory.step": 3, "troupe.harness": true };
  expect(meaning({ attributes })).toMatchObject({ server: "orders", trajectoryStep: 3, isHarness: true });
});

test("property: no attributes are too strange to have a meaning", () => {
  const keys = fc.constantFrom(
    "gen_ai.operation.name",
    "gen_ai.tool.name",
    "gen_ai.usage.input_tokens",
    "mcp.method.name",
    "a2a.method.name",
    "openinference.span.kind",
    "tool.name",
    "input.value",
    "http.method",
    "http.url",
    "troupe.turn",
    "__proto__",
  );
  const values = fc.oneof(
    fc.constantFrom<AttributeValue>("execute_tool", "transfer_to_agent", "TOOL", "tools/call", "{", null, "", NaN, 1n),
    fc.string(),
    fc.constant(new Uint8Array([1])),
    fc.array(fc.integer()),
  );
  fc.assert(
    fc.property(fc.dictionary(keys, values), fc.string(), (attributes, name) => {
      expect(meaning({ attributes, name }).name).toBeTypeOf("string");
    }),
  );
});

test("a handoff's payload is its arguments, and no other span's", () => {
  const more = { "gen_ai.transfer.target.name": "b", "troupe.handoff.payload": '{"order":1}' };
  expect(meaning(operation("execute_tool", more)).arguments).toBe('{"order":1}');
  expect(meaning(operation("invoke_agent", more))).not.toHaveProperty("arguments");
});

test("the number of a turn stamped on a span of the system under test makes it no turn", () => {
  expect(meaning(operation("chat", { "troupe.turn": 1 })).kind).toBe("llm");
});

test("an in-process agent that carries the A2A method it answers is the agent", () => {
  expect(meaning(operation("invoke_agent", { "a2a.method.name": "SendMessage" })).kind).toBe("agent");
});

const scoped = (name: string, scope: string, attributes: Attributes = {}): Partial<Span> => ({
  name,
  scope: { name: scope },
  attributes,
});

test.each<[string, string, Partial<Span>]>([
  [
    "langfuse",
    "llm small",
    { attributes: { "langfuse.observation.type": "generation", "langfuse.observation.model.name": "small" } },
  ],
  ["langfuse", "tool s", { attributes: { "langfuse.observation.type": "tool" } }],
  ["langsmith", "chain s", { attributes: { "langsmith.span.kind": "parser" } }],
  ["langsmith", "llm small", { attributes: { "langsmith.span.kind": "llm", "gen_ai.request.model": "small" } }],
  ["mlflow", "llm small", { attributes: { "mlflow.spanType": '"CHAT_MODEL"', "mlflow.llm.model": "small" } }],
  ["mlflow", "rerank s", { attributes: { "mlflow.spanType": "RERANKER" } }],
  [
    "vercel-ai-sdk",
    "llm small",
    { attributes: { "ai.operationId": "ai.streamText.doStream", "ai.model.id": "small" } },
  ],
  [
    "vercel-ai-sdk",
    "chain ai.generateText",
    { name: "ai.generateText", attributes: { "ai.operationId": "ai.generateText" } },
  ],
  ["vercel-ai-sdk", "tool refund", { attributes: { "ai.operationId": "ai.toolCall", "ai.toolCall.name": "refund" } }],
  [
    "vercel-ai-sdk",
    "embedding vec",
    { attributes: { "ai.operationId": "ai.embedMany.doEmbed", "ai.model.id": "vec" } },
  ],
  ["livekit", "tool refund", scoped("function_tool", "livekit-agents", { "lk.function_tool.name": "refund" })],
  ["livekit", "agent desk", scoped("agent_turn", "livekit-agents", { "lk.agent_name": "desk" })],
  ["openai-agents", "agent billing", { attributes: { "span_data.type": "agent", "span_data.name": "billing" } }],
  [
    "openai-agents",
    "handoff a -> b",
    { attributes: { "span_data.type": "handoff", "span_data.from_agent": "a", "span_data.to_agent": "b" } },
  ],
  [
    "openai-agents",
    "chain s",
    { attributes: { "span_data.type": "custom", "span_data.data": { sdk_span_type: "turn" } } },
  ],
  ["logfire", "agent billing", { attributes: { "logfire.msg_template": "Agent run: {name!r}", name: "billing" } }],
  ["logfire", "tool refund", { attributes: { "logfire.msg_template": "Function: {name}", name: "refund" } }],
  [
    "logfire",
    "handoff a -> b",
    { attributes: { "logfire.msg_template": "Handoff: {from_agent} → {to_agent}", from_agent: "a", to_agent: "b" } },
  ],
  [
    "logfire",
    "mcp.client tools/call refund",
    {
      attributes: { "logfire.msg_template": "MCP request: tools/call refund", request: '{"params":{"name":"refund"}}' },
    },
  ],
  [
    "logfire",
    "mcp.lifecycle tools/list",
    { attributes: { "logfire.msg_template": "MCP server handle request: tools/list" } },
  ],
  ["logfire", "agent joker", { name: "joker run", attributes: { agent_name: "joker", all_messages_events: "[]" } }],
  [
    "monocle",
    "agent desk",
    { attributes: { "span.type": "agentic.invocation", "entity.1.type": "agent.adk", "entity.1.name": "desk" } },
  ],
  [
    "monocle",
    "tool refund",
    { attributes: { "span.type": "agentic.tool.invocation", "entity.1.type": "tool.adk", "entity.1.name": "refund" } },
  ],
  [
    "monocle",
    "handoff a -> b",
    {
      attributes: {
        "span.type": "agentic.delegation",
        "entity.1.type": "agent.adk",
        "entity.1.from_agent": "a",
        "entity.1.to_agent": "b",
      },
    },
  ],
])("%s: %s", (dialect, expected, given) => {
  expect([meaning(given).dialect, kindAndName(given)]).toEqual([dialect, expected]);
});

test.each<[string, Partial<Span>]>([
  ["an object", { attributes: { "langfuse.observation.usage_details": { input: 7, output: 2, total: 20 } } }],
  ["JSON text", { attributes: { "langfuse.observation.usage_details": '{"input":7,"output":2}' } }],
  ["MLflow's", { attributes: { "mlflow.chat.tokenUsage": '{"input_tokens":7,"output_tokens":2}' } }],
  ["a member of a member", { attributes: { "span_data._response": { usage: { input_tokens: 7, output_tokens: 2 } } } }],
  ["older names of the AI SDK", { attributes: { "ai.usage.promptTokens": 7, "ai.usage.completionTokens": 2 } }],
  [
    "an event",
    {
      attributes: { "span.type": "inference", "entity.1.type": "inference.openai" },
      events: [{ name: "metadata", timeUnixNano: 1n, attributes: { prompt_tokens: 7, completion_tokens: 2 } }],
    },
  ],
])("tokens are found in %s", (_where, given) => {
  expect(meaning(given)).toMatchObject({ inputTokens: 7, outputTokens: 2 });
});

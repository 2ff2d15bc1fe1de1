import { expect, test } from "vitest";
import type { Attributes, Span } from "../../src/trace/span.ts";
import { summarize } from "../../src/trace/summary.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { span } from "./spans.ts";

type Writing = Partial<Span>;

/** How a dialect writes the parts of a run. */
interface Pen {
  readonly agent: (name: string) => Writing;
  /** A model call of 42 tokens in and 7 out. */
  readonly llm: Writing;
  readonly tool: (name: string) => Writing;
  readonly handoff: Writing;
}

const attributes = (of: Attributes, more: Writing = {}): Writing => ({ ...more, attributes: of });

const PENS: Readonly<Record<string, Pen>> = {
  "OTel GenAI": {
    agent: (name) => attributes({ "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name }),
    llm: attributes({
      "gen_ai.operation.name": "chat",
      "gen_ai.usage.input_tokens": 42,
      "gen_ai.usage.output_tokens": 7,
    }),
    tool: (name) => attributes({ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name }),
    handoff: attributes({ "gen_ai.operation.name": "execute_tool", "gen_ai.transfer.target.name": "billing" }),
  },
  "OTel's Python contributions": {
    agent: (name) => attributes({ "gen_ai.operation.name": "invoke_agent" }, { name: `invoke_agent ${name}` }),
    llm: attributes({
      "gen_ai.operation.name": "chat",
      "gen_ai.usage.prompt_tokens": 42,
      "gen_ai.usage.completion_tokens": 7,
    }),
    tool: (name) => attributes({ "gen_ai.operation.name": "execute_tool" }, { name: `execute_tool ${name}` }),
    handoff: attributes({
      "gen_ai.operation.name": "agent_handoff",
      "gen_ai.handoff.from_agent": "triage",
      "gen_ai.handoff.to_agent": "billing",
    }),
  },
  OpenInference: {
    agent: (name) => attributes({ "openinference.span.kind": "AGENT" }, { name }),
    llm: attributes({
      "openinference.span.kind": "LLM",
      "llm.token_count.prompt": 42,
      "llm.token_count.completion": 7,
    }),
    tool: (name) => attributes({ "openinference.span.kind": "TOOL", "tool.name": name }),
    handoff: attributes({ "openinference.span.kind": "TOOL" }, { name: "handoff to billing" }),
  },
  "traceAI in TypeScript": {
    agent: (name) => attributes({ "fi.span.kind": "agent", "agent.name": name }),
    llm: attributes({ "fi.span.kind": "LLM", "llm.token_count.prompt": "42", "llm.token_count.completion": "7" }),
    tool: (name) => attributes({ "fi.span.kind": "TOOL", "tool.name": name }),
    handoff: attributes({ "fi.span.kind": "TOOL" }, { name: "handoff to billing" }),
  },
  "traceAI in Python": {
    agent: (name) => attributes({ "gen_ai.span.kind": "AGENT", "gen_ai.agent.name": name }),
    llm: attributes({ "gen_ai.span.kind": "LLM", "gen_ai.usage.input_tokens": 42, "gen_ai.usage.output_tokens": 7 }),
    tool: (name) => attributes({ "gen_ai.span.kind": "TOOL", "gen_ai.tool.name": name }),
    handoff: attributes({
      "gen_ai.span.kind": "CHAIN",
      "autogen.handoff.source": "triage",
      "autogen.handoff.target": "billing",
    }),
  },
  OpenLLMetry: {
    agent: (name) => attributes({ "traceloop.span.kind": "agent", "traceloop.entity.name": name }),
    llm: attributes({
      "llm.request.type": "chat",
      "gen_ai.usage.prompt_tokens": 42,
      "gen_ai.usage.completion_tokens": 7,
    }),
    tool: (name) => attributes({ "traceloop.span.kind": "tool", "traceloop.entity.name": name }),
    handoff: attributes({ "traceloop.span.kind": "tool", "traceloop.entity.name": "transfer_to_billing" }),
  },
  "the Vercel AI SDK's legacy": {
    agent: (name) => attributes({ "gen_ai.operation.name": "invoke_agent", "ai.telemetry.functionId": name }),
    llm: attributes({
      "ai.operationId": "ai.generateText.doGenerate",
      "ai.usage.promptTokens": 42,
      "ai.usage.completionTokens": 7,
    }),
    tool: (name) => attributes({ "ai.operationId": "ai.toolCall", "ai.toolCall.name": name }),
    handoff: attributes({ "ai.operationId": "ai.toolCall", "ai.toolCall.name": "transfer_to_billing" }),
  },
  Langfuse: {
    agent: (name) => attributes({ "langfuse.observation.type": "agent" }, { name }),
    llm: attributes({
      "langfuse.observation.type": "generation",
      "langfuse.observation.usage_details": '{"input":42,"output":7,"total":99}',
    }),
    tool: (name) => attributes({ "langfuse.observation.type": "tool" }, { name }),
    handoff: attributes({ "langfuse.observation.type": "tool" }, { name: "transfer_to_billing" }),
  },
  LangSmith: {
    agent: (name) => attributes({ "langsmith.span.kind": "chain", "gen_ai.operation.name": "invoke_agent" }, { name }),
    llm: attributes({
      "langsmith.span.kind": "llm",
      "langsmith.usage_metadata": '{"input_tokens":42,"output_tokens":7}',
    }),
    tool: (name) => attributes({ "langsmith.span.kind": "tool" }, { name }),
    handoff: attributes({ "langsmith.span.kind": "tool" }, { name: "transfer_to_billing" }),
  },
  MLflow: {
    agent: (name) => attributes({ "mlflow.spanType": '"AGENT"' }, { name }),
    llm: attributes({
      "mlflow.spanType": '"CHAT_MODEL"',
      "mlflow.chat.tokenUsage": '{"input_tokens":42,"output_tokens":7}',
    }),
    tool: (name) => attributes({ "mlflow.spanType": '"TOOL"' }, { name }),
    handoff: attributes({ "mlflow.spanType": '"TOOL"' }, { name: "transfer_to_billing" }),
  },
  "Logfire for OpenAI Agents": {
    agent: (name) => attributes({ "logfire.msg_template": "Agent run: {name!r}", name }),
    llm: attributes({
      "logfire.msg_template": "Responses API with {gen_ai.request.model!r}",
      "gen_ai.usage.input_tokens": 42,
      "gen_ai.usage.output_tokens": 7,
    }),
    tool: (name) => attributes({ "logfire.msg_template": "Function: {name}", name }),
    handoff: attributes({
      "logfire.msg_template": "Handoff: {from_agent} → {to_agent}",
      from_agent: "triage",
      to_agent: "billing",
    }),
  },
  "OpenAI Agents": {
    agent: (name) => attributes({ "span_data.type": "agent", "span_data.name": name }),
    llm: attributes({ "span_data.type": "generation", "span_data.usage": { input_tokens: 42, output_tokens: 7 } }),
    tool: (name) => attributes({ "span_data.type": "function", "span_data.name": name }),
    handoff: attributes({
      "span_data.type": "handoff",
      "span_data.from_agent": "triage",
      "span_data.to_agent": "billing",
    }),
  },
  Monocle: {
    agent: (name) =>
      attributes({ "span.type": "agentic.invocation", "entity.1.type": "agent.adk", "entity.1.name": name }),
    llm: attributes(
      { "span.type": "inference", "entity.1.type": "inference.openai" },
      { events: [{ name: "metadata", timeUnixNano: 1n, attributes: { prompt_tokens: 42, completion_tokens: 7 } }] },
    ),
    tool: (name) =>
      attributes({ "span.type": "agentic.tool.invocation", "entity.1.type": "tool.adk", "entity.1.name": name }),
    handoff: attributes({
      "span.type": "agentic.delegation",
      "entity.1.type": "agent.adk",
      "entity.1.from_agent": "triage",
      "entity.1.to_agent": "billing",
    }),
  },
  LiveKit: {
    agent: (name) => attributes({ "lk.agent_name": name }, { name: "agent_turn", scope: { name: "livekit-agents" } }),
    llm: attributes(
      { "gen_ai.usage.input_tokens": 42, "gen_ai.usage.output_tokens": 7 },
      { name: "llm_request", scope: { name: "livekit-agents" } },
    ),
    tool: (name) =>
      attributes({ "lk.function_tool.name": name }, { name: "function_tool", scope: { name: "livekit-agents" } }),
    handoff: attributes(
      { "lk.function_tool.name": "transfer_to_billing" },
      { name: "function_tool", scope: { name: "livekit-agents" } },
    ),
  },
};

function runIn({ agent, llm, tool, handoff }: Pen): readonly Span[] {
  const at = (start: number, spanId: string, parent: string | undefined, writing: Writing): Span =>
    span(spanId, parent, { startTimeUnixNano: BigInt(start), ...writing });
  return [
    at(1, "a", undefined, agent("triage")),
    at(2, "b", "a", llm),
    at(3, "c", "a", tool("lookup_order")),
    at(4, "d", "a", handoff),
    at(5, "e", "d", agent("billing")),
    at(6, "f", "e", tool("refund")),
    at(7, "g", "e", llm),
  ];
}

test.each(Object.entries(PENS))("a run written in the dialect of %s says the same as in any other", (_dialect, pen) => {
  const [tree] = buildTrees(runIn(pen));
  if (tree === undefined) throw new Error("the run is a trace");
  const { agents, handoffs, tools, kinds, tokens } = summarize(tree);
  expect({ agents, handoffs, tools, kinds, tokens }).toEqual({
    agents: ["triage", "billing"],
    handoffs: [{ from: "triage", to: "billing" }],
    tools: [
      { name: "lookup_order", agent: "triage" },
      { name: "refund", agent: "billing" },
    ],
    kinds: { agent: 2, llm: 2, tool: 2, handoff: 1 },
    tokens: { input: 84, output: 14, total: 98 },
  });
});

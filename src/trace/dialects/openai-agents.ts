import type { Kind } from "../kinds.ts";
import type { Span } from "../span.ts";
import { kindByWord, type Dialect } from "./dialect.ts";
import { attribute } from "./message-source.ts";

const DATA_KIND = kindByWord("span_data.type", {
  agent: "agent",
  task: "workflow",
  turn: "turn",
  function: "tool",
  generation: "llm",
  response: "llm",
  handoff: "handoff",
  guardrail: "guardrail",
  custom: "chain",
  transcription: "stt",
  speech: "tts",
  speech_group: "chain",
  mcp_tools: "mcp.lifecycle",
});

const CUSTOM: Readonly<Record<string, Kind>> = { task: "workflow", turn: "chain" };

/** The OpenAI Agents SDKs' own tracing. Tasks and turns travel as custom spans that say what they are in their data. */
export const OPENAI_AGENTS: Dialect = {
  name: "openai-agents",
  kinds: [{ rule: "span_data.data#sdk_span_type", kindOf: customKind }, DATA_KIND],
  fields: {
    workflow: ["openai_agents.workflow_name"],
    thing: ["span_data.name"],
    server: ["span_data.server"],
    session: ["openai_agents.group_id"],
    model: ["span_data.model", "span_data._response#model", "span_data.response#model"],
    handoffFrom: ["span_data.from_agent"],
    handoffTo: ["span_data.to_agent"],
    inputTokens: [
      "span_data.usage#input_tokens",
      "span_data.usage#prompt_tokens",
      "span_data._response#usage.input_tokens",
      "span_data.response#usage.input_tokens",
    ],
    outputTokens: [
      "span_data.usage#output_tokens",
      "span_data.usage#completion_tokens",
      "span_data._response#usage.output_tokens",
      "span_data.response#usage.output_tokens",
    ],
    arguments: ["span_data.input"],
    result: ["span_data.output"],
    cacheReadTokens: [
      "span_data.usage#input_tokens_details.cached_tokens",
      "span_data._response#usage.input_tokens_details.cached_tokens",
      "span_data.response#usage.input_tokens_details.cached_tokens",
    ],
    reasoningTokens: [
      "span_data.usage#output_tokens_details.reasoning_tokens",
      "span_data._response#usage.output_tokens_details.reasoning_tokens",
      "span_data.response#usage.output_tokens_details.reasoning_tokens",
    ],
  },
  input: [attribute("span_data._input"), attribute("span_data.input")],
  output: [
    attribute("span_data._response#output"),
    attribute("span_data.response#output"),
    attribute("span_data.output"),
  ],
};

function customKind({ attributes }: Span): Kind | undefined {
  const data = attributes["span_data.data"];
  const type = typeof data === "object" && data !== null && "sdk_span_type" in data ? data["sdk_span_type"] : undefined;
  return typeof type === "string" ? CUSTOM[type] : undefined;
}

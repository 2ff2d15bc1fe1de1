import type { Kind } from "../kinds.ts";
import { kindByWord, type Dialect } from "./dialect.ts";

const dataKind = kindByWord("span_data.type", {
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
  kindOf: (span) => {
    const data = span.attributes["span_data.data"];
    const type =
      typeof data === "object" && data !== null && "sdk_span_type" in data ? data["sdk_span_type"] : undefined;
    return (typeof type === "string" ? CUSTOM[type] : undefined) ?? dataKind(span);
  },
  fields: {
    workflow: ["openai_agents.workflow_name"],
    thing: ["span_data.name"],
    server: ["span_data.server"],
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
  },
};

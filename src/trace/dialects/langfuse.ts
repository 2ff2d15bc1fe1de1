import { kindByWord, type Dialect } from "./dialect.ts";
import { attribute } from "./message-source.ts";
import { atMoment } from "./first-chunk-source.ts";

/** Langfuse's own attributes. Its plain `span` says nothing of what is meant. */
export const LANGFUSE: Dialect = {
  name: "langfuse",
  kinds: [
    kindByWord("langfuse.observation.type", {
      generation: "llm",
      embedding: "embedding",
      agent: "agent",
      tool: "tool",
      chain: "chain",
      retriever: "retrieval",
      evaluator: "evaluator",
      guardrail: "guardrail",
    }),
  ],
  fields: {
    model: ["langfuse.observation.model.name"],
    session: ["langfuse.session.id"],
    user: ["langfuse.user.id"],
    cacheReadTokens: [
      "langfuse.observation.usage_details#input_cached_tokens",
      "langfuse.observation.usage_details#cache_read_input_tokens",
    ],
    cacheWriteTokens: ["langfuse.observation.usage_details#cache_creation_input_tokens"],
    reasoningTokens: ["langfuse.observation.usage_details#output_reasoning_tokens"],
    inputTokens: [
      "langfuse.observation.usage_details#input",
      "langfuse.observation.usage_details#input_tokens",
      "langfuse.observation.usage_details#promptTokens",
      "langfuse.observation.usage_details#prompt_tokens",
    ],
    outputTokens: [
      "langfuse.observation.usage_details#output",
      "langfuse.observation.usage_details#output_tokens",
      "langfuse.observation.usage_details#completionTokens",
      "langfuse.observation.usage_details#completion_tokens",
    ],
    costUsd: ["langfuse.observation.cost_details#total"],
    arguments: ["langfuse.observation.input"],
    result: ["langfuse.observation.output"],
  },
  input: [attribute("langfuse.observation.input")],
  output: [attribute("langfuse.observation.output")],
  firstChunk: [atMoment("langfuse.observation.completion_start_time")],
};

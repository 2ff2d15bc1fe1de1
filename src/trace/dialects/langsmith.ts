import { kindByWord, type Dialect } from "./dialect.ts";
import { attribute } from "./message-source.ts";
import { atMoment } from "./first-chunk-source.ts";

/** LangSmith's run types, as its OpenTelemetry exporter and its runs have them. */
export const LANGSMITH: Dialect = {
  name: "langsmith",
  kinds: [
    kindByWord("langsmith.span.kind", {
      llm: "llm",
      chain: "chain",
      prompt: "chain",
      parser: "chain",
      tool: "tool",
      retriever: "retrieval",
      embedding: "embedding",
    }),
  ],
  fields: {
    model: ["langsmith.metadata.ls_model_name"],
    provider: ["langsmith.metadata.ls_provider"],
    session: ["langsmith.metadata.thread_id", "langsmith.metadata.session_id", "langsmith.metadata.conversation_id"],
    user: ["langsmith.metadata.user_id"],
    cacheReadTokens: ["langsmith.usage_metadata#input_token_details.cache_read"],
    cacheWriteTokens: ["langsmith.usage_metadata#input_token_details.cache_creation"],
    reasoningTokens: ["langsmith.usage_metadata#output_token_details.reasoning"],
    inputTokens: ["langsmith.usage_metadata#input_tokens"],
    outputTokens: ["langsmith.usage_metadata#output_tokens"],
    costUsd: ["langsmith.usage_metadata#total_cost"],
    arguments: ["langsmith.inputs", "gen_ai.prompt"],
    result: ["langsmith.outputs", "gen_ai.completion"],
  },
  input: [attribute("langsmith.inputs"), attribute("gen_ai.prompt")],
  output: [attribute("langsmith.outputs"), attribute("gen_ai.completion")],
  firstChunk: [atMoment("first_token_time")],
};

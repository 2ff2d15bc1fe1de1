import { kindByWord, type Dialect } from "./dialect.ts";

/** LangSmith's run types, as its OpenTelemetry exporter and its runs have them. */
export const LANGSMITH: Dialect = {
  name: "langsmith",
  kindOf: kindByWord("langsmith.span.kind", {
    llm: "llm",
    chain: "chain",
    prompt: "chain",
    parser: "chain",
    tool: "tool",
    retriever: "retrieval",
    embedding: "embedding",
  }),
  fields: {
    model: ["langsmith.metadata.ls_model_name"],
    inputTokens: ["langsmith.usage_metadata#input_tokens"],
    outputTokens: ["langsmith.usage_metadata#output_tokens"],
    costUsd: ["langsmith.usage_metadata#total_cost"],
    arguments: ["langsmith.inputs", "gen_ai.prompt"],
    result: ["langsmith.outputs", "gen_ai.completion"],
  },
};

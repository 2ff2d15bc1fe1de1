import { ATTR } from "../conventions.ts";
import { kindByWord, type Dialect } from "./dialect.ts";

/** Arize's OpenInference. */
export const OPENINFERENCE: Dialect = {
  name: "openinference",
  kindOf: kindByWord("openinference.span.kind", {
    llm: "llm",
    chain: "chain",
    prompt: "chain",
    tool: "tool",
    retriever: "retrieval",
    reranker: "rerank",
    embedding: "embedding",
    agent: "agent",
    guardrail: "guardrail",
    evaluator: "evaluator",
  }),
  fields: {
    agent: ["agent.name"],
    tool: [ATTR.toolNameShort],
    model: [
      "llm.request.model_name",
      "llm.model_name",
      "llm.response.model_name",
      "embedding.model_name",
      "reranker.model_name",
    ],
    finishReason: ["llm.finish_reason"],
    inputTokens: ["llm.token_count.prompt"],
    outputTokens: ["llm.token_count.completion"],
    costUsd: ["llm.cost.total"],
    arguments: ["tool_call.function.arguments", "input.value"],
    result: ["output.value"],
  },
};

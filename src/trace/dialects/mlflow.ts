import type { Kind } from "../kinds.ts";
import type { Span } from "../span.ts";
import { kindByWord, type Dialect } from "./dialect.ts";
import { attribute } from "./message-source.ts";

/** MLflow's tracing. Its values are JSON text, also where they travel by OpenTelemetry. */
export const MLFLOW: Dialect = {
  name: "mlflow",
  kinds: [
    { rule: "an mlflow.gateway.* attribute", kindOf: gatewayKind },
    kindByWord("mlflow.spanType", {
      llm: "llm",
      chat_model: "llm",
      chain: "chain",
      workflow: "workflow",
      task: "chain",
      parser: "chain",
      agent: "agent",
      tool: "tool",
      retriever: "retrieval",
      embedding: "embedding",
      reranker: "rerank",
      memory: "memory",
      guardrail: "guardrail",
      evaluator: "evaluator",
      unknown: "chain",
    }),
  ],
  fields: {
    model: ["mlflow.llm.model", "mlflow.chat.model"],
    provider: ["mlflow.llm.provider"],
    session: ["mlflow.trace.session"],
    user: ["mlflow.trace.user"],
    cacheReadTokens: ["mlflow.chat.tokenUsage#cache_read_input_tokens"],
    cacheWriteTokens: ["mlflow.chat.tokenUsage#cache_creation_input_tokens"],
    inputTokens: ["mlflow.chat.tokenUsage#input_tokens"],
    outputTokens: ["mlflow.chat.tokenUsage#output_tokens"],
    costUsd: ["mlflow.llm.cost#total_cost"],
    arguments: ["mlflow.spanInputs"],
    result: ["mlflow.spanOutputs"],
  },
  input: [attribute("mlflow.spanInputs")],
  output: [attribute("mlflow.spanOutputs")],
};

function gatewayKind({ attributes }: Span): Kind | undefined {
  if (!("mlflow.spanType" in attributes)) return undefined;
  for (const key in attributes) if (key.startsWith("mlflow.gateway.")) return "gateway";
  return undefined;
}

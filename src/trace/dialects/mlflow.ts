import { kindByWord, type Dialect } from "./dialect.ts";

/** MLflow's tracing. Its values are JSON text, also where they travel by OpenTelemetry. */
export const MLFLOW: Dialect = {
  name: "mlflow",
  kindOf: kindByWord("mlflow.spanType", {
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
  }),
  fields: {
    model: ["mlflow.llm.model", "mlflow.chat.model"],
    inputTokens: ["mlflow.chat.tokenUsage#input_tokens"],
    outputTokens: ["mlflow.chat.tokenUsage#output_tokens"],
    costUsd: ["mlflow.llm.cost#total_cost"],
    arguments: ["mlflow.spanInputs"],
    result: ["mlflow.spanOutputs"],
  },
};

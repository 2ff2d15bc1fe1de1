import { ATTR } from "../conventions.ts";
import type { Kind } from "../kinds.ts";
import type { Span } from "../span.ts";
import { kindByWord, type Dialect } from "./dialect.ts";
import { flattenedEvaluations } from "./evaluation-source.ts";
import { attribute, flattened } from "./message-source.ts";
import { byEvent } from "./first-chunk-source.ts";

/** Arize's OpenInference. */
export const OPENINFERENCE: Dialect = {
  name: "openinference",
  kinds: [
    { rule: "openinference.span.kind of a whole run of OpenAI Agents", kindOf: runKind },

    kindByWord("openinference.span.kind", {
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
  ],
  fields: {
    agent: ["agent.name", "graph.node.name"],
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
    cacheReadTokens: ["llm.token_count.prompt_details.cache_read"],
    cacheWriteTokens: ["llm.token_count.prompt_details.cache_write"],
    reasoningTokens: ["llm.token_count.completion_details.reasoning"],
    costUsd: ["llm.cost.total"],
    provider: ["llm.provider", "llm.system"],
    toolCallId: ["tool_call.id", "tool.id"],
    arguments: ["tool_call.function.arguments", "input.value"],
    result: ["output.value"],
  },
  input: [flattened("llm.input_messages"), attribute("input.value")],
  output: [flattened("llm.output_messages"), attribute("output.value")],
  evaluations: [flattenedEvaluations("evaluations", "evaluation"), flattenedEvaluations("annotations", "annotation")],
  firstChunk: [byEvent("First Token Stream Event")],
};

const OPENAI_AGENTS_SCOPE = /openai[-_]agents$/;

/** Its instrumentation of OpenAI Agents writes a whole run as an AGENT too; only agents are nodes of the graph. */
function runKind({ attributes, scope }: Span): Kind | undefined {
  if (attributes["openinference.span.kind"] !== "AGENT" || "graph.node.id" in attributes) return undefined;
  return OPENAI_AGENTS_SCOPE.test(scope.name) ? "workflow" : undefined;
}

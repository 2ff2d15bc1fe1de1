import { ATTR } from "../conventions.ts";
import { kindByWord, type Dialect } from "./dialect.ts";
import { evaluationEvent } from "./evaluation-source.ts";
import { attribute, eventAttribute, messageEvents } from "./message-source.ts";
import { byEvent, inSeconds } from "./first-chunk-source.ts";

/** OpenTelemetry's GenAI conventions, with the words that its Python contributions and the Vercel AI SDK add. */
export const OTEL_GENAI: Dialect = {
  name: "otel-genai",
  kinds: [
    kindByWord(ATTR.operation, {
      chat: "llm",
      generate_content: "llm",
      text_completion: "llm",
      fetch_response: "llm",
      embeddings: "embedding",
      retrieval: "retrieval",
      rerank: "rerank",
      create_agent: "agent",
      invoke_agent: "agent",
      execute_tool: "tool",
      load_skill: "tool",
      read_skill_resource: "tool",
      command: "tool",
      invoke_workflow: "workflow",
      plan: "chain",
      agent_step: "chain",
      decide: "chain",
      agent_handoff: "handoff",
      guardrail_check: "guardrail",
      search_memory: "memory",
      create_memory: "memory",
      update_memory: "memory",
      upsert_memory: "memory",
      delete_memory: "memory",
      create_memory_store: "memory",
      delete_memory_store: "memory",
      transcription: "stt",
      speech_generation: "tts",
      guard: "guardrail",
      "guardrail.run": "guardrail",
    }),
  ],
  fields: {
    agent: [ATTR.agentName],
    tool: [ATTR.toolName],
    workflow: [ATTR.workflowName],
    thing: [
      "gen_ai.data_source.id",
      "gen_ai.guardrail.name",
      "gen_ai.evaluation.name",
      "gen_ai.memory.store.name",
      "gen_ai.memory.store.id",
    ],
    model: [ATTR.requestModel, ATTR.responseModel],
    handoffFrom: [ATTR.handoffSource, "gen_ai.handoff.from_agent"],
    handoffTo: [ATTR.handoffTarget, ATTR.transferTarget, "gen_ai.handoff.to_agent"],
    finishReason: [ATTR.finishReasons],
    provider: [ATTR.provider, "gen_ai.system"],
    toolCallId: [ATTR.toolCallId],
    session: [ATTR.conversationId, "session.id"],
    user: ["user.id", "enduser.id"],
    cacheReadTokens: ["gen_ai.usage.cache_read.input_tokens"],
    cacheWriteTokens: ["gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"],
    reasoningTokens: ["gen_ai.usage.reasoning.output_tokens"],
    inputTokens: [ATTR.inputTokens, "gen_ai.usage.prompt_tokens"],
    outputTokens: [ATTR.outputTokens, "gen_ai.usage.completion_tokens"],
    costUsd: [ATTR.costTotal, "gen_ai.usage.cost"],
    arguments: [ATTR.toolArguments],
    result: [ATTR.toolResult],
  },
  input: [
    attribute("gen_ai.input.messages"),
    eventAttribute("gen_ai.client.inference.operation.details", "gen_ai.input.messages"),
    messageEvents("gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message", "gen_ai.tool.message"),
  ],
  output: [
    attribute("gen_ai.output.messages"),
    eventAttribute("gen_ai.client.inference.operation.details", "gen_ai.output.messages"),
    messageEvents("gen_ai.choice"),
  ],
  evaluations: [
    evaluationEvent("gen_ai.evaluation.result", {
      name: "gen_ai.evaluation.name",
      score: "gen_ai.evaluation.score.value",
      label: "gen_ai.evaluation.score.label",
      explanation: "gen_ai.evaluation.explanation",
    }),
  ],
  firstChunk: [
    inSeconds("gen_ai.response.time_to_first_chunk"),
    inSeconds("gen_ai.server.time_to_first_token"),
    byEvent("gen_ai.first_token"),
  ],
};

/** Spans with GenAI attributes but no operation: Pydantic AI's tools, older LLM instrumentations. */
export const OTEL_GENAI_HINTS: Dialect = {
  name: "otel-genai",
  kinds: [
    {
      rule: `${ATTR.toolName}, and no operation`,
      kindOf: ({ attributes }) => (ATTR.toolName in attributes && !(ATTR.operation in attributes) ? "tool" : undefined),
    },
    {
      rule: `${ATTR.requestModel} or ${ATTR.inputTokens}, and no operation`,
      kindOf: ({ attributes }) =>
        (ATTR.requestModel in attributes || ATTR.inputTokens in attributes) && !(ATTR.operation in attributes)
          ? "llm"
          : undefined,
    },
  ],
};

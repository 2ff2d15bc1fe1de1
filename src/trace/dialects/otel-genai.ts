import { ATTR } from "../conventions.ts";
import { kindByWord, type Dialect } from "./dialect.ts";

/** OpenTelemetry's GenAI conventions, with the words that its Python contributions and the Vercel AI SDK add. */
export const OTEL_GENAI: Dialect = {
  name: "otel-genai",
  kindOf: kindByWord(ATTR.operation, {
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
  }),
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
    inputTokens: [ATTR.inputTokens, "gen_ai.usage.prompt_tokens"],
    outputTokens: [ATTR.outputTokens, "gen_ai.usage.completion_tokens"],
    costUsd: [ATTR.costTotal, "gen_ai.usage.cost"],
    arguments: [ATTR.toolArguments],
    result: [ATTR.toolResult],
  },
};

/** Spans with GenAI attributes but no operation: Pydantic AI's tools, older LLM instrumentations. */
export const OTEL_GENAI_HINTS: Dialect = {
  name: "otel-genai",
  kindOf: ({ attributes }) => {
    if (ATTR.operation in attributes) return undefined;
    if (ATTR.toolName in attributes) return "tool";
    return ATTR.requestModel in attributes || ATTR.inputTokens in attributes ? "llm" : undefined;
  },
};

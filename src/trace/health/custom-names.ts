import { editDistance } from "../../core/errors.ts";
import { ATTR } from "../conventions.ts";

/** Names that people give to what OpenTelemetry has a name for, and those that it has renamed since. */
const CONVENTIONS: Readonly<Record<string, readonly string[]>> = {
  "gen_ai.provider.name": ["gen_ai.system", "llm_provider", "provider"],
  "gen_ai.request.model": ["model", "model_id", "modelName", "llm_model", "llm.model"],
  "gen_ai.usage.input_tokens": [
    "gen_ai.usage.prompt_tokens",
    "prompt_tokens",
    "promptTokens",
    "input_tokens",
    "inputTokens",
    "tokens.input",
    "tokens_in",
  ],
  "gen_ai.usage.output_tokens": [
    "gen_ai.usage.completion_tokens",
    "completion_tokens",
    "completionTokens",
    "output_tokens",
    "outputTokens",
    "tokens.output",
    "tokens_out",
  ],
  "gen_ai.usage.cache_write.input_tokens": ["gen_ai.usage.cache_creation.input_tokens"],
  "gen_ai.response.finish_reasons": ["finish_reason", "finishReason", "stop_reason"],
  "gen_ai.response.time_to_first_chunk": ["ttft", "ttft_ms", "time_to_first_token", "timeToFirstToken"],
  "gen_ai.tool.name": ["tool_name", "toolName", "function_name"],
  "gen_ai.tool.call.arguments": ["tool_args", "toolArgs", "tool_arguments", "tool.arguments", "tool_input"],
  "gen_ai.tool.call.result": ["tool_result", "toolResult", "tool_output", "tool.result"],
  "gen_ai.agent.name": ["agent_name", "agentName", "agent"],
  "gen_ai.conversation.id": ["conversation_id", "conversationId", "thread_id", "threadId", "chat_id"],
  "gen_ai.input.messages": ["gen_ai.prompt", "prompt", "messages"],
  "gen_ai.output.messages": ["gen_ai.completion", "completion"],
  "session.id": ["session_id", "sessionId"],
  "user.id": ["user_id", "userId", "enduser.id"],
  "tenant.id": ["tenant_id", "tenantId", "tenant"],
  "feature.id": ["feature_id", "featureId"],
  "prompt.version": ["prompt_version", "promptVersion"],
  "http.request.method": ["http.method"],
  "http.response.status_code": ["http.status_code"],
  "url.full": ["http.url"],
  "error.type": ["error_type", "errorType"],
};

const CONVENTION_OF = new Map(
  Object.entries(CONVENTIONS).flatMap(([convention, names]) => names.map((name) => [name, convention] as const)),
);

/** Names of the conventions besides those that Troupe emits and those above. */
const OTHERS = `
  gen_ai.agent.id gen_ai.agent.description gen_ai.agent.version gen_ai.conversation.compacted gen_ai.cost.input
  gen_ai.cost.output gen_ai.data_source.id gen_ai.embeddings.dimension.count gen_ai.evaluation.explanation
  gen_ai.evaluation.name gen_ai.evaluation.score.label gen_ai.evaluation.score.value gen_ai.memory.query.text
  gen_ai.memory.record.count gen_ai.memory.record.id gen_ai.memory.records gen_ai.memory.store.id
  gen_ai.memory.store.name gen_ai.output.type gen_ai.prompt.version gen_ai.request.choice.count
  gen_ai.request.encoding_formats gen_ai.request.frequency_penalty gen_ai.request.max_tokens
  gen_ai.request.presence_penalty gen_ai.request.reasoning.level gen_ai.request.seed gen_ai.request.stop_sequences
  gen_ai.request.stream gen_ai.request.stream_cursor gen_ai.request.temperature gen_ai.request.top_k
  gen_ai.request.top_p gen_ai.response.id gen_ai.response.status gen_ai.retrieval.documents
  gen_ai.retrieval.query.text gen_ai.retrieval.top_k gen_ai.span.kind gen_ai.system_instructions gen_ai.token.type
  gen_ai.tool.definitions gen_ai.tool.description gen_ai.usage.audio.input_tokens gen_ai.usage.audio.output_tokens
  gen_ai.usage.cache_read.input_tokens gen_ai.usage.cost gen_ai.usage.image.input_tokens
  gen_ai.usage.reasoning.output_tokens gen_ai.usage.text.input_tokens gen_ai.usage.text.output_tokens
  gen_ai.usage.total_tokens a2a.message.id a2a.message.reference_task_ids a2a.protocol.version a2a.tenant`;

/** Namespaces in which a name that is nearly a convention's is a slip. */
const NAMESPACE = /^(?:gen_ai|mcp|a2a)\./;
const KNOWN: ReadonlySet<string> = new Set(
  [...Object.values(ATTR), ...Object.keys(CONVENTIONS), ...OTHERS.trim().split(/\s+/)].filter((name) =>
    NAMESPACE.test(name),
  ),
);

/** So many letters may differ in a slip; two names of the conventions differ in more. */
const SLIPS_MAX = 2;
const REMEMBERED_MAX = 10_000;
const remembered = new Map<string, string | undefined>();

/** The name that a convention has for an attribute which is called otherwise; `undefined` for a name that is in order. */
export function conventionFor(key: string): string | undefined {
  const named = CONVENTION_OF.get(key);
  if (named !== undefined || !NAMESPACE.test(key) || KNOWN.has(key)) return named;
  if (remembered.has(key)) return remembered.get(key);
  const near = [...KNOWN].filter((name) => Math.abs(name.length - key.length) <= SLIPS_MAX);
  const slip = near.find((name) => editDistance(name, key) <= SLIPS_MAX);
  if (remembered.size < REMEMBERED_MAX) remembered.set(key, slip);
  return slip;
}

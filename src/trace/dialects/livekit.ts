import type { Kind } from "../kinds.ts";
import type { Dialect } from "./dialect.ts";
import { assembled, attribute, spoken } from "./message-source.ts";
import { inSeconds } from "./first-chunk-source.ts";

const SPAN_NAMES: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["job_entrypoint", "workflow"],
  ["agent_session", "workflow"],
  ["agent_turn", "agent"],
  ["user_turn", "turn"],
  ["llm_node", "chain"],
  ["llm_request", "llm"],
  ["llm_request_run", "llm"],
  ["realtime_inference", "llm"],
  ["function_tool", "tool"],
  ["tts_node", "chain"],
  ["tts_request", "tts"],
  ["tts_request_run", "tts"],
  ["judge_evaluation", "evaluator"],
]);

/** LiveKit's agents: spans are told by their names. Newer releases put `pii.` into the keys of what people said. */
export const LIVEKIT: Dialect = {
  name: "livekit",
  kinds: [
    {
      rule: 'the scope "livekit-agents" and the span\'s name',
      kindOf: ({ name, scope }) => (scope.name === "livekit-agents" ? SPAN_NAMES.get(name) : undefined),
    },
  ],
  fields: {
    agent: ["lk.agent_name", "lk.agent_label"],
    tool: ["lk.function_tool.name"],
    toolCallId: ["lk.function_tool.id"],
    session: ["lk.pii.room_name", "lk.room_name", "lk.job_id"],
    user: ["lk.pii.participant_identity", "lk.participant_identity"],
    inputTokens: ["lk.llm_metrics#prompt_tokens", "lk.realtime_model_metrics#input_tokens"],
    outputTokens: ["lk.llm_metrics#completion_tokens", "lk.realtime_model_metrics#output_tokens"],
    cacheReadTokens: ["gen_ai.usage.input_cached_tokens", "lk.llm_metrics#prompt_cached_tokens"],
    arguments: ["lk.pii.function_tool.arguments", "lk.function_tool.arguments"],
    result: ["lk.pii.function_tool.output", "lk.function_tool.output"],
  },
  input: [
    attribute("lk.pii.chat_ctx"),
    attribute("lk.chat_ctx"),
    spoken("user", "lk.pii.user_input"),
    spoken("user", "lk.user_input"),
    spoken("user", "lk.pii.user_transcript"),
    spoken("user", "lk.user_transcript"),
  ],
  output: [
    assembled({ text: "lk.pii.response.text", toolCalls: "lk.pii.response.function_calls" }),
    assembled({ text: "lk.response.text", toolCalls: "lk.response.function_calls" }),
  ],
  firstChunk: [inSeconds("lk.response.ttft"), inSeconds("lk.response.ttfb")],
};

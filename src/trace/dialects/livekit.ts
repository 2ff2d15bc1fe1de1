import type { Kind } from "../kinds.ts";
import type { Dialect } from "./dialect.ts";

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
  kindOf: ({ name, scope }) => (scope.name === "livekit-agents" ? SPAN_NAMES.get(name) : undefined),
  fields: {
    agent: ["lk.agent_name", "lk.agent_label"],
    tool: ["lk.function_tool.name"],
    arguments: ["lk.pii.function_tool.arguments", "lk.function_tool.arguments"],
    result: ["lk.pii.function_tool.output", "lk.function_tool.output"],
  },
};

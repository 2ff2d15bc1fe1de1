import type { Kind } from "../kinds.ts";
import type { Dialect } from "./dialect.ts";

const SPAN_NAMES: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["invocation", "chain"],
  ["call_llm", "llm"],
]);

/** Google's Agent Development Kit: its older spans have names only. */
export const GOOGLE_ADK: Dialect = {
  name: "google-adk",
  kindOf: ({ name, scope }) => {
    if (scope.name !== "gcp.vertex.agent") return undefined;
    return name.startsWith("agent_run [") ? "agent" : SPAN_NAMES.get(name);
  },
  fields: {
    arguments: ["gcp.vertex.agent.tool_call_args"],
    result: ["gcp.vertex.agent.tool_response"],
  },
};

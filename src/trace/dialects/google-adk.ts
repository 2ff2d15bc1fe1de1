import type { Kind } from "../kinds.ts";
import type { Dialect } from "./dialect.ts";
import { attribute } from "./message-source.ts";

const SPAN_NAMES: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["invocation", "chain"],
  ["call_llm", "llm"],
]);

/** Google's Agent Development Kit: its older spans have names only. */
export const GOOGLE_ADK: Dialect = {
  name: "google-adk",
  kinds: [
    {
      rule: 'the scope "gcp.vertex.agent" and the span\'s name',
      kindOf: ({ name, scope }) => {
        if (scope.name !== "gcp.vertex.agent") return undefined;
        return name.startsWith("agent_run [") ? "agent" : SPAN_NAMES.get(name);
      },
    },
  ],
  fields: {
    arguments: ["gcp.vertex.agent.tool_call_args"],
    result: ["gcp.vertex.agent.tool_response"],
    session: ["gcp.vertex.agent.session_id"],
  },
  input: [attribute("gcp.vertex.agent.llm_request")],
  output: [attribute("gcp.vertex.agent.llm_response")],
};

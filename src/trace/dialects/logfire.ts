import { isMcpLifecycle } from "../conventions.ts";
import type { Kind } from "../kinds.ts";
import type { Attributes, Span } from "../span.ts";
import type { Dialect } from "./dialect.ts";
import { attribute } from "./message-source.ts";

const TEMPLATES: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/^Agent run: /, "agent"],
  [/^Function: /, "tool"],
  [/^Handoff: /, "handoff"],
  [/^Guardrail /, "guardrail"],
  [/^(?:Responses API|Chat completion|Generation)\b/i, "llm"],
  [/^OpenAI Agents trace: /, "workflow"],
  [/^(?:Task|Turn)\b/, "chain"],
  [/^MCP: list tools/, "mcp.lifecycle"],
  [/^(?:agent run|\{agent_name=\} run|\{agent_name\} run)/, "agent"],
  [/^running (?:\d+ |\{[^}]*\} )?tools?(?::|$| call)/, "chain"],
  [/^running tool: /, "tool"],
];

const MCP = /^MCP (request|server handle request|client handle request): (\S+)/;

/**
 * Logfire's own integrations, told by the templates of their messages, and Pydantic AI where it names no operation. MCP
 * requests carry the method in the message.
 */
export const LOGFIRE: Dialect = {
  name: "logfire",
  kinds: [
    { rule: "the name of an agent, and what only a whole run of one has", kindOf: runKind },
    { rule: "logfire.msg_template", kindOf: templateKind },
  ],
  unfold: { from: "attributes that mean what the message template says", attributesOf: templateAttributes },
  fields: {
    agent: ["logfire.agent", "agent_name"],
    thing: ["logfire.thing"],
    tool: ["logfire.tool"],
    model: ["model_name"],
    method: ["logfire.method"],
    handoffFrom: ["logfire.from"],
    handoffTo: ["logfire.to"],
    costUsd: ["operation.cost"],
    arguments: ["tool_arguments", "logfire.input"],
    result: ["tool_response", "logfire.output"],
  },
  input: [
    attribute("pydantic_ai.all_messages"),
    attribute("all_messages_events"),
    attribute("events"),
    attribute("request_data"),
  ],
  output: [attribute("final_result"), attribute("response_data")],
};

const templateOf = ({ attributes }: Span): string | undefined => {
  const template = attributes["logfire.msg_template"];
  return typeof template === "string" ? template : undefined;
};

/** What only the span of a whole agent run of Pydantic AI has. */
const RUN_KEYS = ["pydantic_ai.all_messages", "all_messages_events", "final_result"];

function runKind({ attributes }: Span): Kind | undefined {
  const isAgent = "agent_name" in attributes || "gen_ai.agent.name" in attributes;
  return isAgent && RUN_KEYS.some((key) => key in attributes) ? "agent" : undefined;
}

function templateKind(span: Span): Kind | undefined {
  const template = templateOf(span);
  if (template === undefined) return undefined;
  const request = MCP.exec(template);
  if (request !== null) {
    if (isMcpLifecycle(request[2] ?? "")) return "mcp.lifecycle";
    return request[1] === "request" ? "mcp.client" : "mcp.server";
  }
  return TEMPLATES.find(([pattern]) => pattern.test(template))?.[1];
}

/** What the templates leave in attributes whose names say little: `name`, `input`, `output`, `from_agent`. */
function templateAttributes(span: Span): Attributes | undefined {
  const template = templateOf(span);
  if (template === undefined) return undefined;
  const { attributes } = span;
  const found: Record<string, Attributes[string]> = {};
  const keep = (to: string, key: string): void => {
    const value = attributes[key];
    if (value !== undefined) found[to] = value;
  };
  const method = MCP.exec(template)?.[2];
  if (method !== undefined) {
    found["logfire.method"] = method;
    const request = objectIn(attributes["request"]);
    const parameters = objectIn(request["params"]);
    if (typeof parameters["name"] === "string") found["logfire.tool"] = parameters["name"];
    if (parameters["arguments"] !== undefined) found["logfire.input"] = parameters["arguments"];
    keep("logfire.output", "response");
    return found;
  }
  if (template.startsWith("Agent run: ")) keep("logfire.agent", "name");
  keep("logfire.thing", "name");
  keep("logfire.from", "from_agent");
  keep("logfire.to", "to_agent");
  keep("logfire.input", "input");
  keep("logfire.output", "output");
  return found;
}

function objectIn(value: unknown): Attributes {
  if (typeof value === "string" && value.startsWith("{")) {
    try {
      return objectIn(JSON.parse(value));
    } catch {
      return {};
    }
  }
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

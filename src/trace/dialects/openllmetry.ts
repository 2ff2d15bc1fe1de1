import type { Kind } from "../kinds.ts";
import type { Attributes, Span } from "../span.ts";
import { kindByWord, type Dialect } from "./dialect.ts";
import { attribute, flattened } from "./message-source.ts";

const ENTITY_KIND = kindByWord("traceloop.span.kind", {
  workflow: "workflow",
  task: "chain",
  session: "chain",
  agent: "agent",
  tool: "tool",
});

/** Its model calls carry no kind of their own. */
const REQUEST_KIND = kindByWord("llm.request.type", {
  chat: "llm",
  completion: "llm",
  embedding: "embedding",
  rerank: "rerank",
});

/** Traceloop's OpenLLMetry. */
export const OPENLLMETRY: Dialect = {
  name: "openllmetry",
  kinds: [
    { rule: "traceloop.span.kind, and the name of MCP's session", kindOf: mcpSessionKind },
    ENTITY_KIND,
    REQUEST_KIND,
    {
      rule: "db.system and a db.vector.* attribute",
      kindOf: ({ attributes }) => ("db.system" in attributes && isVectorSearch(attributes) ? "retrieval" : undefined),
    },
  ],
  fields: {
    thing: ["traceloop.entity.name"],
    workflow: ["traceloop.workflow.name"],
    cacheReadTokens: ["gen_ai.usage.cache_read_input_tokens"],
    cacheWriteTokens: ["gen_ai.usage.cache_creation_input_tokens"],
    reasoningTokens: ["gen_ai.usage.reasoning_tokens"],
    session: ["traceloop.association.properties.session_id"],
    user: ["traceloop.association.properties.user_id"],
    finishReason: ["llm.response.finish_reason", "gen_ai.completion.0.finish_reason"],
    arguments: ["traceloop.entity.input"],
    result: ["traceloop.entity.output"],
  },
  input: [flattened("gen_ai.prompt"), flattened("llm.prompts"), attribute("traceloop.entity.input")],
  output: [flattened("gen_ai.completion"), flattened("llm.completions"), attribute("traceloop.entity.output")],
};

function mcpSessionKind({ name, attributes }: Span): Kind | undefined {
  return attributes["traceloop.span.kind"] === "session" && name === "mcp.client.session" ? "mcp.lifecycle" : undefined;
}

function isVectorSearch(attributes: Attributes): boolean {
  for (const key in attributes) if (key.startsWith("db.vector.")) return true;
  return false;
}

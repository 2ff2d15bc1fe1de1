import { kindByWord, type Dialect } from "./dialect.ts";

const entityKind = kindByWord("traceloop.span.kind", {
  workflow: "workflow",
  task: "chain",
  session: "chain",
  agent: "agent",
  tool: "tool",
});

/** Its model calls carry no kind of their own. */
const requestKind = kindByWord("llm.request.type", {
  chat: "llm",
  completion: "llm",
  embedding: "embedding",
  rerank: "rerank",
});

/** Traceloop's OpenLLMetry. */
export const OPENLLMETRY: Dialect = {
  name: "openllmetry",
  kindOf: (span) => entityKind(span) ?? requestKind(span),
  fields: {
    thing: ["traceloop.entity.name"],
    workflow: ["traceloop.workflow.name"],
    finishReason: ["llm.response.finish_reason", "gen_ai.completion.0.finish_reason"],
    arguments: ["traceloop.entity.input"],
    result: ["traceloop.entity.output"],
  },
};

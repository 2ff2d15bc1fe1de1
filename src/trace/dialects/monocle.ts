import type { Attributes, Span } from "../span.ts";
import { kindByWord, type Dialect } from "./dialect.ts";
import { eventAttribute } from "./message-source.ts";

/** Monocle: `span.type`, entities numbered from 1, and tokens in an event. */
export const MONOCLE: Dialect = {
  name: "monocle",
  kinds: [
    kindByWord("span.type", {
      workflow: "workflow",
      "agentic.request": "turn",
      "agentic.turn": "turn",
      "agentic.invocation": "agent",
      "agentic.tool.invocation": "tool",
      "agentic.mcp.invocation": "tool",
      "agentic.delegation": "handoff",
      inference: "llm",
      "inference.framework": "llm",
      "inference.modelapi": "llm",
      retrieval: "retrieval",
      embedding: "embedding",
      "embedding.modelapi": "embedding",
    }),
  ],
  unfold: { from: "entities and events", attributesOf: entitiesAndEvents },
  fields: {
    agent: ["monocle.agent"],
    tool: ["monocle.tool"],
    model: ["monocle.model"],
    thing: ["monocle.thing"],
    handoffFrom: ["monocle.from"],
    handoffTo: ["monocle.to"],
    finishReason: ["monocle.metadata.finish_reason"],
    inputTokens: ["monocle.metadata.prompt_tokens", "monocle.metadata.input_tokens"],
    outputTokens: ["monocle.metadata.completion_tokens", "monocle.metadata.output_tokens"],
    arguments: ["monocle.input"],
    result: ["monocle.output"],
    session: ["scope.agentic.session"],
  },
  input: [eventAttribute("data.input", "input")],
  output: [eventAttribute("data.output", "response"), eventAttribute("data.output", "output")],
};

const ENTITIES_MAX = 20;

/** Entities under the name of what they are, the first of each; what was put in and came out; and the metadata event. */
function entitiesAndEvents({ attributes, events }: Span): Attributes | undefined {
  const type = attributes["span.type"];
  if (typeof type !== "string" || !("entity.1.type" in attributes || "monocle_apptrace.version" in attributes)) {
    return undefined;
  }
  const found: Record<string, Attributes[string]> = {};
  for (let number = 1; number <= ENTITIES_MAX; number++) {
    const of = attributes[`entity.${number}.type`];
    const name = attributes[`entity.${number}.name`];
    if (typeof of !== "string") break;
    const [word = ""] = of.split(".");
    if (typeof name === "string" && ENTITY_KEYS.has(word)) found[`monocle.${word}`] ??= name;
    if (typeof name === "string" && number === 1) found["monocle.thing"] = name;
  }
  found["monocle.from"] = attributes["entity.1.from_agent"] ?? "";
  found["monocle.to"] = attributes["entity.1.to_agent"] ?? "";
  for (const event of events) {
    if (event.name === "data.input") found["monocle.input"] = event.attributes["input"] ?? "";
    if (event.name === "data.output")
      found["monocle.output"] = event.attributes["response"] ?? event.attributes["output"] ?? "";
    if (event.name !== "metadata") continue;
    for (const [key, value] of Object.entries(event.attributes)) found[`monocle.metadata.${key}`] = value;
  }
  return found;
}

const ENTITY_KEYS: ReadonlySet<string> = new Set(["agent", "tool", "model"]);

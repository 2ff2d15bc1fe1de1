import type { Dialect } from "./dialect.ts";
import type { Kind } from "../kinds.ts";

const OPERATIONS: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/^ai\.(?:generate|stream)(?:Text|Object)\.do(?:Generate|Stream)$/, "llm"],
  [/^ai\.(?:generate|stream)(?:Text|Object)$/, "chain"],
  [/^ai\.embed(?:Many)?\.doEmbed$/, "embedding"],
  [/^ai\.embed(?:Many)?$/, "chain"],
  [/^ai\.rerank(?:\.doRerank)?$/, "rerank"],
  [/^ai\.toolCall$/, "tool"],
  [/^ai\.generateSpeech$/, "tts"],
  [/^ai\.(?:transcribe|streamTranscribe)$/, "stt"],
  [/^ai\.workflowAgent\.stream$/, "agent"],
];

/** The Vercel AI SDK before its spans spoke OpenTelemetry's GenAI conventions, and where it is told to do so still. */
export const AI_SDK: Dialect = {
  name: "vercel-ai-sdk",
  kindOf: ({ attributes }) => {
    const operation = attributes["ai.operationId"];
    if (typeof operation !== "string") return undefined;
    return OPERATIONS.find(([pattern]) => pattern.test(operation))?.[1];
  },
  fields: {
    tool: ["ai.toolCall.name"],
    model: ["ai.model.id", "ai.response.model"],
    finishReason: ["ai.response.finishReason"],
    inputTokens: ["ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"],
    outputTokens: ["ai.usage.outputTokens", "ai.usage.completionTokens"],
    arguments: ["ai.toolCall.args"],
    result: ["ai.toolCall.result"],
  },
};

import type { Dialect } from "./dialect.ts";
import type { Kind } from "../kinds.ts";
import { assembled, attribute, spoken } from "./message-source.ts";
import { byEvent, inMilliseconds } from "./first-chunk-source.ts";

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
  kinds: [
    {
      rule: "ai.operationId",
      kindOf: ({ attributes: { "ai.operationId": operation } }) =>
        typeof operation === "string" ? OPERATIONS.find(([pattern]) => pattern.test(operation))?.[1] : undefined,
    },
  ],
  fields: {
    agent: ["ai.telemetry.functionId"],
    provider: ["ai.model.provider"],
    session: ["ai.telemetry.metadata.sessionId", "ai.settings.context.sessionId"],
    user: ["ai.telemetry.metadata.userId", "ai.settings.context.userId"],
    tool: ["ai.toolCall.name"],
    toolCallId: ["ai.toolCall.id"],
    model: ["ai.model.id", "ai.response.model"],
    finishReason: ["ai.response.finishReason"],
    inputTokens: ["ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"],
    outputTokens: ["ai.usage.outputTokens", "ai.usage.completionTokens"],
    cacheReadTokens: ["ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"],
    cacheWriteTokens: ["ai.usage.inputTokenDetails.cacheWriteTokens"],
    reasoningTokens: ["ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"],
    arguments: ["ai.toolCall.args"],
    result: ["ai.toolCall.result"],
  },
  input: [attribute("ai.prompt.messages"), attribute("ai.prompt")],
  output: [
    assembled({ text: "ai.response.text", toolCalls: "ai.response.toolCalls" }),
    spoken("assistant", "ai.response.object"),
  ],
  firstChunk: [
    inMilliseconds("ai.response.msToFirstChunk"),
    inMilliseconds("ai.stream.msToFirstChunk"),
    byEvent("ai.stream.firstChunk"),
  ],
};

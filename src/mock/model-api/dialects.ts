import * as anthropicReply from "./anthropic-messages/reply.ts";
import * as anthropicRequest from "./anthropic-messages/request.ts";
import type { Dialect } from "./dialect.ts";
import * as chatReply from "./openai-chat/reply.ts";
import * as chatRequest from "./openai-chat/request.ts";
import { writeOpenAiError } from "./openai-error.ts";
import * as responsesReply from "./openai-responses/reply.ts";
import * as responsesRequest from "./openai-responses/request.ts";

/** OpenAI's Chat Completions, as of 2026-11. */
export const OPENAI_CHAT: Dialect = {
  path: "/v1/chat/completions",
  idPrefix: "chatcmpl-",
  idHeader: "x-request-id",
  ...chatRequest,
  ...chatReply,
  writeError: writeOpenAiError,
};

/** OpenAI's Responses, as of 2026-11. */
export const OPENAI_RESPONSES: Dialect = {
  path: "/v1/responses",
  idPrefix: "resp_",
  idHeader: "x-request-id",
  ...responsesRequest,
  ...responsesReply,
  writeError: writeOpenAiError,
};

/** Anthropic's Messages, as of 2026-11. */
export const ANTHROPIC_MESSAGES: Dialect = {
  path: "/v1/messages",
  idPrefix: "msg_",
  idHeader: "request-id",
  ...anthropicRequest,
  ...anthropicReply,
};

export const DIALECTS: readonly Dialect[] = [OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES];

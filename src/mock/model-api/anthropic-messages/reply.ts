import * as z from "zod";
import type { Json } from "../../../core/json.ts";
import type { FinishReason } from "../../../scenario/model.ts";
import {
  type ApiError,
  type ModelOutput,
  RequestError,
  type StreamEvent,
  argumentsText,
  jsonPiecesOf,
  parsed,
  piecesOf,
  toolCall,
} from "../dialect.ts";
import { type Block, blockForm, blocksOf, callsIn, textIn } from "./blocks.ts";

const STOP: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  content_filter: "refusal",
  tool_call: "tool_use",
};

const stopForm = z.string().transform((reason): FinishReason => {
  if (reason === "tool_use") return "tool_call";
  if (reason === "refusal") return "content_filter";
  return reason.startsWith("max_") || reason.startsWith("model_") ? "length" : "stop";
});

const usageForm = z.looseObject({ input_tokens: z.number().nullish(), output_tokens: z.number() });

const replyForm = z.looseObject({
  id: z.string(),
  model: z.string(),
  content: z.array(blockForm),
  stop_reason: stopForm,
  usage: usageForm,
});

export function readReply(body: unknown): ModelOutput {
  const { id, model, content, stop_reason: finishReason, usage } = parsed(replyForm, body);
  return {
    id,
    model,
    createdUnixSeconds: 0,
    text: textIn(content),
    toolCalls: callsIn(content),
    finishReason,
    inputTokens: usage.input_tokens ?? 0,
    outputTokens: usage.output_tokens,
  };
}

export function writeReply(output: ModelOutput): Json {
  const { finishReason, outputTokens } = output;
  return {
    ...head(output),
    content: blocksOf(output),
    stop_reason: STOP[finishReason],
    usage: usageOf(output, outputTokens),
  };
}

function head({ id, model }: ModelOutput): { readonly [key: string]: Json } {
  return { id, type: "message", role: "assistant", model, stop_sequence: null };
}

function usageOf({ inputTokens }: ModelOutput, outputTokens: number): Json {
  return {
    input_tokens: inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
    service_tier: "standard",
  };
}

export function writeStream(output: ModelOutput): readonly StreamEvent[] {
  const { text, toolCalls, finishReason, outputTokens } = output;
  const named = (type: string, rest: { readonly [key: string]: Json }, isPiece = false): StreamEvent => ({
    event: type,
    data: { type, ...rest },
    ...(isPiece ? { isPiece } : {}),
  });
  const block = (index: number, begun: Json, deltas: readonly Json[]): readonly StreamEvent[] => [
    named("content_block_start", { index, content_block: begun }),
    ...deltas.map((delta) => named("content_block_delta", { index, delta }, true)),
    named("content_block_stop", { index }),
  ];
  const words = text === "" && toolCalls.length > 0 ? [] : [{ type: "text", text: "" }];
  const calls = toolCalls.map((call) => ({
    begun: { type: "tool_use", id: call.id, name: call.name, input: {} },
    deltas: ["", ...jsonPiecesOf(argumentsText(call))].map((part) => ({
      type: "input_json_delta",
      partial_json: part,
    })),
  }));
  return [
    named("message_start", { message: { ...head(output), content: [], stop_reason: null, usage: usageOf(output, 1) } }),
    ...words.flatMap((begun) =>
      block(
        0,
        begun,
        piecesOf(text).map((part) => ({ type: "text_delta", text: part })),
      ),
    ),
    named("ping", {}),
    ...calls.flatMap(({ begun, deltas }, index) => block(words.length + index, begun, deltas)),
    named("message_delta", {
      delta: { stop_reason: STOP[finishReason], stop_sequence: null },
      usage: { output_tokens: outputTokens },
    }),
    named("message_stop", {}),
  ];
}

const eventForm = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("message_start"),
    message: z.looseObject({ id: z.string(), model: z.string(), usage: usageForm }),
  }),
  z.looseObject({ type: z.literal("content_block_start"), index: z.number(), content_block: blockForm }),
  z.looseObject({
    type: z.literal("content_block_delta"),
    index: z.number(),
    delta: z.looseObject({ text: z.string().optional(), partial_json: z.string().optional() }),
  }),
  z.looseObject({ type: z.literal("content_block_stop") }),
  z.looseObject({
    type: z.literal("message_delta"),
    delta: z.looseObject({ stop_reason: stopForm.nullish() }),
    usage: usageForm,
  }),
  z.looseObject({ type: z.enum(["message_stop", "ping"]) }),
]);

export function readStream(events: readonly StreamEvent[]): ModelOutput {
  const blocks = new Map<number, { readonly begun: Block; text: string; json: string }>();
  let output: ModelOutput | undefined;
  let isWhole = false;
  for (const event of events.map(({ data }) => parsed(eventForm, data))) {
    if (event.type === "message_start") {
      const { id, model, usage } = event.message;
      output = { id, model, createdUnixSeconds: 0, ...EMPTY, inputTokens: usage.input_tokens ?? 0 };
    } else if (event.type === "content_block_start") {
      blocks.set(event.index, { begun: event.content_block, text: event.content_block.text ?? "", json: "" });
    } else if (event.type === "content_block_delta") {
      const block = blocks.get(event.index);
      if (block === undefined) throw new RequestError("a delta comes before its block", "index");
      block.text += event.delta.text ?? "";
      block.json += event.delta.partial_json ?? "";
    } else if (event.type === "message_delta" && output !== undefined) {
      const { delta, usage } = event;
      output = { ...output, finishReason: delta.stop_reason ?? "stop", outputTokens: usage.output_tokens };
    } else if (event.type === "message_stop") isWhole = true;
  }
  if (output === undefined || !isWhole) throw new RequestError("the stream broke off");
  const all = [...blocks.values()];
  const calls = all.filter(({ begun }) => begun.type === "tool_use");
  return {
    ...output,
    text: all.flatMap(({ begun, text }) => (begun.type === "text" ? [text] : [])).join("\n"),
    toolCalls: calls.map(({ begun: { id = "", name = "" }, json }) => toolCall(id, name, json)),
  };
}

const EMPTY = { text: "", toolCalls: [], finishReason: "stop", outputTokens: 0 } as const;

export function writeError({ status, message }: ApiError): Json {
  const type = ERRORS[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
  return { type: "error", error: { type, message } };
}

const ERRORS: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};

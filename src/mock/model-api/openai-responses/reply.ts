import * as z from "zod";
import type { Json } from "../../../core/json.ts";
import type { FinishReason, ToolCall } from "../../../scenario/model.ts";
import {
  type ModelOutput,
  RequestError,
  type StreamEvent,
  argumentsText,
  contentText,
  jsonPiecesOf,
  parsed,
  piecesOf,
  toolCall,
} from "../dialect.ts";

type JsonObject = { readonly [key: string]: Json };

const outputForm = z.looseObject({
  type: z.string(),
  content: contentText.optional(),
  call_id: z.string().optional(),
  name: z.string().optional(),
  arguments: z.string().optional(),
});

const replyForm = z.looseObject({
  id: z.string(),
  model: z.string(),
  created_at: z.number(),
  incomplete_details: z.looseObject({ reason: z.string().optional() }).nullish(),
  output: z.array(outputForm),
  usage: z.looseObject({ input_tokens: z.number(), output_tokens: z.number() }).nullish(),
});

export function readReply(body: unknown): ModelOutput {
  const reply = parsed(replyForm, body);
  const { output, usage } = reply;
  const toolCalls = output.flatMap(({ type, call_id: id = "", name = "", arguments: text = "" }) =>
    type === "function_call" ? [toolCall(id, name, text)] : [],
  );
  const messages = output.filter(({ type }) => type === "message");
  return {
    id: reply.id,
    model: reply.model,
    createdUnixSeconds: reply.created_at,
    text: messages.map(({ content = "" }) => content).join("\n"),
    toolCalls,
    finishReason: finishOf(reply.incomplete_details?.reason, toolCalls),
    inputTokens: usage?.input_tokens ?? 0,
    outputTokens: usage?.output_tokens ?? 0,
  };
}

function finishOf(incomplete: string | undefined, toolCalls: readonly ToolCall[]): FinishReason {
  if (incomplete === "content_filter") return incomplete;
  if (incomplete !== undefined) return "length";
  return toolCalls.length > 0 ? "tool_call" : "stop";
}

export function writeReply(output: ModelOutput): Json {
  const isWhole = reasonOf(output) === undefined;
  const items = itemsOf(output).map(({ whole }) => whole);
  return { ...frame(output, isWhole ? "completed" : "incomplete"), output: items, usage: usageOf(output) };
}

/** Why a reply ends before its end. */
function reasonOf({ finishReason }: ModelOutput): string | undefined {
  if (finishReason === "length") return "max_output_tokens";
  return finishReason === "content_filter" ? finishReason : undefined;
}

function frame(output: ModelOutput, status: "in_progress" | "completed" | "incomplete"): JsonObject {
  const { id, model, createdUnixSeconds } = output;
  const reason = status === "incomplete" ? reasonOf(output) : undefined;
  return {
    id,
    object: "response",
    created_at: createdUnixSeconds,
    status,
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: null,
    metadata: {},
    model,
    output: [],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    previous_response_id: null,
    usage: null,
  };
}

function usageOf({ inputTokens, outputTokens }: ModelOutput): Json {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
}

/** One item of an output, as it begins and as it is in the end, and what is said between. */
interface OutputItem {
  readonly begun: JsonObject;
  readonly whole: JsonObject;
  /** The events of item `index`, without those of its beginning and its end. */
  readonly events: (at: JsonObject) => readonly StreamEvent[];
}

function itemsOf(output: ModelOutput): readonly OutputItem[] {
  const { text, toolCalls, id } = output;
  const key = id.replace(/^resp_/, "");
  const isMute = text === "" && toolCalls.length > 0;
  return [
    ...(isMute ? [] : [messageItem(`msg_${key}`, output)]),
    ...toolCalls.map((call, index) => callItem(`fc_${key}_${index}`, call)),
  ];
}

function messageItem(id: string, output: ModelOutput): OutputItem {
  const { text } = output;
  const partOf = (words: string): Json => ({ type: "output_text", text: words, annotations: [], logprobs: [] });
  const item = { id, type: "message", role: "assistant" };
  const status = reasonOf(output) === undefined ? "completed" : "incomplete";
  return {
    begun: { ...item, status: "in_progress", content: [] },
    whole: { ...item, status, content: [partOf(text)] },
    events: (at) => {
      const place = { item_id: id, ...at, content_index: 0 };
      return [
        named("response.content_part.added", { ...place, part: partOf("") }),
        ...piecesOf(text).map((delta) =>
          named("response.output_text.delta", { ...place, delta, logprobs: [] }, { isPiece: true }),
        ),
        named("response.output_text.done", { ...place, text, logprobs: [] }),
        named("response.content_part.done", { ...place, part: partOf(text) }),
      ];
    },
  };
}

function callItem(id: string, call: ToolCall): OutputItem {
  const { name } = call;
  const text = argumentsText(call);
  const item = { id, type: "function_call", call_id: call.id, name };
  return {
    begun: { ...item, status: "in_progress", arguments: "" },
    whole: { ...item, status: "completed", arguments: text },
    events: (at) => [
      ...jsonPiecesOf(text).map((delta) =>
        named("response.function_call_arguments.delta", { item_id: id, ...at, delta }, { isPiece: true }),
      ),
      named("response.function_call_arguments.done", { item_id: id, ...at, name, arguments: text }),
    ],
  };
}

function named(type: string, rest: JsonObject, more: { readonly isPiece?: boolean } = {}): StreamEvent {
  return { event: type, data: { type, ...rest }, ...more };
}

export function writeStream(output: ModelOutput): readonly StreamEvent[] {
  const begun = frame(output, "in_progress");
  const end = reasonOf(output) === undefined ? "response.completed" : "response.incomplete";
  const events = [
    named("response.created", { response: begun }),
    named("response.in_progress", { response: begun }),
    ...itemsOf(output).flatMap((item, index) => [
      named("response.output_item.added", { output_index: index, item: item.begun }),
      ...item.events({ output_index: index }),
      named("response.output_item.done", { output_index: index, item: item.whole }),
    ]),
    named(end, { response: writeReply(output) }),
  ];
  return events.map((event, index) => ({ ...event, data: { ...Object(event.data), sequence_number: index } }));
}

const endForm = z.looseObject({ type: z.string(), response: z.unknown() });

/** The last event holds the whole reply. */
export function readStream(events: readonly StreamEvent[]): ModelOutput {
  const last = endForm.safeParse(events.at(-1)?.data).data;
  if (last?.type !== "response.completed" && last?.type !== "response.incomplete")
    throw new RequestError("the stream broke off");
  return readReply(last.response);
}

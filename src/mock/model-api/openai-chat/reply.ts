import * as z from "zod";
import type { Json } from "../../../core/json.ts";
import type { FinishReason } from "../../../scenario/model.ts";
import {
  DONE,
  type ModelCall,
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
import { callForm, writtenCall } from "./call.ts";

const FINISH: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  content_filter: "content_filter",
  tool_call: "tool_calls",
};

const finishForm = z
  .enum(["stop", "length", "content_filter", "tool_calls", "function_call"])
  .transform((reason): FinishReason => (reason === "tool_calls" || reason === "function_call" ? "tool_call" : reason));

const usageForm = z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number() });

const replyForm = z.looseObject({
  id: z.string(),
  model: z.string(),
  created: z.number(),
  choices: z
    .array(
      z.looseObject({
        finish_reason: finishForm,
        message: z.looseObject({ content: contentText, tool_calls: z.array(callForm).nullish() }),
      }),
    )
    .min(1),
  usage: usageForm.nullish(),
});

export function readReply(body: unknown): ModelOutput {
  const { id, model, created, choices, usage } = parsed(replyForm, body);
  const [choice] = choices;
  if (choice === undefined) throw new RequestError("there is no choice", "choices");
  return {
    id,
    model,
    createdUnixSeconds: created,
    text: choice.message.content,
    toolCalls: choice.message.tool_calls ?? [],
    finishReason: choice.finish_reason,
    inputTokens: usage?.prompt_tokens ?? 0,
    outputTokens: usage?.completion_tokens ?? 0,
  };
}

export function writeReply(output: ModelOutput): Json {
  const { text, toolCalls } = output;
  return {
    ...head(output, "chat.completion"),
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text === "" && toolCalls.length > 0 ? null : text,
          refusal: null,
          annotations: [],
          ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(writtenCall) }),
        },
        logprobs: null,
        finish_reason: FINISH[output.finishReason],
      },
    ],
    usage: usageOf(output),
  };
}

function head({ id, model, createdUnixSeconds }: ModelOutput, object: string): { readonly [key: string]: Json } {
  return { id, object, created: createdUnixSeconds, model, service_tier: "default", system_fingerprint: "fp_troupe" };
}

function usageOf({ inputTokens, outputTokens }: ModelOutput): Json {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

export function writeStream(output: ModelOutput, { hasUsage }: Pick<ModelCall, "hasUsage">): readonly StreamEvent[] {
  const chunk = (delta: Json, finish: string | null = null): Json => ({
    ...head(output, "chat.completion.chunk"),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...(hasUsage ? { usage: null } : {}),
  });
  const piece = (delta: Json): StreamEvent => ({ data: chunk(delta), isPiece: true });
  return [
    { data: chunk({ role: "assistant", content: output.toolCalls.length > 0 ? null : "", refusal: null }) },
    ...piecesOf(output.text).map((content) => piece({ content })),
    ...output.toolCalls.flatMap((call, index): readonly StreamEvent[] => {
      const { id, name } = call;
      const begun = { index, id, type: "function", function: { name, arguments: "" } };
      const rest = jsonPiecesOf(argumentsText(call)).map((text) => ({ index, function: { arguments: text } }));
      return [begun, ...rest].map((one) => piece({ tool_calls: [one] }));
    }),
    { data: chunk({}, FINISH[output.finishReason]) },
    ...(hasUsage ? [{ data: { ...head(output, "chat.completion.chunk"), choices: [], usage: usageOf(output) } }] : []),
    { data: DONE },
  ];
}

const chunkForm = z.looseObject({
  id: z.string(),
  model: z.string(),
  created: z.number(),
  choices: z.array(
    z.looseObject({
      finish_reason: finishForm.nullish(),
      delta: z.looseObject({
        content: z.string().nullish(),
        tool_calls: z
          .array(
            z.looseObject({
              index: z.number(),
              id: z.string().optional(),
              function: z.looseObject({ name: z.string().optional(), arguments: z.string().optional() }).optional(),
            }),
          )
          .nullish(),
      }),
    }),
  ),
  usage: usageForm.nullish(),
});

export function readStream(events: readonly StreamEvent[]): ModelOutput {
  const chunks = events.filter(({ data }) => data !== DONE).map(({ data }) => parsed(chunkForm, data));
  const [first] = chunks;
  if (first === undefined) throw new RequestError("the stream is empty");
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const calls = new Map<number, { id: string; name: string; text: string }>();
  for (const { index, id = "", function: part } of choices.flatMap(({ delta }) => delta.tool_calls ?? [])) {
    const known = calls.get(index) ?? { id: "", name: "", text: "" };
    calls.set(index, {
      id: known.id + id,
      name: known.name + (part?.name ?? ""),
      text: known.text + (part?.arguments ?? ""),
    });
  }
  const finishReason = choices.findLast(({ finish_reason: reason }) => reason != null)?.finish_reason;
  if (finishReason == null) throw new RequestError("the stream broke off");
  const usage = chunks.findLast((chunk) => chunk.usage != null)?.usage;
  return {
    id: first.id,
    model: first.model,
    createdUnixSeconds: first.created,
    text: choices.map(({ delta }) => delta.content ?? "").join(""),
    toolCalls: [...calls.values()].map(({ id, name, text }) => toolCall(id, name, text)),
    finishReason,
    inputTokens: usage?.prompt_tokens ?? 0,
    outputTokens: usage?.completion_tokens ?? 0,
  };
}

import * as z from "zod";
import type { Json } from "../../../core/json.ts";
import type { Message } from "../../../scenario/model.ts";
import { type ModelCall, asJson, contentText, offeredTool, parsed, schemaObject, withToolNames } from "../dialect.ts";
import { callForm, writtenCall } from "./call.ts";

const messageForm = z.discriminatedUnion("role", [
  z.looseObject({ role: z.enum(["system", "developer"]), content: contentText }),
  z.looseObject({ role: z.literal("user"), content: contentText }),
  z.looseObject({ role: z.literal("assistant"), content: contentText, tool_calls: z.array(callForm).nullish() }),
  z.looseObject({ role: z.literal("tool"), content: contentText, tool_call_id: z.string() }),
]);

const choiceForm = z
  .union([
    z.enum(["auto", "none", "required"]),
    z.looseObject({ type: z.literal("function"), function: z.looseObject({ name: z.string() }) }),
  ])
  .default("auto")
  .transform((choice) => (typeof choice === "string" ? choice : { tool: choice.function.name }));

const requestForm = z.looseObject({
  model: z.string(),
  messages: z.array(messageForm).min(1),
  tools: z
    .array(
      z.looseObject({
        type: z.string(),
        function: z
          .looseObject({ name: z.string(), description: z.string().nullish(), parameters: schemaObject.nullish() })
          .optional(),
      }),
    )
    .nullish(),
  tool_choice: choiceForm,
  parallel_tool_calls: z.boolean().default(true),
  response_format: z
    .looseObject({ type: z.string(), json_schema: z.looseObject({ schema: schemaObject.optional() }).optional() })
    .nullish(),
  n: z.literal(1, { error: "only one choice can be asked for here" }).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
});

export function readRequest(body: unknown): ModelCall {
  const request = parsed(requestForm, body);
  const { type, json_schema: schema } = request.response_format ?? {};
  const format =
    type === "json_schema" ? (schema?.schema ?? {}) : type === "json_object" ? { type: "object" } : undefined;
  return {
    model: request.model,
    conversation: withToolNames(request.messages.map(messageOf)),
    tools: (request.tools ?? []).flatMap(({ function: tool }) =>
      tool === undefined ? [] : [offeredTool(tool.name, tool.description, tool.parameters)],
    ),
    toolChoice: request.tool_choice,
    isParallel: request.parallel_tool_calls,
    ...(format === undefined ? {} : { format }),
    isStream: request.stream === true,
    hasUsage: request.stream_options?.include_usage === true,
  };
}

function messageOf(message: z.output<typeof messageForm>): Message {
  const text = message.content;
  if (message.role === "assistant") return { role: "assistant", text, toolCalls: message.tool_calls ?? [] };
  if (message.role === "tool") return { role: "tool", tool: "", text, isError: false, callId: message.tool_call_id };
  return { role: message.role === "user" ? "user" : "system", text };
}

export function writeRequest(call: ModelCall): Json {
  const { toolChoice, tools, format } = call;
  return {
    model: call.model,
    messages: call.conversation.map(writtenMessage),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ schema, ...tool }) => ({
            type: "function",
            function: { ...tool, parameters: asJson(schema) },
          })),
        }),
    tool_choice:
      typeof toolChoice === "string" ? toolChoice : { type: "function", function: { name: toolChoice.tool } },
    parallel_tool_calls: call.isParallel,
    ...(format === undefined
      ? {}
      : { response_format: { type: "json_schema", json_schema: { name: "answer", schema: asJson(format) } } }),
    stream: call.isStream,
    ...(call.hasUsage ? { stream_options: { include_usage: true } } : {}),
  };
}

function writtenMessage(message: Message): Json {
  const { role, text } = message;
  if (role === "tool") return { role, tool_call_id: message.callId ?? "", content: text };
  if (role !== "assistant") return { role, content: text };
  const { toolCalls } = message;
  if (toolCalls.length === 0) return { role, content: text };
  return { role, content: text === "" ? null : text, tool_calls: toolCalls.map(writtenCall) };
}

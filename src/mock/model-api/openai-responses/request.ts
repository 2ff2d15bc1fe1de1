import * as z from "zod";
import type { Json } from "../../../core/json.ts";
import type { Message, ToolCall } from "../../../scenario/model.ts";
import {
  type ModelCall,
  RequestError,
  argumentsText,
  asJson,
  contentText,
  offeredTool,
  parsed,
  schemaObject,
  toolCall,
  withToolNames,
} from "../dialect.ts";

const itemForm = z.looseObject({
  type: z.string().optional(),
  role: z.enum(["user", "assistant", "system", "developer"]).optional(),
  content: contentText.optional(),
  call_id: z.string().optional(),
  name: z.string().optional(),
  arguments: z.string().optional(),
  output: contentText.optional(),
});
type Item = z.output<typeof itemForm>;

const requestForm = z.looseObject({
  model: z.string(),
  instructions: z.string().nullish(),
  input: z.preprocess(
    (input) => (typeof input === "string" ? [{ role: "user", content: input }] : input),
    z.array(itemForm, { error: "this is no text and no list of items" }),
  ),
  tools: z
    .array(
      z.looseObject({
        type: z.string(),
        name: z.string().optional(),
        description: z.string().nullish(),
        parameters: schemaObject.nullish(),
      }),
    )
    .nullish(),
  tool_choice: z
    .union([z.enum(["auto", "none", "required"]), z.looseObject({ type: z.string(), name: z.string().optional() })])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z
    .looseObject({ format: z.looseObject({ type: z.string(), schema: schemaObject.optional() }).nullish() })
    .nullish(),
  stream: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
});

export function readRequest(body: unknown): ModelCall {
  const request = parsed(requestForm, body);
  const { tool_choice: choice, instructions, previous_response_id: previousId } = request;
  const { type, schema } = request.text?.format ?? {};
  const format = type === "json_schema" ? (schema ?? {}) : type === "json_object" ? { type: "object" } : undefined;
  return {
    model: request.model,
    conversation: [
      ...(typeof instructions === "string" ? [{ role: "system" as const, text: instructions }] : []),
      ...withToolNames(messagesOf(request.input)),
    ],
    // The API carries out tools of its own itself.
    tools: (request.tools ?? []).flatMap(({ type: kind, name, description, parameters }) =>
      kind === "function" && name !== undefined ? [offeredTool(name, description, parameters)] : [],
    ),
    toolChoice: typeof choice === "string" ? choice : choice?.name === undefined ? "auto" : { tool: choice.name },
    isParallel: request.parallel_tool_calls !== false,
    ...(format === undefined ? {} : { format }),
    isStream: request.stream === true,
    hasUsage: true,
    ...(typeof previousId === "string" ? { previousId } : {}),
  };
}

/** A message of the assistant and the calls that follow it are one. */
function messagesOf(items: readonly Item[]): readonly Message[] {
  const messages: Message[] = [];
  for (const [index, item] of items.entries()) {
    const { type = "message", role, content = "", call_id: callId = "", name = "" } = item;
    if (type === "message" && role !== undefined) {
      if (role === "assistant") messages.push({ role, text: content, toolCalls: [] });
      else messages.push({ role: role === "user" ? role : "system", text: content });
    } else if (type === "function_call") {
      addCall(messages, toolCall(callId, name, item.arguments ?? ""));
    } else if (type === "function_call_output") {
      messages.push({ role: "tool", tool: "", text: item.output ?? "", isError: false, callId });
    } else if (type === "item_reference" || type === "message") {
      throw new RequestError(
        `an item of type ${type} cannot be read here: send the items themselves`,
        `input.${index}`,
      );
    }
    // What else there is, such as reasoning, no rule can ask for.
  }
  return messages;
}

function addCall(messages: Message[], call: ToolCall): void {
  const last = messages.at(-1);
  if (last?.role === "assistant") messages[messages.length - 1] = { ...last, toolCalls: [...last.toolCalls, call] };
  else messages.push({ role: "assistant", text: "", toolCalls: [call] });
}

export function writeRequest(call: ModelCall): Json {
  const { toolChoice, tools, format, previousId } = call;
  return {
    model: call.model,
    input: call.conversation.flatMap(writtenItems),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ schema, ...tool }) => ({
            type: "function",
            ...tool,
            parameters: asJson(schema),
            strict: false,
          })),
        }),
    tool_choice: typeof toolChoice === "string" ? toolChoice : { type: "function", name: toolChoice.tool },
    parallel_tool_calls: call.isParallel,
    ...(format === undefined
      ? {}
      : { text: { format: { type: "json_schema", name: "answer", schema: asJson(format) } } }),
    stream: call.isStream,
    ...(previousId === undefined ? {} : { previous_response_id: previousId }),
  };
}

function writtenItems(message: Message): readonly Json[] {
  const { role, text } = message;
  if (role === "tool") return [{ type: "function_call_output", call_id: message.callId ?? "", output: text }];
  if (role !== "assistant") return [{ type: "message", role, content: text }];
  const { toolCalls } = message;
  return [
    ...(text === "" && toolCalls.length > 0 ? [] : [{ type: "message", role, content: text }]),
    ...toolCalls.map((one) => ({
      type: "function_call",
      call_id: one.id,
      name: one.name,
      arguments: argumentsText(one),
    })),
  ];
}

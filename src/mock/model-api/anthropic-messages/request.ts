import * as z from "zod";
import type { Json } from "../../../core/json.ts";
import type { Message } from "../../../scenario/model.ts";
import { type ModelCall, asJson, asParts, offeredTool, parsed, schemaObject, withToolNames } from "../dialect.ts";
import { type Block, blockForm, blocksOf, callsIn, textIn } from "./blocks.ts";

const contentForm = z.preprocess(asParts, z.array(blockForm, { error: "this is no text and no list of blocks" }));

const requestForm = z.looseObject({
  model: z.string(),
  max_tokens: z.number({ error: "this is no number, and it is required" }),
  system: z.union([z.string(), z.array(z.looseObject({ type: z.literal("text"), text: z.string() }))]).nullish(),
  messages: z.array(z.looseObject({ role: z.enum(["user", "assistant", "system"]), content: contentForm })).min(1),
  tools: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        description: z.string().nullish(),
        input_schema: schemaObject.optional(),
      }),
    )
    .nullish(),
  tool_choice: z
    .looseObject({
      type: z.enum(["auto", "any", "tool", "none"]),
      name: z.string().optional(),
      disable_parallel_tool_use: z.boolean().nullish(),
    })
    .nullish(),
  output_config: z.looseObject({ format: z.looseObject({ schema: schemaObject }).nullish() }).nullish(),
  stream: z.boolean().nullish(),
});

export function readRequest(body: unknown): ModelCall {
  const { tool_choice: choice, ...request } = parsed(requestForm, body);
  const format = request.output_config?.format?.schema;
  const system = typeof request.system === "string" ? [request.system] : (request.system ?? []).map(({ text }) => text);
  return {
    model: request.model,
    conversation: [
      ...system.map((text) => ({ role: "system" as const, text })),
      ...withToolNames(messagesOf(request.messages)),
    ],
    // Tools of Anthropic's own have no schema: the API carries them out itself.
    tools: (request.tools ?? []).flatMap(({ name, description, input_schema: schema }) =>
      name === undefined || schema === undefined ? [] : [offeredTool(name, description, schema)],
    ),
    toolChoice: choiceOf(choice?.type, choice?.name),
    isParallel: choice?.disable_parallel_tool_use !== true,
    ...(format === undefined ? {} : { format }),
    isStream: request.stream === true,
    hasUsage: true,
  };
}

function choiceOf(type: string | undefined, tool: string | undefined): ModelCall["toolChoice"] {
  if (type === "tool") return { tool: tool ?? "" };
  return type === "any" ? "required" : type === "none" ? "none" : "auto";
}

type WireMessage = z.output<typeof requestForm>["messages"][number];

function messagesOf(messages: readonly WireMessage[]): readonly Message[] {
  return messages.flatMap(({ role, content }): readonly Message[] => {
    if (role === "assistant") return [{ role, text: textIn(content), toolCalls: callsIn(content) }];
    const results = content.flatMap((block): readonly Message[] => {
      if (block.type !== "tool_result") return [];
      const { tool_use_id: callId = "", content: text = "", is_error: isError } = block;
      return [{ role: "tool", tool: "", text, isError: isError === true, callId }];
    });
    const words = content.filter(({ type }) => type !== "tool_result");
    return words.length === 0 && results.length > 0 ? results : [...results, { role, text: wordsIn(words) }];
  });
}

function wordsIn(blocks: readonly Block[]): string {
  return blocks.map(({ type, text }) => text ?? `[${type}]`).join("\n");
}

export function writeRequest(call: ModelCall): Json {
  const { toolChoice, tools, format, conversation } = call;
  const system = conversation.filter(({ role }) => role === "system");
  const choice =
    typeof toolChoice !== "string"
      ? { type: "tool", name: toolChoice.tool }
      : { type: toolChoice === "required" ? "any" : toolChoice };
  return {
    model: call.model,
    max_tokens: 4096,
    ...(system.length === 0 ? {} : { system: system.map(({ text }) => ({ type: "text", text })) }),
    messages: writtenMessages(conversation),
    ...(tools.length === 0
      ? {}
      : { tools: tools.map(({ schema, ...tool }) => ({ ...tool, input_schema: asJson(schema) })) }),
    tool_choice: { ...choice, ...(call.isParallel ? {} : { disable_parallel_tool_use: true }) },
    ...(format === undefined ? {} : { output_config: { format: { type: "json_schema", schema: asJson(format) } } }),
    stream: call.isStream,
  };
}

/** Results of one message's calls stand in one message. */
function writtenMessages(conversation: readonly Message[]): readonly Json[] {
  const messages: { readonly role: string; readonly content: Json[] }[] = [];
  for (const [index, message] of conversation.entries()) {
    if (message.role === "system") continue;
    if (message.role !== "tool") {
      messages.push({ role: message.role, content: blocksOf(message) });
      continue;
    }
    const { text, isError, callId = "" } = message;
    const result = { type: "tool_result", tool_use_id: callId, content: text, ...(isError ? { is_error: true } : {}) };
    const last = messages.at(-1);
    if (last !== undefined && conversation[index - 1]?.role === "tool") last.content.push(result);
    else messages.push({ role: "user", content: [result] });
  }
  return messages;
}

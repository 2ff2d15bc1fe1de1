import * as z from "zod";
import type { Json } from "../../../core/json.ts";
import type { ToolCall } from "../../../scenario/model.ts";
import { argumentsText, toolCall } from "../dialect.ts";

/** A tool call as Chat Completions write it, in requests and in replies. */
export const callForm = z
  .looseObject({ id: z.string(), function: z.looseObject({ name: z.string(), arguments: z.string() }) })
  .transform(({ id, function: { name, arguments: text } }) => toolCall(id, name, text));

export function writtenCall(call: ToolCall): { readonly [key: string]: Json } {
  return { id: call.id, type: "function", function: { name: call.name, arguments: argumentsText(call) } };
}

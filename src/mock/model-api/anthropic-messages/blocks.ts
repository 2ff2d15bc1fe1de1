import * as z from "zod";
import type { Json } from "../../../core/json.ts";
import type { ToolCall } from "../../../scenario/model.ts";
import { contentText, toolCall } from "../dialect.ts";

/** A block of a message, in requests and in replies. */
export const blockForm = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.unknown().optional(),
  tool_use_id: z.string().optional(),
  content: contentText.optional(),
  is_error: z.boolean().nullish(),
});
export type Block = z.output<typeof blockForm>;

export function textIn(blocks: readonly Block[]): string {
  return blocks.flatMap(({ type, text = "" }) => (type === "text" ? [text] : [])).join("\n");
}

export function callsIn(blocks: readonly Block[]): readonly ToolCall[] {
  return blocks.flatMap(({ type, id = "", name = "", input = {} }) =>
    type === "tool_use" ? [toolCall(id, name, typeof input === "string" ? input : JSON.stringify(input))] : [],
  );
}

export function blocksOf(said: { readonly text: string; readonly toolCalls?: readonly ToolCall[] }): Json[] {
  const { text, toolCalls = [] } = said;
  return [
    ...(text === "" && toolCalls.length > 0 ? [] : [{ type: "text", text }]),
    // An object is all that the API can say; what is none is sent as the text that it is.
    ...toolCalls.map(({ id, name, arguments: input, malformed }) => ({
      type: "tool_use",
      id,
      name,
      input: malformed ?? input,
    })),
  ];
}

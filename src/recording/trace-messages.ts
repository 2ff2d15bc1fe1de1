import type { Message, ModelAnswer, ToolCall } from "../scenario/model.ts";
import { conversationsOf, type Direction } from "../trace/messages.ts";
import type { Message as TracedMessage } from "../trace/messages/message.ts";
import type { SpanNode } from "../trace/tree.ts";

/** What went into a model or came out of it, as the first of these nodes holds it that does. */
export function messagesIn(nodes: readonly SpanNode[], direction: Direction): readonly Message[] | undefined {
  for (const { span, meaning } of nodes) {
    const [found] = conversationsOf(span, meaning.kind, direction);
    if (found !== undefined) return scenarioMessages(found.messages);
  }
  return undefined;
}

/** A model's answer out of the messages that it gave; undefined where it gave none. */
export function answerIn(messages: readonly Message[] | undefined): ModelAnswer | undefined {
  const given = messages?.filter((message) => message.role === "assistant") ?? [];
  if (given.length === 0) return undefined;
  const say = given.flatMap(({ text }) => (text === "" ? [] : [text])).join("\n");
  const call = given
    .flatMap(({ toolCalls }) => toolCalls)
    .map(({ name, arguments: args, malformed }) =>
      malformed === undefined ? { tool: name, arguments: args } : { tool: name, malformed },
    );
  return { say, ...(call.length > 0 && { call }) };
}

function scenarioMessages(messages: readonly TracedMessage[]): readonly Message[] {
  const toolOf = new Map<string, string>();
  let calls = 0;
  return messages.map(({ role, text, toolCalls, toolCallId }): Message => {
    if (role === "user") return { role, text };
    if (role === "tool") {
      const tool = (toolCallId === undefined ? undefined : toolOf.get(toolCallId)) ?? "";
      return { role, tool, text, isError: false, ...(toolCallId !== undefined && { callId: toolCallId }) };
    }
    if (role !== "assistant") return { role: "system", text };
    return {
      role,
      text,
      toolCalls: toolCalls.map(({ id = `call_${++calls}`, name, arguments: args }): ToolCall => {
        toolOf.set(id, name);
        const object = objectIn(args);
        return { id, name, arguments: object ?? {}, ...(object === undefined && { malformed: args }) };
      }),
    };
  });
}

/** The object that a call's arguments spell; some write nothing where a tool takes none. Undefined for other text. */
export function objectIn(text: string): ToolCall["arguments"] | undefined {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as ToolCall["arguments"])
      : undefined;
  } catch {
    return undefined;
  }
}

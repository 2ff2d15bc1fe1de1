import { DIALECTS } from "./dialects/order.ts";
import type { Kind } from "./kinds.ts";
import { isPlainText, messagesIn, type Message } from "./messages/message.ts";
import type { Span } from "./span.ts";

/** What went into a model or an agent and what came out, and where that was found. */
export interface Conversation {
  readonly messages: readonly Message[];
  readonly dialect: string;
  readonly rule: string;
}

export type Direction = "input" | "output";

/** What these are given and give are arguments and results, documents or spans of their own, and no messages. */
const WITHOUT_MESSAGES: ReadonlySet<Kind> = new Set<Kind>([
  "tool",
  "handoff",
  "mcp.client",
  "mcp.server",
  "mcp.lifecycle",
  "embedding",
  "retrieval",
  "rerank",
  "http",
]);

/** What others are given as plain text is their input, and said by nobody. */
const SPEAKING: ReadonlySet<Kind> = new Set<Kind>(["llm", "agent", "workflow", "turn", "stt", "tts"]);

/**
 * Every place of a span that holds messages, in the order of the dialects: the first is the one that counts. Plain text of
 * a model or an agent is one message, of the user's going in and of the assistant's coming out.
 *
 * Reads content, which is large: it is not done for every span of a tree but where somebody asks.
 */
export function conversationsOf(span: Span, kind: Kind, direction: Direction): readonly Conversation[] {
  if (WITHOUT_MESSAGES.has(kind)) return [];
  const speaker = direction === "input" ? "user" : "assistant";
  return DIALECTS.flatMap((dialect) =>
    (dialect[direction] ?? []).flatMap(({ rule, read }): readonly Conversation[] => {
      const value = read(span);
      if (!SPEAKING.has(kind) && isPlainText(value)) return [];
      const messages = messagesIn(value, speaker);
      return messages.length === 0 ? [] : [{ messages, dialect: dialect.name, rule }];
    }),
  );
}

/** A message in a line: who, what was said, what was called. */
export function messageText({ role, text, toolCalls }: Message): string {
  const calls = toolCalls.map((call) => `${call.name}(${call.arguments})`);
  return `${role}: ${[...(text === "" ? [] : [text]), ...calls].join(" ")}`;
}

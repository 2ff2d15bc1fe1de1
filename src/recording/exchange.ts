import * as z from "zod";
import { type Json, canonicalJson } from "../core/json.ts";
import { TASK_STATES, type TaskState } from "../scenario/a2a.ts";
import type { Message, ModelAnswer, ToolCall } from "../scenario/model.ts";

/** What of an exchange the recording does not hold. Its place is then empty: nothing is made up. */
export type Missing = "question" | "answer" | "arguments" | "result";

interface Recorded {
  /** Who asked; null for the user, and where nobody says. */
  readonly agent: string | null;
  /** The span that it was read from, or that was made for it. */
  readonly spanId?: string;
  /** Since the first exchange of the recording. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly missing?: readonly Missing[];
}

/** What the user said, and what was replied. */
export interface UserExchange extends Recorded {
  readonly kind: "user";
  readonly text: string;
  readonly reply: string | null;
}

/** What a model was asked, and what it answered. */
export interface ModelExchange {
  /** Who asked; where several were recorded asking the same, each gets its own answers. */
  readonly agent?: string | null;
  readonly conversation: readonly Message[];
  readonly answer: ModelAnswer;
}

export interface RecordedModelExchange extends Recorded, ModelExchange {
  readonly kind: "model";
  readonly agent: string | null;
  /** The model that was asked. */
  readonly model: string | null;
}

/** A tool call and its result. */
export interface ToolExchange extends Recorded {
  readonly kind: "tool";
  /** The server that was called; null for a tool of the agent's own. */
  readonly server: string | null;
  readonly tool: string;
  readonly arguments: ToolCall["arguments"];
  /** A text; or JSON, where the recorded text is exactly what `JSON.stringify` makes of it, with sorted keys. */
  readonly result: Json;
  readonly isError: boolean;
  /** The parts of the result as the server sent them, where they are not the one text that `result` is. */
  readonly content?: readonly Json[];
  /** What the server sent beside the text. */
  readonly structuredContent?: Json;
}

export interface ResourceExchange extends Recorded {
  readonly kind: "resource";
  readonly server: string | null;
  readonly uri: string;
  readonly result: Json;
}

export interface PromptExchange extends Recorded {
  readonly kind: "prompt";
  readonly server: string | null;
  readonly name: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly result: Json;
}

/** A question to a remote agent, over A2A. */
export interface AskExchange extends Recorded {
  readonly kind: "ask";
  readonly to: string;
  readonly text: string;
  readonly reply: string;
  /** How the task stood then; null where the answer was a message, and no task came of it. */
  readonly state: TaskState | null;
}

interface RetrievalExchange extends Recorded {
  readonly kind: "retrieval";
  readonly source: string | null;
  readonly query: string;
  readonly documents: readonly Json[];
}

/** One question that an agent, or the user, put to something outside of it, and the answer. */
export type Exchange =
  | UserExchange
  | RecordedModelExchange
  | ToolExchange
  | ResourceExchange
  | PromptExchange
  | AskExchange
  | RetrievalExchange;

/** A recorded text as {@link ToolExchange} holds results: as in a recording file, where keys are sorted. */
export function exactResult(text: string): Json {
  const value = resultValue(text);
  return typeof value === "string" || canonicalJson(value) === text ? value : text;
}

/** What a text holds, parsed only where nothing of the text is lost. */
export function resultValue(text: string): Json {
  if (!/^[{[]/.test(text)) return text;
  try {
    const value: Json = JSON.parse(text);
    return JSON.stringify(value) === text ? value : text;
  } catch {
    return text;
  }
}

/** The text of a result, as it crossed the wire. */
export function resultText(result: Json): string {
  return typeof result === "string" ? result : JSON.stringify(result);
}

const text = z.string({ error: "this is no text" });
const nullableText = text.nullable();
const time = z.number({ error: "this is no number" });
const flag = z.boolean({ error: "this is neither true nor false" });
// Not copied, and so a key such as `__proto__` stays what it is: a key.
const json = z.custom<Json>((value) => value !== undefined, { error: "this is missing" });
const object = z.custom<ToolCall["arguments"]>(isObject, { error: "this is no object" });

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list<T extends z.ZodType>(item: T): z.ZodArray<T> {
  return z.array(item, { error: "this is no list" });
}

const toolCall = z.object({ id: text, name: text, arguments: object, malformed: text.exactOptional() });

const message = z.discriminatedUnion(
  "role",
  [
    z.object({ role: z.enum(["system", "user"]), text }),
    z.object({ role: z.literal("assistant"), text, toolCalls: list(toolCall) }),
    z.object({ role: z.literal("tool"), tool: text, text, isError: flag, callId: text.exactOptional() }),
  ],
  { error: "this is none of the roles system, user, assistant and tool" },
);

const failure = z.union(
  [
    z.object({ status: time, message: text.exactOptional(), retryAfterMs: time.exactOptional() }),
    z.object({ breakAfter: time }),
    z.literal("hang"),
  ],
  { error: "this is no failure of a model" },
);

const answer = z.object({
  say: text.exactOptional(),
  call: list(
    z.object({
      tool: text,
      id: text.exactOptional(),
      arguments: object.exactOptional(),
      malformed: text.exactOptional(),
    }),
  ).exactOptional(),
  finish: z.enum(["length", "content_filter"], { error: "this is neither length nor content_filter" }).exactOptional(),
  fail: failure.exactOptional(),
  inputTokens: time.exactOptional(),
  outputTokens: time.exactOptional(),
});

const recorded = {
  agent: nullableText,
  spanId: text.exactOptional(),
  startMs: time,
  durationMs: time,
  missing: list(
    z.enum(["question", "answer", "arguments", "result"], {
      error: "this is none of question, answer, arguments and result",
    }),
  ).exactOptional(),
};

/** The form of an exchange in a file. */
export const exchangeForm: z.ZodType<Exchange> = z.discriminatedUnion(
  "kind",
  [
    z.object({ kind: z.literal("user"), ...recorded, text, reply: nullableText }),
    z.object({ kind: z.literal("model"), ...recorded, model: nullableText, conversation: list(message), answer }),
    z.object({
      kind: z.literal("tool"),
      ...recorded,
      server: nullableText,
      tool: text,
      arguments: object,
      result: json,
      isError: flag,
      content: list(json).exactOptional(),
      structuredContent: json.exactOptional(),
    }),
    z.object({ kind: z.literal("resource"), ...recorded, server: nullableText, uri: text, result: json }),
    z.object({
      kind: z.literal("prompt"),
      ...recorded,
      server: nullableText,
      name: text,
      arguments: z.record(text, text, { error: "these are no texts by name" }),
      result: json,
    }),
    z.object({
      kind: z.literal("ask"),
      ...recorded,
      to: text,
      text,
      reply: text,
      state: z.enum(TASK_STATES, { error: "this is no state of a task" }).nullable(),
    }),
    z.object({
      kind: z.literal("retrieval"),
      ...recorded,
      source: nullableText,
      query: text,
      documents: list(json),
    }),
  ],
  { error: "its kind is none of user, model, tool, resource, prompt, ask and retrieval" },
);

import * as z from "zod";
import type { Json } from "../../core/json.ts";
import type { FinishReason, Message, ModelRequest, OfferedTool, ToolCall } from "../../scenario/model.ts";
import type { JsonSchema } from "../../scenario/schema.ts";

/** A request to a model's API, whatever dialect wrote it. */
export interface ModelCall extends Pick<
  ModelRequest,
  "model" | "conversation" | "tools" | "toolChoice" | "isParallel" | "format"
> {
  readonly isStream: boolean;
  /** Whether a stream ends with its usage, where the dialect leaves that to the client. */
  readonly hasUsage: boolean;
  /** The reply that it goes on from, whose conversation the API has kept. */
  readonly previousId?: string;
}

/** What a model's API answered, whatever dialect wrote it. */
export interface ModelOutput {
  readonly id: string;
  readonly model: string;
  /** Whole seconds since the Unix epoch; 0 where the dialect does not say. */
  readonly createdUnixSeconds: number;
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** An error as an API tells it. */
export interface ApiError {
  readonly status: number;
  readonly message: string;
  /** The part of the request that is wrong. */
  readonly param?: string;
}

/** One event of a stream. */
export interface StreamEvent {
  /** Its name, where the dialect gives its events names. */
  readonly event?: string;
  /** JSON, or the text {@link DONE}, which is sent as it is. */
  readonly data: Json;
  /** Whether it carries a piece of the answer, which takes its share of the answer's time. */
  readonly isPiece?: boolean;
}

/** What ends a stream of Chat Completions. */
export const DONE = "[DONE]";

/** One API's way to write what a client asks of a model and what it is answered. Nothing here has a state. */
export interface Dialect {
  readonly path: string;
  /** What the ids of its replies begin with. */
  readonly idPrefix: string;
  /** Under which header it tells the id of a reply. */
  readonly idHeader: string;
  /** @throws RequestError when the body is no request of this API. */
  readonly readRequest: (body: unknown) => ModelCall;
  readonly writeRequest: (call: ModelCall) => Json;
  /** @throws RequestError when the body is no reply of this API. */
  readonly readReply: (body: unknown) => ModelOutput;
  readonly writeReply: (output: ModelOutput) => Json;
  /** What the events of a whole stream say together. @throws RequestError when they are none of this API. */
  readonly readStream: (events: readonly StreamEvent[]) => ModelOutput;
  readonly writeStream: (output: ModelOutput, call: Pick<ModelCall, "hasUsage">) => readonly StreamEvent[];
  readonly writeError: (error: ApiError) => Json;
}

/** Something that a model's API does not take: what, and where in the body. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly param: string | undefined;

  constructor(message: string, param?: string) {
    super(message);
    this.param = param;
  }
}

/** Reads a part of a body. @throws RequestError with every fault, each at its place. */
export function parsed<T extends z.ZodType>(form: T, body: unknown): z.output<T> {
  const { data, error } = form.safeParse(body);
  if (error === undefined) return data;
  const faults = error.issues.map(({ path, message }) => ({ at: path.map(String).join("."), message }));
  const words = faults.map(({ at, message }) => (at === "" ? message : `${at}: ${message}`)).join("; ");
  throw new RequestError(words, faults[0]?.at);
}

/** A text stands for one part that is a text. */
export function asParts(content: unknown): unknown {
  return typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
}

/** A text, or a list of parts of which the texts count; of any other part its type is told, in brackets. */
export const contentText: z.ZodType<string> = z
  .preprocess(
    asParts,
    z.array(z.looseObject({ type: z.string(), text: z.string().optional() }), {
      error: "this is no text and no list of parts",
    }),
  )
  .transform((parts) => parts.map(({ type, text }) => text ?? `[${type}]`).join("\n"));

/** A JSON Schema as a client sends it. */
export const schemaObject = z.record(z.string(), z.unknown());

/** A schema as JSON, which it was before a client sent it. */
export function asJson(schema: JsonSchema): Json {
  return schema as Json;
}

export function offeredTool(name: string, description?: string | null, schema?: JsonSchema | null): OfferedTool {
  return { name, ...(typeof description === "string" ? { description } : {}), schema: schema ?? {} };
}

/** A call with the arguments that a text holds, which is kept where it is no JSON object. */
export function toolCall(id: string, name: string, text: string): ToolCall {
  // Some models write nothing where a tool takes no arguments.
  const value = jsonOf(text.trim() === "" ? "{}" : text);
  return isJsonObject(value) ? { id, name, arguments: value } : { id, name, arguments: {}, malformed: text };
}

function isJsonObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Results with the name of their tool, which most dialects leave to the call that they answer. */
export function withToolNames(conversation: readonly Message[]): readonly Message[] {
  const names = new Map<string, string>();
  return conversation.map((message) => {
    if (message.role === "assistant") for (const { id, name } of message.toolCalls) names.set(id, name);
    if (message.role !== "tool" || message.tool !== "") return message;
    return { ...message, tool: names.get(message.callId ?? "") ?? "" };
  });
}

/** A call's arguments as text. */
export function argumentsText({ arguments: args, malformed }: ToolCall): string {
  return malformed ?? JSON.stringify(args);
}

/** `undefined` where a text is no JSON. */
export function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text in the pieces in which it is streamed: whole words, of a few tokens together. */
export function piecesOf(text: string): readonly string[] {
  return text.match(/[\s\S]{8,}?\s+|[\s\S]+$/g) ?? [];
}

/** A JSON text in the pieces in which it is streamed. */
export function jsonPiecesOf(text: string): readonly string[] {
  return text.match(/[\s\S]{1,16}/gu) ?? [];
}

export function writeEvent({ event, data }: StreamEvent): string {
  const text = data === DONE ? DONE : JSON.stringify(data);
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${text}\n\n`;
}

/** The events of a stream's text. */
export function readEvents(text: string): readonly StreamEvent[] {
  return text.split(/\r?\n\r?\n/).flatMap((block) => {
    const lines = block.split(/\r?\n/);
    const field = (name: string): readonly string[] =>
      lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ""));
    const data = field("data").join("\n");
    const [event] = field("event");
    if (data === "") return [];
    const value = data === DONE ? DONE : (jsonOf(data) ?? null);
    return [{ ...(event === undefined ? {} : { event }), data: value }];
  });
}

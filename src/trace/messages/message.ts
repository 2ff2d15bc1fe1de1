import { canonicalJson } from "../../core/json.ts";

interface ToolCall {
  readonly id?: string;
  readonly name: string;
  /** JSON text, as recorded. */
  readonly arguments: string;
}

/** One message of a conversation with a model, whatever API and dialect wrote it. */
export interface Message {
  /** `system`, `user`, `assistant`, `tool`, or a word of the dialect's own such as `developer`. */
  readonly role: string;
  /** Everything that was said, parts put together; "" where there is none. */
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** Of a tool's answer: the call that it answers. */
  readonly toolCallId?: string;
}

/**
 * The messages in a value of any known form: lists of messages; objects around one (`messages`, `choices`, `output`,
 * `contents`); items of OpenAI's Responses API; parts of Gemini, Anthropic and OpenTelemetry; LangChain's kinds of
 * message; JSON text of these. Text that is no JSON is one message of `speaker`. Definitions of tools, which some APIs put
 * among messages, are none. Empty for any other value.
 */
export function messagesIn(value: unknown, speaker: "user" | "assistant"): readonly Message[] {
  const given = typeof value === "string" ? parsed(value) : value;
  if (typeof given === "string") return given.trim() === "" ? [] : [said(speaker, given)];
  return joined(messagesOf(given, speaker, 0));
}

/** Whether a value is text and no JSON. */
export function isPlainText(value: unknown): boolean {
  return typeof value === "string" && typeof parsed(value) === "string";
}

type Item = Readonly<Record<string, unknown>>;

const DEPTH_MAX = 8;

/** What holds the messages of a request or an answer, and in turn where that holds them. */
const HOLDERS = [
  "messages",
  "input_messages",
  "output_messages",
  "choices",
  "output",
  "input",
  "contents",
  "candidates",
  "generations",
  "all_messages",
  "items",
  "prompt",
];

/** What holds one message. */
const WRAPPERS = ["message", "content", "new_message"];

function messagesOf(value: unknown, speaker: string, depth: number): readonly Message[] {
  if (depth > DEPTH_MAX) return [];
  if (Array.isArray(value)) return value.flatMap((each: unknown) => messagesOf(each, speaker, depth + 1));
  if (!isItem(value)) return [];
  const item = value;
  if (isToolDefinition(item)) return [];
  // LangChain's serialised messages: the type around, all else inside.
  const inside = item["kwargs"];
  if (isItem(inside)) return messagesOf({ ...typeOf(item), ...inside }, speaker, depth + 1);
  const one = messageOf(item, speaker);
  if (one !== undefined) return one;
  for (const key of WRAPPERS) {
    const inner = item[key];
    if (isItem(inner)) return messagesOf(inner, speaker, depth + 1);
  }
  const system = item["system_instruction"] ?? item["system"] ?? objectAt(item, "config")["system_instruction"];
  for (const key of HOLDERS) {
    const inner = item[key];
    const text = typeof inner === "string" && key === "prompt" ? inner : undefined;
    const held = text === undefined ? messagesOf(parsedIfJson(inner), speaker, depth + 1) : [said("user", text)];
    if (held.length > 0) return typeof system === "string" ? [said("system", system), ...held] : held;
  }
  return [];
}

function isToolDefinition(item: Item): boolean {
  const content = objectAt(item, "content");
  const { function: own, type } = content["type"] === "function" ? content : item;
  return type === "function" && isItem(own) && "parameters" in own;
}

/** The message that an item is, or the several where one item holds the answers of several tools. */
function messageOf(item: Item, speaker: string): readonly Message[] | undefined {
  const type = textAt(item, "type");
  if (type === "function_call") return [calling([toolCall(item)])];
  if (type === "function_call_output") return [answering(textOf(item["output"]), textAt(item, "call_id"))];
  if (isToolCall(item)) return [calling([toolCall(item)])];
  const role = roleOf(item);
  const content = item["content"] ?? item["parts"] ?? item["contents"] ?? item["text"];
  if (role === undefined && listOf(item["parts"]) === undefined) return undefined;
  const { text, toolCalls, answers } = partsOf(isItem(content) && "parts" in content ? content["parts"] : content);
  const ofLangChain = objectAt(item, "additional_kwargs");
  const called = [...listAt(item, "tool_calls", "toolCalls"), ...listAt(ofLangChain, "tool_calls")].map(toolCall);
  const toolCallId = textAt(item, "tool_call_id") ?? textAt(item, "toolCallId");
  const own: Message = {
    role: role ?? speaker,
    text,
    toolCalls: distinct([...toolCalls, ...called]),
    ...(toolCallId !== undefined && { toolCallId }),
  };
  const isAnswersOnly = answers.length > 0 && text === "" && own.toolCalls.length === 0;
  return isAnswersOnly ? answers : [own, ...answers];
}

/** Some APIs have one call twice in a message, in two forms. */
function distinct(calls: readonly ToolCall[]): readonly ToolCall[] {
  return calls.filter(({ id }, index) => id === undefined || calls.findIndex((other) => other.id === id) === index);
}

const ROLES: Readonly<Record<string, string>> = {
  human: "user",
  ai: "assistant",
  model: "assistant",
  function: "tool",
};
/** LangChain tells who speaks by the type of a message or the last name of its class. */
const TYPES = /(?:^|\b)(human|ai|system|tool|function|chat)(?:Message(?:Chunk)?)?$/i;

function roleOf(item: Item): string | undefined {
  const role = textAt(item, "role");
  if (role !== undefined) return ROLES[role] ?? role;
  const id = item["id"];
  const className: unknown = Array.isArray(id) ? id.at(-1) : undefined;
  const named = typeof className === "string" ? className : textAt(item, "type");
  const type = named === undefined ? undefined : TYPES.exec(named)?.[1]?.toLowerCase();
  return type === undefined ? undefined : (ROLES[type] ?? type);
}

interface Parts {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** What tools answered: a message of each. */
  readonly answers: readonly Message[];
}

function partsOf(content: unknown): Parts {
  const parts = listOf(content);
  if (parts === undefined) return { text: textOf(content), toolCalls: [], answers: [] };
  const texts: string[] = [];
  const toolCalls: ToolCall[] = [];
  const answers: Message[] = [];
  for (const each of parts) {
    const part = isItem(each) && isItem(each["message_content"]) ? each["message_content"] : each;
    if (!isItem(part)) texts.push(textOf(part));
    else if (isToolCall(part)) toolCalls.push(toolCall(part));
    else if (isAnswer(part)) answers.push(answerOf(part));
    else texts.push(textOfPart(part));
  }
  return { text: texts.filter((each) => each !== "").join("\n"), toolCalls, answers };
}

const CALL_TYPES = /^(?:tool[_-]?(?:call|use)|function_call)$/;
const ANSWER_TYPES = /^(?:tool[_-]?(?:call[_-]response|result)|function_response)$/;

function isToolCall(item: Item): boolean {
  const type = textAt(item, "type");
  if (type !== undefined && CALL_TYPES.test(type)) return true;
  if ("toolName" in item && "toolCallId" in item) return "args" in item || "input" in item;
  return isItem(item["function_call"]) || isItem(item["functionCall"]);
}

function isAnswer(part: Item): boolean {
  const type = textAt(part, "type");
  if (type !== undefined && ANSWER_TYPES.test(type)) return true;
  return isItem(part["function_response"]) || isItem(part["functionResponse"]);
}

function answerOf(part: Item): Message {
  const inner = objectAt(part, "function_response", "functionResponse");
  const given = inner["response"] ?? part["response"] ?? part["result"] ?? part["output"] ?? part["content"];
  return answering(textOf(given), textAt(part, "id") ?? textAt(part, "tool_use_id") ?? textAt(part, "toolCallId"));
}

/** A call in the form of any API: with its function inside, with `args` or `input`, flat. */
function toolCall(value: unknown): ToolCall {
  const item = isItem(value) ? value : {};
  const call = isItem(item["tool_call"]) ? item["tool_call"] : item;
  const inner = { ...call, ...objectAt(call, "function", "function_call", "functionCall") };
  const id = textAt(call, "call_id") ?? textAt(call, "id") ?? textAt(call, "toolCallId");
  const given = inner["arguments"] ?? inner["args"] ?? inner["input"];
  return {
    ...(id !== undefined && id !== "" && { id }),
    name: textAt(inner, "name") ?? textAt(inner, "toolName") ?? textAt(inner, "function.name") ?? "",
    arguments: given === undefined || given === null ? "" : typeof given === "string" ? given : canonicalJson(given),
  };
}

/** Images, thoughts and the like are no text of the message. */
function textOfPart(part: Item): string {
  const type = textAt(part, "type");
  if (type !== undefined && !/text|^message$/.test(type)) return "";
  return textOf(part["text"] ?? part["content"]);
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  if (isItem(value) && value["type"] === "text") return textAt(value, "value") ?? textAt(value, "text") ?? "";
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => isItem(each) && typeof each["text"] === "string")
  )
    return value.map((each: Item) => textAt(each, "text") ?? "").join("\n");
  return canonicalJson(value);
}

/** Calls that stand as items of their own beside each other are one message of the assistant's. */
function joined(messages: readonly Message[]): readonly Message[] {
  const list: Message[] = [];
  for (const message of messages) {
    const last = list.at(-1);
    const isMore = isCallsAlone(message) && last !== undefined && isCallsAlone(last);
    if (isMore) list[list.length - 1] = { ...last, toolCalls: [...last.toolCalls, ...message.toolCalls] };
    else list.push(message);
  }
  return list;
}

function isCallsAlone({ role, text, toolCalls }: Message): boolean {
  return role === "assistant" && text === "" && toolCalls.length > 0;
}

function said(role: string, text: string): Message {
  return { role, text, toolCalls: [] };
}

function calling(toolCalls: readonly ToolCall[]): Message {
  return { role: "assistant", text: "", toolCalls };
}

function answering(text: string, toolCallId: string | undefined): Message {
  return { role: "tool", text, toolCalls: [], ...(toolCallId !== undefined && { toolCallId }) };
}

function typeOf({ type, id }: Item): Item {
  return { ...(type !== undefined && { type }), ...(Array.isArray(id) && { id }) };
}

function parsed(text: string): unknown {
  if (!/^\s*[{["]/.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

function parsedIfJson(value: unknown): unknown {
  const given = typeof value === "string" ? parsed(value) : value;
  return typeof given === "string" ? undefined : given;
}

function isItem(value: unknown): value is Item {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textAt(item: Item, key: string): string | undefined {
  const value = item[key];
  return typeof value === "string" ? value : undefined;
}

function objectAt(item: Item, ...keys: readonly string[]): Item {
  for (const key of keys) {
    const value = item[key];
    if (isItem(value)) return value;
  }
  return {};
}

function listAt(item: Item, ...keys: readonly string[]): readonly unknown[] {
  for (const key of keys) {
    const list = listOf(parsedIfJson(item[key]));
    if (list !== undefined) return list;
  }
  return [];
}

/** A list; one that was flattened into attributes comes back as an object with numbers for names. */
function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (!isItem(value)) return undefined;
  const names = Object.keys(value);
  return names.length > 0 && names.every((name) => /^\d+$/.test(name)) ? Object.values(value) : undefined;
}

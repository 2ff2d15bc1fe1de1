import type { Json } from "../../core/json.ts";
import type { PostReply } from "../../wire/post.ts";

const SHOWN = 200;

/** The words in `{"text": …}`, or in a JSON string. @throws Error with what stands there instead, or in `{"error": …}`. */
export function wordsOf(value: Json): string {
  if (typeof value === "string") return value;
  const { text, error }: Readonly<Record<string, unknown>> = Object(value);
  if (typeof text === "string") return text;
  if (error !== undefined)
    throw new Error(`it answered with an error: ${typeof error === "string" ? error : short(error)}`);
  throw new Error(`it answered ${short(value)}, which has no "text"`);
}

/** The words of a line: what `{"text": …}` says, or the line itself. */
export function wordsOfLine(line: string): string {
  const value = line.trimStart().startsWith("{") ? jsonOf(line) : undefined;
  return value === undefined ? line : wordsOf(value);
}

/** The words of an answer over HTTP in JSON, or as plain text. @throws Error for anything else. */
export function wordsOfReply(reply: PostReply): string {
  return /^text\/plain\b/i.test(reply.contentType) && isFine(reply) ? reply.text : wordsOf(bodyOf(reply));
}

/** The JSON of an answer. @throws Error that shows what came in its place. */
export function bodyOf(reply: PostReply): Json {
  const { status, contentType, text } = reply;
  const body = jsonOf(text);
  if (!isFine(reply)) throw new Error(`it answered with status ${status}: ${shortText(text)}`);
  if (body !== undefined) return body;
  throw new Error(`it answered ${contentType || "a body without a type"} where JSON is due: ${shortText(text)}`);
}

export function short(value: unknown): string {
  return shortText(JSON.stringify(value) ?? "nothing", false);
}

function shortText(text: string, isQuoted = true): string {
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return isQuoted ? JSON.stringify(cut) : cut;
}

function isFine({ status }: PostReply): boolean {
  return status >= 200 && status < 300;
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

import { deserializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";

/** The message in what a fault has left of it, as the SDK's transports read a line; else why it is none. */
export function readAfterFault(text: string): JSONRPCMessage | Error {
  try {
    return deserializeMessage(text);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Changes what a body says: all of it, or, of an event stream, its last event. `undefined` where the change cannot be made. */
export function inBody(
  body: string,
  isStream: boolean,
  change: (text: string) => string | undefined,
): string | undefined {
  if (!isStream) return change(body);
  const start = body.lastIndexOf(DATA) + DATA.length;
  if (start < DATA.length) return undefined;
  const end = body.indexOf("\n", start);
  const changed = change(body.slice(start, end === -1 ? undefined : end).trim());
  return changed === undefined ? undefined : `${body.slice(0, start)} ${changed}${end === -1 ? "" : body.slice(end)}`;
}

const DATA = "data:";

/** An object without its end is no JSON. */
export function truncated(text: string): string {
  return text.slice(0, Math.floor(text.length / 2));
}

export function malformed(text: string): string {
  return `}${text}`;
}

/** White space behind it changes nothing of what it says. */
export function padded(text: string, bytes: number): string {
  return text + " ".repeat(Math.max(0, bytes - Buffer.byteLength(text)));
}

export function withWrongId(text: string): string | undefined {
  const reply = replyIn(text);
  if (reply === undefined) return undefined;
  const { id } = reply;
  return JSON.stringify({ ...reply, id: typeof id === "string" ? `${id}-other` : Number(id) + 1_000_000 });
}

export function withWrongShape(text: string): string | undefined {
  const { error: _error, result, ...reply } = replyIn(text) ?? {};
  if (!("id" in reply)) return undefined;
  const members = Object.entries(Object(result)).map(([key, value]) => [key, mistyped(value)]);
  return JSON.stringify({ ...reply, result: Object.fromEntries(members) });
}

export function asRpcError(text: string, code: number, message: string): string | undefined {
  const { id } = replyIn(text) ?? {};
  return id === undefined ? undefined : JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } });
}

export function asToolError(text: string, words: string): string | undefined {
  const { id } = replyIn(text) ?? {};
  const result = { content: [{ type: "text", text: words }], isError: true };
  return id === undefined ? undefined : JSON.stringify({ jsonrpc: "2.0", id, result });
}

function mistyped(value: unknown): unknown {
  return typeof value === "number" ? "no number" : 0;
}

/** A JSON-RPC reply; `undefined` for anything else. */
function replyIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "id" in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

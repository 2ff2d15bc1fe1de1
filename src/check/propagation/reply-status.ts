import type { LedgerEntry } from "../../trace/evidence.ts";

/** Whether a reply says that its request failed; undefined where it leaves that open. */
export function hasFailed({ protocol, text, status }: LedgerEntry): boolean | undefined {
  if (protocol !== "mcp" && protocol !== "a2a") return undefined;
  if (status !== undefined && status >= 400) return true;
  if (text === "") return undefined;
  // Most replies are sound, and long: what cannot be a failure is not read.
  if (!/"(error|isError|failed|TASK_STATE_FAILED)"/.test(text)) return false;
  const messages = text.startsWith("{") ? [text] : eventsIn(text);
  const last: unknown = jsonOf(messages.at(-1) ?? "");
  const { error, result }: Readonly<Record<string, unknown>> = Object(last);
  if (error !== undefined) return true;
  if (protocol === "a2a") return undefined;
  return Reflect.get(Object(result), "isError") === true;
}

/** The data of a stream of events. */
function eventsIn(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

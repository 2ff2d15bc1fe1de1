/** What a server answered to a tool call. */
export interface ToolOutcome {
  readonly text: string;
  readonly isError: boolean;
  readonly structured: unknown;
}

/** A tool said that it failed. */
export class ToolFailedError extends Error {
  override readonly name = "ToolFailedError";
}

/** Reads the SDK's result: its contents as one text, a line each. */
export function toolOutcome(result: Readonly<Record<string, unknown>>): ToolOutcome {
  const contents: readonly unknown[] = Array.isArray(result["content"]) ? result["content"] : [];
  return {
    text: contents.map(textOf).join("\n"),
    isError: result["isError"] === true,
    structured: result["structuredContent"],
  };
}

/** The result as an agent gets it. Tools without an output schema answer with text, which is JSON when no string was meant. */
export function resultOf({ structured, text }: ToolOutcome): unknown {
  if (structured !== undefined) return structured;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textOf(content: unknown): string {
  return typeof content === "object" && content !== null && "text" in content
    ? String(content.text)
    : JSON.stringify(content);
}

const WIDTH = 120;

/** Content, whose keys stay in the order in which they were recorded: its text comes back to the byte. */
const CONTENT: ReadonlySet<string> = new Set(["arguments", "result", "content", "structuredContent", "documents"]);

/**
 * JSON for people and for `git diff`: keys in code-unit order, but for content, what fits into a line in one line, all else
 * broken up. Equal values give equal bytes. Recurses as deep as the value is nested, which is what `JSON.stringify` does.
 */
export function readableJson(value: unknown): string {
  return `${written(value, { indent: 0, taken: 0, isContent: false })}\n`;
}

interface Where {
  readonly indent: number;
  /** How much of the first line is taken already, the indentation included. */
  readonly taken: number;
  readonly isContent: boolean;
}

function written(value: unknown, { indent, taken, isContent }: Where): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const inner = indent + 2;
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((member: unknown) => written(member, { indent: inner, taken: inner, isContent }))
    : membersOf(value, isContent).map(([key, member]) => {
        const head = `${JSON.stringify(key)}: `;
        const where = { indent: inner, taken: inner + head.length, isContent: isContent || CONTENT.has(key) };
        return head + written(member, where);
      });
  const [open, close] = isList ? "[]" : "{}";
  if (parts.length === 0) return `${open}${close}`;
  const space = isList ? "" : " ";
  const line = `${open}${space}${parts.join(", ")}${space}${close}`;
  if (taken + line.length < WIDTH && !line.includes("\n")) return line;
  const margin = " ".repeat(inner);
  return `${open}\n${parts.map((part) => margin + part).join(",\n")}\n${" ".repeat(indent)}${close}`;
}

function membersOf(object: object, isContent: boolean): readonly (readonly [string, unknown])[] {
  const members = Object.entries(object).filter(([, member]) => member !== undefined);
  return isContent ? members : members.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

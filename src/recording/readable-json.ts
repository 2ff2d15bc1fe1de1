const WIDTH = 120;

/**
 * JSON for people and for `git diff`: keys in code-unit order, what fits into a line in one line, all else broken up.
 * Equal values give equal bytes. Recurses as deep as the value is nested, which is what `JSON.stringify` does.
 */
export function readableJson(value: unknown): string {
  return `${written(value, 0)}\n`;
}

/** `taken`: how much of the first line is taken already, the indentation included. */
function written(value: unknown, indent: number, taken: number = indent): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const inner = indent + 2;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((member: unknown) => written(member, inner))
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, member]) => {
          const head = `${JSON.stringify(key)}: `;
          return head + written(member, inner, inner + head.length);
        });
  if (parts.length === 0) return `${open}${close}`;
  const space = Array.isArray(value) ? "" : " ";
  const line = `${open}${space}${parts.join(", ")}${space}${close}`;
  if (taken + line.length < WIDTH && !line.includes("\n")) return line;
  const margin = " ".repeat(inner);
  return `${open}\n${parts.map((part) => margin + part).join(",\n")}\n${" ".repeat(indent)}${close}`;
}

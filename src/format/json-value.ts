/** A JSON object whose members nobody has looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The text, or "" for anything else: an absent name is an empty one. */
export function textOr(value: unknown, fallback = ""): string {
  return typeof value === "string" ? value : fallback;
}

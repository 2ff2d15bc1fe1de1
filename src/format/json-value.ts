import { integerOf, isWideInteger } from "./json-text.ts";

/** A JSON object whose members nobody has looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The text, or "" for anything else: an absent name is an empty one. A wide integer is its digits. */
export function textOr(value: unknown, fallback = ""): string {
  if (typeof value !== "string") return fallback;
  return isWideInteger(value) ? String(integerOf(value)) : value;
}

/** The object, or an empty one for anything else. */
export function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The first of `keys` that the object has with a value other than null. */
export function firstOf(object: JsonObject, keys: readonly string[]): unknown {
  for (const key of keys) {
    const value = object[key];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** What a text of JSON holds, or the value as it is; `{}` for text that is no JSON. */
export function jsonObjectIn(value: unknown): JsonObject {
  if (typeof value !== "string") return objectOr(value);
  try {
    return objectOr(JSON.parse(value));
  } catch {
    return {};
  }
}

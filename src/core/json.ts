import { createHash } from "node:crypto";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * JSON text with the keys of every object in code-unit order and no white space: equal values give equal bytes.
 *
 * `undefined` members are left out and `toJSON` is honoured as by `JSON.stringify`; a bigint is written as a decimal string.
 * Recurses as deep as the value is nested, which is what `JSON.stringify` does.
 */
export function canonicalJson(value: unknown): string {
  return written(value) ?? "null";
}

/** The text of a value; `undefined` for what JSON has no word for. */
function written(value: unknown): string | undefined {
  if (typeof value === "bigint") return `"${value}"`;
  if (typeof value === "object" && value !== null) return writtenObject(value);
  return JSON.stringify(value);
}

function writtenObject(value: object): string | undefined {
  if (Array.isArray(value)) return `[${value.map((member) => written(member) ?? "null").join(",")}]`;
  if ("toJSON" in value && typeof value.toJSON === "function") return written(value.toJSON());
  let text = "";
  // Without a comparison it sorts by code units.
  for (const key of Object.keys(value).toSorted()) {
    const rest = written(Reflect.get(value, key));
    if (rest !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${rest}`;
  }
  return `{${text}}`;
}

/** Lower-case hex SHA-256 of a text's UTF-8 bytes. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Stands before the digits of an integer that a JavaScript number might round: of Unicode's private characters. */
const MARK = "\uE0F0";

const MARKED = new RegExp(`^${MARK}-?\\d{16,39}$`);

/**
 * A member whose value is an integer of 16 digits or more: nanoseconds, 64-bit tags, trace ids of 128 bits. It cannot
 * match inside a string, where the quote before the colon would be escaped.
 */
const WIDE_MEMBER = /"([^"\\]*)"(\s*:\s*)(-?\d{16,39})(?=\s*[,}\]])/g;

/** Where no text matches this there is none: looking for it is ten times faster than putting marks. */
const MAY_BE_WIDE = /:\s*-?\d{16}/;

/**
 * `JSON.parse`, but an integer member of 16 digits or more becomes a text that {@link integerOf} reads exactly.
 *
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(MAY_BE_WIDE.test(text) ? marked(text) : text);
  return value;
}

export type Parsed =
  { readonly isJson: true; readonly value: unknown } | { readonly isJson: false; readonly cause: string };

/** What a text holds, or why it is no JSON. */
export function tryParse(text: string, parse: (text: string) => unknown = parseExactJson): Parsed {
  try {
    return { isJson: true, value: parse(text) };
  } catch (error) {
    return { isJson: false, cause: error instanceof Error ? error.message : String(error) };
  }
}

function marked(text: string): string {
  return text.replace(WIDE_MEMBER, `"$1"$2"${MARK}$3"`);
}

/** Whether a value is an integer that {@link parseExactJson} kept exact. */
export function isWideInteger(value: unknown): value is string {
  return typeof value === "string" && value.startsWith(MARK) && MARKED.test(value);
}

/** The integer that a value is, or that its text spells in decimal digits; exact where {@link parseExactJson} read it. */
export function integerOf(value: unknown): bigint | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : undefined;
  if (typeof value === "bigint") return value;
  if (typeof value !== "string") return undefined;
  const digits = isWideInteger(value) ? value.slice(MARK.length) : value;
  return /^-?\d{1,39}$/.test(digits) ? BigInt(digits) : undefined;
}

import { sha256 } from "../core/json.ts";
import { integerOf, isWideInteger } from "./json-text.ts";

const HEX_BYTES = { trace: 16, span: 8 } as const;

/**
 * A trace or span id as Troupe keeps it: lower-case hex where it was hex (also behind `0x`, where leading zeros may be
 * missing), a number, a UUID of the right length, or padded base64 of the right length; else as written. Undefined where
 * there is none: absent, empty, or all zero, which OTLP says is no id.
 */
export function readId(value: unknown, of: "trace" | "span"): string | undefined {
  const bytes = HEX_BYTES[of];
  // Nearly all stand as they are kept.
  if (typeof value === "string" && value.length === bytes * 2 && isPlain(value)) return value;
  if (typeof value === "number" || typeof value === "bigint" || isWideInteger(value)) return numberId(value, bytes);
  if (typeof value !== "string" || value === "") return undefined;
  const hex = hexOf(value, bytes);
  if (hex === undefined) return value;
  return /^0+$/.test(hex) ? undefined : hex;
}

/** Whether a text is lower-case hex, and not all zero. */
function isPlain(value: string): boolean {
  let hasDigit = false;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code < 0x30 || code > 0x66 || (code > 0x39 && code < 0x61)) return false;
    if (code !== 0x30) hasDigit = true;
  }
  return hasDigit;
}

function hexOf(value: string, bytes: number): string | undefined {
  const digits = bytes * 2;
  // Zipkin's trace ids may have 16 digits.
  const isHex = (value.length === digits || value.length === 16) && /^[0-9a-f]+$/i.test(value);
  if (isHex) return value.toLowerCase();
  if (/^0x[0-9a-f]+$/i.test(value) && value.length - 2 <= digits) {
    return value.slice(2).toLowerCase().padStart(digits, "0");
  }
  if (bytes === 16 && UUID.test(value)) return value.replaceAll("-", "").toLowerCase();
  return base64ToHex(value, bytes);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Ids that a writer took for numbers; negative where it took them for signed ones. */
function numberId(value: unknown, bytes: number): string | undefined {
  const integer = integerOf(value);
  if (integer === undefined || integer === 0n) return undefined;
  return BigInt.asUintN(bytes * 8, integer)
    .toString(16)
    .padStart(bytes * 2, "0");
}

/** protobuf's own JSON mapping writes bytes as base64, which OTLP/JSON forbids for ids; Tempo and others do it anyway. */
function base64ToHex(id: string, bytes: number): string | undefined {
  if (id.length !== Math.ceil(bytes / 3) * 4 || !/^[A-Za-z0-9+/_-]+={1,2}$/.test(id)) return undefined;
  const decoded = Buffer.from(id, "base64");
  return decoded.length === bytes ? decoded.toString("hex") : undefined;
}

/** An id for what has none in its format: the same for the same parts. */
export function madeId(of: "trace" | "span", ...parts: readonly string[]): string {
  return sha256(JSON.stringify(parts)).slice(0, HEX_BYTES[of] * 2);
}

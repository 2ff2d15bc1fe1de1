import type { Attributes, AttributeValue } from "../trace/span.ts";
import type { TraceFaults } from "./faults.ts";
import { integerOf, isWideInteger } from "./json-text.ts";
import { isList, isObject } from "./json-value.ts";

/** No format sets a limit; this one keeps a hostile file from overflowing the stack. */
const DEPTH_MAX = 64;

/** Attributes that stand as a plain JSON object of any values. */
export function plainAttributes(value: unknown, where: string, faults: TraceFaults): Attributes {
  const read = isObject(value) ? plainValue(value, where, faults) : {};
  return typeof read === "object" && read !== null && !isList(read) && !(read instanceof Uint8Array) ? read : {};
}

/** Any JSON value as an attribute's; integers outside ±2^53 are bigint. */
export function plainValue(value: unknown, where: string, faults: TraceFaults, depth = 0): AttributeValue {
  if (typeof value === "string") return isWideInteger(value) ? wideValue(integerOf(value) ?? 0n) : value;
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  if (depth > DEPTH_MAX) {
    faults.add(where, `this value is nested deeper than ${DEPTH_MAX} levels`, "Write it as JSON text.");
    return null;
  }
  if (isList(value)) return value.map((item) => plainValue(item, where, faults, depth + 1));
  // fromEntries and not assignment, which would take the key "__proto__" for the prototype.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, plainValue(item, where, faults, depth + 1)] as const),
  );
}

/** A number where that is exact, a bigint where OTLP could write it, else its digits. */
export function wideValue(integer: bigint): AttributeValue {
  const number = Number(integer);
  if (Number.isSafeInteger(number)) return number;
  return BigInt.asIntN(64, integer) === integer ? integer : String(integer);
}

/** The attributes that are given; undefined and null are left out. */
export function given(attributes: Readonly<Record<string, AttributeValue | undefined>>): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) => (value === undefined || value === null ? [] : [[key, value]])),
  );
}

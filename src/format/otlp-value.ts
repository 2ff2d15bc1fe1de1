import type { Attributes, AttributeValue } from "../trace/span.ts";
import { wideValue } from "./attributes.ts";
import { placeText, type TraceFaults, type Where } from "./faults.ts";
import { integerOf, isWideInteger } from "./json-text.ts";
import { isList, isObject, type JsonObject } from "./json-value.ts";

/** OTLP sets no limit; this one keeps a hostile file from overflowing the stack. */
const DEPTH_MAX = 64;

/** OTLP's `KeyValue` list as attributes. A key that comes twice keeps its last value. */
export function readAttributes(list: unknown, where: Where, faults: TraceFaults, depth = 0): Attributes {
  if (list === undefined || list === null) return {};
  if (!isList(list)) {
    faults.add(where, "attributes are no list", "OTLP writes them as [{ key, value }].");
    return {};
  }
  const attributes: Record<string, AttributeValue> = {};
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (!isObject(item) || typeof item["key"] !== "string") {
      const place = `${placeText(where)}[${index}]`;
      faults.add(place, "this attribute has no key", "OTLP writes an attribute as { key, value }.");
      continue;
    }
    const { key, value } = item;
    const text = isObject(value) ? value["stringValue"] : undefined;
    const read =
      typeof text === "string" ? text : readAnyValue(value, () => `${placeText(where)}[${index}].value`, faults, depth);
    if (key === "__proto__") define(attributes, key, read);
    else attributes[key] = read;
  }
  return attributes;
}

/** An assignment would take the key for the prototype. */
function define(attributes: object, key: string, value: AttributeValue): void {
  Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true });
}

/** OTLP's `AnyValue`. An empty one is null; integers outside ±2^53 are bigint. */
function readAnyValue(value: unknown, where: Where, faults: TraceFaults, depth = 0): AttributeValue {
  if (!isObject(value)) return scalarOf(value);
  if (depth > DEPTH_MAX) {
    faults.add(where, `this value is nested deeper than ${DEPTH_MAX} levels`, "Write it as JSON text.");
    return null;
  }
  const [type, inner] = typeAndValue(value);
  switch (type) {
    case "string":
      return typeof inner === "string" ? inner : null;
    case "bool":
      return typeof inner === "boolean" ? inner : null;
    case "int":
      return readInteger(inner, where, faults);
    case "double":
      return readDouble(inner, where, faults);
    case "bytes":
      return typeof inner === "string" ? Uint8Array.from(Buffer.from(inner, "base64")) : null;
    case "array":
      return valuesIn(inner).map((item, index) =>
        readAnyValue(item, () => `${placeText(where)}[${index}]`, faults, depth + 1),
      );
    case "kvlist":
      return readAttributes(isObject(inner) ? inner["values"] : undefined, where, faults, depth + 1);
    default:
      return null;
  }
}

/** What an `AnyValue` holds, by OTLP/JSON's name (`intValue`) or protobuf's (`int_value`). */
const VALUE_TYPES: ReadonlyMap<string, string> = new Map(
  ["string", "bool", "int", "double", "bytes", "array", "kvlist"].flatMap((type) => [
    [`${type}Value`, type],
    [`${type}_value`, type],
  ]),
);

function typeAndValue(value: JsonObject): readonly [type: string, inner: unknown] {
  for (const key in value) {
    const type = VALUE_TYPES.get(key);
    if (type !== undefined && value[key] !== undefined && value[key] !== null) return [type, value[key]];
  }
  return ["", undefined];
}

function valuesIn(array: unknown): readonly unknown[] {
  return isObject(array) && isList(array["values"]) ? array["values"] : [];
}

/** Some writers leave the `AnyValue` wrapper out. */
function scalarOf(value: unknown): AttributeValue {
  if (isWideInteger(value)) return wideValue(integerOf(value) ?? 0n);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

function readInteger(value: unknown, where: Where, faults: TraceFaults): AttributeValue {
  if (typeof value === "number") return value;
  // Up to 15 digits a number holds any integer.
  if (typeof value === "string" && /^\d{1,15}$/.test(value)) return Number(value);
  const integer = integerOf(value);
  if (integer !== undefined && BigInt.asIntN(64, integer) === integer) return wideValue(integer);
  faults.add(where, "intValue is no integer", "Write it as a decimal string.");
  return null;
}

function readDouble(value: unknown, where: Where, faults: TraceFaults): AttributeValue {
  if (typeof value === "number") return value;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : undefined;
  if (number !== undefined && (value === "NaN" || !Number.isNaN(number))) return number;
  faults.add(where, "doubleValue is no number", 'Write it as a number, or as "NaN", "Infinity" or "-Infinity".');
  return null;
}

/** Attributes as OTLP's `KeyValue` list, keys in code-unit order. */
export function writeAttributes(attributes: Attributes): readonly unknown[] {
  return Object.entries(attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => ({ key, value: writeAnyValue(value) }));
}

function writeAnyValue(value: AttributeValue): unknown {
  if (value === null) return {};
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "bigint") return { intValue: value.toString() };
  if (typeof value === "number") return writeNumber(value);
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
  if (isList(value)) return { arrayValue: { values: value.map((item) => writeAnyValue(item)) } };
  return { kvlistValue: { values: writeAttributes(value) } };
}

/** JavaScript does not tell 5 from 5.0: what is a safe integer is written as one. */
function writeNumber(value: number): unknown {
  if (Number.isSafeInteger(value)) return { intValue: value.toString() };
  return { doubleValue: Number.isFinite(value) ? value : value.toString() };
}

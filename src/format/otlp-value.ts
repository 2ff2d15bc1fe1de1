import type { Attributes, AttributeValue } from "../trace/span.ts";
import { wideValue } from "./attributes.ts";
import type { Place, TraceFaults } from "./faults.ts";
import { integerOf, isWideInteger } from "./json-text.ts";
import { isList, isObject, type JsonObject } from "./json-value.ts";

/** OTLP sets no limit; this one keeps a hostile file from overflowing the stack. */
const DEPTH_MAX = 64;

/** OTLP's `KeyValue` list as attributes. A key that comes twice keeps its last value. */
export function readAttributes(list: unknown, where: Place, faults: TraceFaults, depth = 0): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  if (list === undefined || list === null) return attributes;
  if (!isList(list)) {
    faults.add(where, "attributes are no list", "OTLP writes them as [{ key, value }].");
    return attributes;
  }
  for (let index = 0; index < list.length; index++) {
    const item: unknown = list[index];
    const key = isObject(item) ? item["key"] : undefined;
    if (isObject(item) && typeof key === "string")
      putAttribute(attributes, key, readAnyValue(item["value"], where, index, faults, depth));
    else
      faults.add(
        { from: where, step: index },
        "this attribute has no key",
        "OTLP writes an attribute as { key, value }.",
      );
  }
  return attributes;
}

/** Sets an attribute; an assignment would take the key `__proto__` for the prototype. */
export function putAttribute(attributes: Record<string, AttributeValue>, key: string, value: AttributeValue): void {
  if (key === "__proto__")
    Object.defineProperty(attributes, key, { value, enumerable: true, writable: true, configurable: true });
  else attributes[key] = value;
}

/** OTLP's `AnyValue`, the one at `index` of a list. An empty one is null; integers outside ±2^53 are bigint. */
function readAnyValue(value: unknown, list: Place, index: number, faults: TraceFaults, depth: number): AttributeValue {
  if (!isObject(value)) return scalarOf(value);
  // Nearly all are texts, under OTLP's own name.
  const text = value["stringValue"];
  if (typeof text === "string") return text;
  const where = (): Place => ({ from: { from: list, step: index }, step: ".value" });
  if (depth > DEPTH_MAX) {
    faults.add(where(), `this value is nested deeper than ${DEPTH_MAX} levels`, "Write it as JSON text.");
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
    case "array": {
      const place = where();
      return valuesIn(inner).map((item, at) => readAnyValue(item, place, at, faults, depth + 1));
    }
    case "kvlist":
      return readAttributes(isObject(inner) ? inner["values"] : undefined, where(), faults, depth + 1);
    default:
      return null;
  }
}

/** What an `AnyValue` holds, by OTLP/JSON's name (`intValue`) or protobuf's (`int_value`). */
function typeAndValue(value: JsonObject): readonly [type: string, inner: unknown] {
  for (const key in value) {
    const type = TYPES.get(key);
    const inner = value[key];
    if (type === undefined || inner === undefined) continue;
    if (inner !== null) return [type, inner];
    // What the SDK's exporter makes of NaN and the infinities.
    if (type === "double") return [type, "NaN"];
  }
  return ["", undefined];
}

const TYPES: ReadonlyMap<string, string> = new Map(
  ["string", "bool", "int", "double", "bytes", "array", "kvlist"].flatMap((type) => [
    [`${type}Value`, type],
    [`${type}_value`, type],
  ]),
);

function valuesIn(array: unknown): readonly unknown[] {
  return isObject(array) && isList(array["values"]) ? array["values"] : [];
}

/** Some writers leave the `AnyValue` wrapper out. */
function scalarOf(value: unknown): AttributeValue {
  if (isWideInteger(value)) return wideValue(integerOf(value) ?? 0n);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

function readInteger(value: unknown, where: () => Place, faults: TraceFaults): AttributeValue {
  if (typeof value === "number") return value;
  const integer = integerOf(value);
  if (integer !== undefined && BigInt.asIntN(64, integer) === integer) return wideValue(integer);
  faults.add(where(), "intValue is no integer", "Write it as a decimal string.");
  return null;
}

function readDouble(value: unknown, where: () => Place, faults: TraceFaults): AttributeValue {
  if (typeof value === "number") return value;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : undefined;
  if (number !== undefined && (value === "NaN" || !Number.isNaN(number))) return number;
  faults.add(where(), "doubleValue is no number", 'Write it as a number, or as "NaN", "Infinity" or "-Infinity".');
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

import type { AttributeValue } from "../trace/span.ts";
import { putAttribute } from "./otlp-value.ts";
import { BYTES, FIXED64, NotProtobuf, VARINT, type WireReader, tagOf } from "./protobuf.ts";

/** Tags of opentelemetry-proto's common.proto. */
const KEY_VALUE = { key: tagOf(1, BYTES), value: tagOf(2, BYTES) } as const;
const ANY = {
  string: tagOf(1, BYTES),
  bool: tagOf(2, VARINT),
  int: tagOf(3, VARINT),
  double: tagOf(4, FIXED64),
  array: tagOf(5, BYTES),
  list: tagOf(6, BYTES),
  bytes: tagOf(7, BYTES),
} as const;
/** Of a resource, a list and an array: in all of them the first field. */
const VALUES = tagOf(1, BYTES);

/** OTLP sets no limit; this one keeps a hostile message from overflowing the stack. */
const DEPTH_MAX = 64;

/** Attributes while they are read. */
export type Bag = Record<string, AttributeValue>;

/** A message whose first field is a repeated `KeyValue`. */
export function readKeyValues(wire: WireReader, into: Bag, depth: number): void {
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === VALUES) readKeyValue(wire, into, depth);
    else wire.skip(next);
  }
  wire.leave(outer);
}

/** A key that comes twice keeps its last value. */
export function readKeyValue(wire: WireReader, into: Bag, depth: number): void {
  let key = "";
  let value: AttributeValue = null;
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === KEY_VALUE.key) key = wire.text();
    else if (next === KEY_VALUE.value) value = readAnyValue(wire, depth);
    else wire.skip(next);
  }
  wire.leave(outer);
  putAttribute(into, key, value);
}

/** OTLP's `AnyValue`: the last of its fields that is set. An empty one is null. */
function readAnyValue(wire: WireReader, depth: number): AttributeValue {
  if (depth > DEPTH_MAX) throw new NotProtobuf(`a value is nested deeper than ${DEPTH_MAX} levels`);
  let value: AttributeValue = null;
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === ANY.string) value = wire.text();
    else if (next === ANY.int) value = wire.int64();
    else if (next === ANY.bool) value = wire.bool();
    else if (next === ANY.double) value = wire.double();
    else if (next === ANY.array) value = readArray(wire, depth + 1);
    else if (next === ANY.list) readKeyValues(wire, (value = {}), depth + 1);
    else if (next === ANY.bytes) value = wire.bytes();
    else wire.skip(next);
  }
  wire.leave(outer);
  return value;
}

function readArray(wire: WireReader, depth: number): readonly AttributeValue[] {
  const values: AttributeValue[] = [];
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === VALUES) values.push(readAnyValue(wire, depth));
    else wire.skip(next);
  }
  wire.leave(outer);
  return values;
}

import { canonicalJson } from "../../core/json.ts";
import { NUMBER_FIELDS, TEXT_FIELDS, type Dialect, type NumberField, type TextField } from "./dialect.ts";
import { numberOf } from "./number.ts";
import type { Attributes, AttributeValue } from "../span.ts";

/** A span's fields, whatever dialect each of them came from. */
export interface Fields {
  readonly text: Readonly<Partial<Record<TextField, string>>>;
  readonly number: Readonly<Partial<Record<NumberField, number>>>;
}

interface Place<Field> {
  readonly field: Field;
  readonly rank: number;
}

/** The fields that one attribute may hold: in itself, or in members of the object that it is or spells. */
interface Key {
  text?: Place<TextField>;
  number?: Place<NumberField>;
  readonly members: Map<string, Key>;
}

interface Found {
  readonly text: Partial<Record<TextField, string>>;
  readonly number: Partial<Record<NumberField, number>>;
  readonly ranks: Partial<Record<TextField | NumberField, number>>;
}

/**
 * A reader of fields over all dialects at once. Of several attributes that hold one field the one listed first wins, in
 * the order of the dialects and then of each dialect's keys; one without a usable value never does.
 *
 * Costs one look-up per attribute, three where it holds a field, however many dialects there are.
 */
export function fieldReader(dialects: readonly Dialect[]): (attributes: Attributes) => Fields {
  const keys = keysOf(dialects);
  return (attributes) => {
    const found: Found = { text: {}, number: {}, ranks: {} };
    for (const name in attributes) {
      const key = keys.get(name);
      const value = key === undefined ? undefined : attributes[name];
      if (key !== undefined && value !== undefined) readKey(key, value, found);
    }
    return { text: found.text, number: found.number };
  };
}

function readKey(key: Key, value: AttributeValue, found: Found): void {
  const { text, number, members } = key;
  if (text !== undefined && text.rank < (found.ranks[text.field] ?? Infinity)) {
    const read = textOf(text.field, value);
    if (read !== "") [found.text[text.field], found.ranks[text.field]] = [read, text.rank];
  }
  if (number !== undefined && number.rank < (found.ranks[number.field] ?? Infinity)) {
    const read = numberOf(value);
    if (read !== undefined) [found.number[number.field], found.ranks[number.field]] = [read, number.rank];
  }
  if (members.size === 0) return;
  const object = objectOf(value);
  for (const [path, member] of members) {
    const inner = object === undefined ? undefined : memberAt(object, path);
    if (inner !== undefined) readKey(member, inner, found);
  }
}

type Members = Readonly<Record<string, AttributeValue>>;

function objectOf(value: AttributeValue): Members | undefined {
  if (typeof value === "object" && value !== null) return isMembers(value) ? value : undefined;
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return undefined;
  try {
    const parsed: AttributeValue = JSON.parse(value);
    return isMembers(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isMembers(value: AttributeValue): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function memberAt(object: Members, path: string): AttributeValue | undefined {
  if (Object.hasOwn(object, path)) return object[path];
  let value: AttributeValue | undefined = object;
  for (const name of path.split(".")) {
    value = value !== undefined && isMembers(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

/** Every key that some dialect names, with the fields it holds and their ranks. */
function keysOf(dialects: readonly Dialect[]): ReadonlyMap<string, Key> {
  const keys = new Map<string, Key>();
  for (const [name, place] of placesOf(dialects, TEXT_FIELDS)) keyAt(keys, name).text = place;
  for (const [name, place] of placesOf(dialects, NUMBER_FIELDS)) keyAt(keys, name).number = place;
  return keys;
}

function keyAt(keys: Map<string, Key>, name: string): Key {
  const [attribute = "", path] = name.split("#");
  const key = keys.get(attribute) ?? { members: new Map() };
  keys.set(attribute, key);
  return path === undefined ? key : keyAt(key.members, path);
}

function placesOf<Field extends TextField | NumberField>(
  dialects: readonly Dialect[],
  fields: readonly Field[],
): ReadonlyMap<string, Place<Field>> {
  const places = new Map<string, Place<Field>>();
  for (const dialect of dialects) {
    for (const field of fields) {
      for (const key of dialect.fields?.[field] ?? []) {
        if (!places.has(key)) places.set(key, { field, rank: places.size });
      }
    }
  }
  return places;
}

function textOf(field: TextField, value: AttributeValue): string {
  if (field === "finishReason") return firstReason(value);
  if (typeof value === "string") return value;
  return value === null ? "" : canonicalJson(value);
}

/** Finish reasons come as a list, as a list in JSON text, or as one word; one choice is the rule. */
function firstReason(value: AttributeValue): string {
  if (Array.isArray(value)) return typeof value[0] === "string" ? value[0] : "";
  if (typeof value !== "string") return "";
  return /^\s*\[\s*"([^"\\]*)"/.exec(value)?.[1] ?? value;
}

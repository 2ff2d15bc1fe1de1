import { canonicalJson } from "../../core/json.ts";
import { NUMBER_FIELDS, TEXT_FIELDS, type Dialect, type NumberField, type TextField } from "./dialect.ts";
import { memberAt, membersOf, valueAt } from "./members.ts";
import { numberOf } from "./number.ts";
import type { Attributes, AttributeValue } from "../span.ts";

/** A span's fields, whatever dialect each of them came from. */
export interface Fields {
  readonly text: Readonly<Partial<Record<TextField, string>>>;
  readonly number: Readonly<Partial<Record<NumberField, number>>>;
}

interface Place<Field> {
  readonly field: Field;
  /** Which field it is, of texts and numbers together. */
  readonly slot: number;
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
  /** By slot: the rank of what was found. */
  readonly ranks: Uint32Array;
}

const NOT_FOUND = 2 ** 32 - 1;

/**
 * A reader of fields over all dialects at once. Of several attributes that hold one field the one listed first wins, in
 * the order of the dialects and then of each dialect's keys; one without a usable value never does.
 *
 * Costs one look-up per attribute, three where it holds a field, however many dialects there are.
 */
export function fieldReader(dialects: readonly Dialect[]): (attributes: Attributes) => Fields {
  const keys = keysOf(dialects);
  const ranks = new Uint32Array(TEXT_FIELDS.length + NUMBER_FIELDS.length);
  return (attributes) => {
    const found: Found = { text: {}, number: {}, ranks };
    ranks.fill(NOT_FOUND);
    for (const name in attributes) {
      const key = keys.get(name);
      const value = key === undefined ? undefined : attributes[name];
      if (key !== undefined && value !== undefined) readKey(key, value, found);
    }
    return found;
  };
}

/** One attribute that may hold a field. */
export interface Candidate {
  readonly dialect: string;
  /** The attribute, as the dialect's table names it. */
  readonly key: string;
  /** What it says; undefined where that is no usable value. */
  readonly read: string | number | undefined;
}

/** The attributes of a span that may hold a field, best first: {@link fieldReader} takes the first with a usable value. */
export function candidatesFor(
  field: TextField | NumberField,
  dialects: readonly Dialect[],
  attributes: Attributes,
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const { name: dialect, fields } of dialects) {
    for (const key of fields?.[field] ?? []) {
      const value = valueAt(attributes, key);
      if (value !== undefined) candidates.push({ dialect, key, read: readValue(field, value) });
    }
  }
  return candidates;
}

function readValue(field: TextField | NumberField, value: AttributeValue): string | number | undefined {
  if (isNumberField(field)) return numberOf(value);
  const text = textOf(field, value);
  return text === "" ? undefined : text;
}

function isNumberField(field: TextField | NumberField): field is NumberField {
  return NUMBER_FIELDS.some((each) => each === field);
}

function readKey(key: Key, value: AttributeValue, found: Found): void {
  const { text, number, members } = key;
  if (text !== undefined && text.rank < (found.ranks[text.slot] ?? 0)) {
    const read = textOf(text.field, value);
    if (read !== "") {
      found.text[text.field] = read;
      found.ranks[text.slot] = text.rank;
    }
  }
  if (number !== undefined && number.rank < (found.ranks[number.slot] ?? 0)) {
    const read = numberOf(value);
    if (read !== undefined) {
      found.number[number.field] = read;
      found.ranks[number.slot] = number.rank;
    }
  }
  if (members.size === 0) return;
  const object = membersOf(value);
  for (const [path, member] of members) {
    const inner = object === undefined ? undefined : memberAt(object, path);
    if (inner !== undefined) readKey(member, inner, found);
  }
}

/** Every key that some dialect names, with the fields it holds and their ranks. */
function keysOf(dialects: readonly Dialect[]): ReadonlyMap<string, Key> {
  const keys = new Map<string, Key>();
  for (const [name, place] of placesOf(dialects, TEXT_FIELDS, 0)) keyAt(keys, name).text = place;
  for (const [name, place] of placesOf(dialects, NUMBER_FIELDS, TEXT_FIELDS.length)) keyAt(keys, name).number = place;
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
  firstSlot: number,
): ReadonlyMap<string, Place<Field>> {
  const places = new Map<string, Place<Field>>();
  for (const dialect of dialects) {
    for (const [index, field] of fields.entries()) {
      for (const key of dialect.fields?.[field] ?? []) {
        if (!places.has(key)) places.set(key, { field, slot: firstSlot + index, rank: places.size });
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

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

/**
 * A reader of fields over all dialects at once. Of several attributes that hold one field the one listed first wins, in
 * the order of the dialects and then of each dialect's keys; one without a usable value never does.
 *
 * Costs one look-up per attribute, three where it holds a field, however many dialects there are.
 */
export function fieldReader(dialects: readonly Dialect[]): (attributes: Attributes) => Fields {
  const texts = placesOf(dialects, TEXT_FIELDS);
  const numbers = placesOf(dialects, NUMBER_FIELDS);
  const keys = new Set([...texts.keys(), ...numbers.keys()]);
  return (attributes) => {
    const text: Partial<Record<TextField, string>> = {};
    const number: Partial<Record<NumberField, number>> = {};
    const ranks: Partial<Record<TextField | NumberField, number>> = {};
    for (const key in attributes) {
      const value = keys.has(key) ? attributes[key] : undefined;
      if (value === undefined) continue;
      const place = texts.get(key);
      if (place !== undefined && place.rank < (ranks[place.field] ?? Infinity)) {
        const read = textOf(place.field, value);
        if (read !== "") [text[place.field], ranks[place.field]] = [read, place.rank];
      }
      const numberPlace = numbers.get(key);
      if (numberPlace !== undefined && numberPlace.rank < (ranks[numberPlace.field] ?? Infinity)) {
        const read = numberOf(value);
        if (read !== undefined) [number[numberPlace.field], ranks[numberPlace.field]] = [read, numberPlace.rank];
      }
    }
    return { text, number };
  };
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

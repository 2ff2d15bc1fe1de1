import type { Json } from "../core/json.ts";
import type { JsonSchema } from "../scenario/schema.ts";

/**
 * A JSON Schema of objects like these: what types their members have, which members all of them have, and which few values
 * a member takes.
 *
 * It allows more rather than less, since an agent that is changed calls otherwise: of one object nothing is required, and
 * values are listed only where each was seen again and again.
 */
export function inferSchema(values: readonly { readonly [key: string]: Json }[]): JsonSchema {
  return values.length === 0 ? { type: "object" } : schemaOf(values, 0);
}

/** Deeper than this anything is allowed. */
const DEPTH_MAX = 16;

function schemaOf(values: readonly Json[], depth: number): JsonSchema {
  const types = [...new Set(values.map(typeOf))];
  const names = types.includes("number") ? types.filter((type) => type !== "integer") : types;
  if (names.length === 0 || depth > DEPTH_MAX) return {};
  const type = names.length === 1 ? names[0] : names.toSorted();
  return {
    type,
    ...objectPart(values.filter(isObject), depth),
    ...arrayPart(values.filter(isList), depth),
    ...(type === "string" && enumPart(values)),
  };
}

function objectPart(objects: readonly { readonly [key: string]: Json }[], depth: number): JsonSchema {
  const members = new Map<string, Json[]>();
  for (const object of objects)
    for (const [key, member] of Object.entries(object)) {
      const known = members.get(key);
      if (known === undefined) members.set(key, [member]);
      else known.push(member);
    }
  if (members.size === 0) return {};
  const required = [...members].filter(([, seen]) => objects.length > 1 && seen.length === objects.length);
  return {
    properties: Object.fromEntries([...members].map(([key, seen]) => [key, schemaOf(seen, depth + 1)])),
    ...(required.length > 0 && { required: required.map(([key]) => key) }),
  };
}

function arrayPart(lists: readonly (readonly Json[])[], depth: number): JsonSchema {
  const items = lists.flat();
  return items.length === 0 ? {} : { items: schemaOf(items, depth + 1) };
}

const VALUES_MAX = 5;
const SEEN_MIN = 3;

/** Words that are few and come again and again are a choice; texts, ids and names are none. */
function enumPart(values: readonly Json[]): JsonSchema {
  const counts = new Map<string, number>();
  for (const value of values) if (typeof value === "string") counts.set(value, (counts.get(value) ?? 0) + 1);
  const isChoice =
    counts.size > 1 &&
    counts.size <= VALUES_MAX &&
    [...counts].every(([word, count]) => count >= SEEN_MIN && /^[A-Za-z][A-Za-z_-]{0,30}$/.test(word));
  return isChoice ? { enum: [...counts.keys()].toSorted((a, b) => (a < b ? -1 : 1)) } : {};
}

function typeOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

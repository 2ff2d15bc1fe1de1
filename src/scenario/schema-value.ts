import type { Json } from "../core/json.ts";
import type { Random } from "../core/random.ts";
import type { JsonSchema } from "./schema.ts";

/**
 * A value that a JSON Schema allows, as chance has it: of `examples`, a `default` or an `enum` where there is one, else of
 * the types, bounds, properties, items, formats and branches that it states.
 *
 * @throws Error naming a keyword from which no value can be made, such as `pattern` without `examples`.
 */
export function valueOf(schema: JsonSchema, random: Random): Json {
  return new Values(schema, random).of(schema, 0);
}

/** Below this nothing is made that a schema does not require, so that one which names itself comes to an end. */
const DEPTH_FREE = 4;
const DEPTH_MAX = 64;

const OPAQUE = ["pattern", "not", "if", "patternProperties", "propertyNames", "contains", "dependentSchemas"];

class Values {
  readonly #root: JsonSchema;
  readonly #random: Random;

  constructor(root: JsonSchema, random: Random) {
    this.#root = root;
    this.#random = random;
  }

  of(given: unknown, depth: number): Json {
    if (depth > DEPTH_MAX) throw new Error("the schema requires itself without an end");
    const schema = this.#resolved(given);
    const random = this.#random;
    if ("const" in schema) return schema["const"] as Json;
    for (const keyword of ["enum", "examples"]) {
      const values = listOf(schema[keyword]);
      if (values.length > 0) return random.pick(values) as Json;
    }
    if ("default" in schema) return schema["default"] as Json;
    // Beside a format, as zod writes both, a pattern says the same once more.
    const hasFormat = Object.hasOwn(FORMATS, String(schema["format"]));
    const opaque = OPAQUE.find((keyword) => keyword in schema && !(keyword === "pattern" && hasFormat));
    if (opaque !== undefined) throw new Error(`no value can be made from "${opaque}"; add "examples" to the schema`);
    const branches = [...listOf(schema["anyOf"]), ...listOf(schema["oneOf"])];
    // The last branches are those that end what names itself, as null does.
    if (branches.length > 0) {
      const { anyOf: _, oneOf: __, ...rest } = schema;
      const branch = depth > DEPTH_FREE ? branches.at(-1) : random.pick(branches);
      return this.of({ allOf: [rest, branch] }, depth + 1);
    }
    return this.#typed(schema, depth);
  }

  #typed(schema: JsonSchema, depth: number): Json {
    const types = typeof schema["type"] === "string" ? [schema["type"]] : listOf(schema["type"]);
    const type = types.length > 0 ? this.#random.pick(types) : "properties" in schema ? "object" : "string";
    if (type === "object") return this.#object(schema, depth);
    if (type === "array") return this.#array(schema, depth);
    if (type === "integer" || type === "number") return this.#number(schema, type === "integer");
    if (type === "boolean") return this.#random.chance(0.5);
    return type === "null" ? null : this.#text(schema);
  }

  #object(schema: JsonSchema, depth: number): Json {
    const required = listOf(schema["required"]);
    const properties = Object.entries(Object(schema["properties"]) as Record<string, unknown>);
    const missing = required.filter((name) => !properties.some(([known]) => known === name));
    const wanted = properties.filter(
      ([name]) => required.includes(name) || (depth < DEPTH_FREE && this.#random.chance(0.5)),
    );
    return Object.fromEntries([
      ...wanted.map(([name, property]) => [name, this.of(property, depth + 1)] as const),
      ...missing.map((name) => [String(name), this.#text({})] as const),
    ]);
  }

  #array(schema: JsonSchema, depth: number): Json {
    const prefix = listOf(schema["prefixItems"]);
    const min = Math.max(numberIn(schema, "minItems") ?? 0, prefix.length);
    const max = numberIn(schema, "maxItems") ?? min + 2;
    const count = depth < DEPTH_FREE ? this.#random.integer(min, Math.max(min, max)) : min;
    return Array.from({ length: count }, (_, index) => this.of(prefix[index] ?? schema["items"] ?? {}, depth + 1));
  }

  #number(schema: JsonSchema, isInteger: boolean): number {
    const step = numberIn(schema, "multipleOf") ?? (isInteger ? 1 : 0.5);
    const above = numberIn(schema, "exclusiveMinimum");
    const below = numberIn(schema, "exclusiveMaximum");
    const highest =
      below === undefined ? numberIn(schema, "maximum") : Math.min(below, numberIn(schema, "maximum") ?? below);
    const min = numberIn(schema, "minimum") ?? above ?? (highest === undefined ? 0 : Math.min(0, highest - 100 * step));
    const lowest = above === undefined ? min : Math.max(min, above);
    if (!isInteger && highest !== undefined && highest - lowest < 1 && !("multipleOf" in schema))
      return lowest + (highest - lowest) * this.#random.pick([0.25, 0.5, 0.75]);
    let first = Math.ceil(lowest / step);
    if (above !== undefined && first * step <= above) first++;
    let last = Math.floor((highest ?? Math.max(100, lowest + 100 * step)) / step);
    if (below !== undefined && last * step >= below) last--;
    if (last < first) throw new Error("no number is within the schema's bounds");
    return this.#random.integer(first, last) * step;
  }

  #text(schema: JsonSchema): string {
    const made = FORMATS[String(schema["format"])]?.(this.#random);
    if (made !== undefined) return made;
    const min = numberIn(schema, "minLength") ?? 0;
    const max = numberIn(schema, "maxLength") ?? Math.max(min, 12);
    let text = this.#random.pick(WORDS);
    while (text.length < min) text += ` ${this.#random.pick(WORDS)}`;
    return text.slice(0, max);
  }

  /** A schema with what it refers to, and all of whose parts have to hold, put into one. */
  #resolved(given: unknown): JsonSchema {
    if (given === false) throw new Error("the schema allows nothing");
    let schema: JsonSchema = given === true ? {} : (Object(given) as JsonSchema);
    for (let hops = 0; typeof schema["$ref"] === "string"; hops++) {
      if (hops > DEPTH_MAX) throw new Error(`the reference ${schema["$ref"]} goes round in a circle`);
      const { $ref, ...rest } = schema;
      schema = { ...this.#referred($ref), ...rest };
    }
    const { allOf, ...rest } = schema;
    return listOf(allOf).reduce<JsonSchema>((whole, part) => joined(whole, this.#resolved(part)), rest);
  }

  #referred(reference: string): JsonSchema {
    const path = /^#(\/.*)?$/.exec(reference)?.[1]?.slice(1).split("/") ?? (reference === "#" ? [] : undefined);
    let found: unknown = path === undefined ? undefined : this.#root;
    for (const key of path ?? []) found = Reflect.get(Object(found), key.replaceAll("~1", "/").replaceAll("~0", "~"));
    if (found === undefined) throw new Error(`the reference ${reference} leads nowhere in the schema`);
    return Object(found) as JsonSchema;
  }
}

function joined(one: JsonSchema, other: JsonSchema): JsonSchema {
  return {
    ...one,
    ...other,
    ...("properties" in one || "properties" in other
      ? { properties: { ...Object(one["properties"]), ...Object(other["properties"]) } }
      : {}),
    ...("required" in one || "required" in other
      ? { required: [...listOf(one["required"]), ...listOf(other["required"])] }
      : {}),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberIn(schema: JsonSchema, keyword: string): number | undefined {
  const value = schema[keyword];
  return typeof value === "number" ? value : undefined;
}

const WORDS = ["order", "refund", "alpha", "bravo", "north", "seven", "green", "maple", "river", "stone"] as const;

const FORMATS: Readonly<Record<string, (random: Random) => string>> = {
  date: dateOf,
  "date-time": (random) => `${dateOf(random)}T${two(random.integer(0, 23))}:${two(random.integer(0, 59))}:00Z`,
  time: (random) => `${two(random.integer(0, 23))}:${two(random.integer(0, 59))}:00Z`,
  email: (random) => `${random.pick(WORDS)}@example.com`,
  uri: (random) => `https://example.com/${random.pick(WORDS)}`,
  hostname: () => "example.com",
  ipv4: (random) => `192.0.2.${random.integer(1, 254)}`,
  uuid: (random) => {
    const hex = Buffer.from(random.bytes(16)).toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  },
};

function dateOf(random: Random): string {
  return `2025-${two(random.integer(1, 12))}-${two(random.integer(1, 28))}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

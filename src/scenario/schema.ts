/** A JSON Schema object, such as `{ type: "object", properties: … }`. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * What zod 4 and its like offer: validation and a JSON Schema of their own, so that Troupe needs to know no library.
 *
 * @see standardschema.dev, `StandardSchemaV1` and `StandardJSONSchemaV1`
 */
export interface StandardSchema<T = unknown> {
  readonly "~standard": {
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
    readonly jsonSchema?: { readonly input: (options: { target: "draft-2020-12" }) => Record<string, unknown> };
  };
}

type StandardResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

export type SchemaLike = StandardSchema | JsonSchema;

/** The type that a schema describes: its own where it is typed, `unknown` for plain JSON Schema. */
export type TypeOf<S> = S extends StandardSchema<infer T> ? T : unknown;

export function isStandardSchema(schema: SchemaLike): schema is StandardSchema {
  return "~standard" in schema;
}

/** The JSON Schema of a tool's arguments or result. A schema library that cannot give one gives `{ type: "object" }`. */
export function jsonSchemaOf(schema: SchemaLike): JsonSchema {
  if (!isStandardSchema(schema)) return schema;
  const known = derived.get(schema);
  if (known !== undefined) return known;
  const { $schema: _, ...rest } = schema["~standard"].jsonSchema?.input({ target: "draft-2020-12" }) ?? {};
  const made = { type: "object", ...rest };
  derived.set(schema, made);
  return made;
}

/** Schemas are never changed, and deriving one costs more than the call that is held to it. */
const derived = new WeakMap<StandardSchema, JsonSchema>();

import fc from "fast-check";
import { expect, test } from "vitest";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Json } from "../../src/core/json.ts";
import { inferSchema } from "../../src/recording/infer-schema.ts";

test("what it was inferred from is valid, by another's validator", () => {
  const objects = fc.array(fc.dictionary(fc.constantFrom("a", "b", "__proto__"), fc.jsonValue({ maxDepth: 3 })), {
    maxLength: 6,
  });
  const ajv = new Ajv2020({ allowUnionTypes: true });
  fc.assert(
    fc.property(objects, (given) => {
      const values = given as { [key: string]: Json }[];
      const validate = ajv.compile({ ...inferSchema(values) });
      expect(values.filter((value) => !validate(value))).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

test("types, and what every call has", () => {
  const schema = inferSchema([
    { id: 1, tags: ["a"], note: null },
    { id: 2.5, tags: [1] },
  ]);
  expect(schema).toEqual({
    type: "object",
    properties: {
      id: { type: "number" },
      tags: { type: "array", items: { type: ["integer", "string"] } },
      note: { type: "null" },
    },
    required: ["id", "tags"],
  });
});

test("of one call nothing is required, and of none nothing is said", () => {
  expect(inferSchema([{ id: 1 }])).toEqual({ type: "object", properties: { id: { type: "integer" } } });
  expect(inferSchema([])).toEqual({ type: "object" });
});

test("words that come again and again are a choice, ids are none", () => {
  const calls = ["up", "down", "up", "down", "up", "down"].map((way, index) => ({ way, id: `A-${index % 2}` }));
  expect(inferSchema(calls)["properties"]).toEqual({
    way: { type: "string", enum: ["down", "up"] },
    id: { type: "string" },
  });
});

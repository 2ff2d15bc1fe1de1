import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { randomStream } from "../../src/core/random.ts";
import type { ModelAnswer, ModelRequest, OfferedTool } from "../../src/scenario/model.ts";
import { randomAnswers } from "../../src/scenario/random-answers.ts";
import type { JsonSchema } from "../../src/scenario/schema.ts";
import { valueOf } from "../../src/scenario/schema-value.ts";

/** Whether another's validator takes a value. */
function isValid(schema: JsonSchema, value: unknown): boolean {
  return new AjvJsonSchemaValidator().getValidator(schema)(value).valid;
}

const bound = fc.integer({ min: -50, max: 50 });
const pair = fc.tuple(bound, fc.nat(30)).map(([min, size]) => [min, min + size] as const);
const small = fc.tuple(fc.nat(3), fc.nat(3)).map(([min, more]) => [min, min + more] as const);

const { schema } = fc.letrec<{ schema: JsonSchema; leaf: JsonSchema }>((tie) => ({
  leaf: fc.oneof(
    pair.map(([minimum, maximum]) => ({ type: "integer", minimum, maximum })),
    pair.map(([exclusiveMinimum, maximum]) => ({ type: "number", exclusiveMinimum, maximum: maximum + 1 })),
    fc.integer({ min: 1, max: 7 }).map((multipleOf) => ({ type: "integer", multipleOf })),
    small.map(([minLength, maxLength]) => ({ type: "string", minLength, maxLength })),
    fc.constantFrom("date", "date-time", "email", "uuid", "uri", "ipv4").map((format) => ({ type: "string", format })),
    fc.constantFrom<JsonSchema>(
      { type: "boolean" },
      { type: ["string", "null"] },
      { const: { a: 1 } },
      { enum: [1, "x"] },
    ),
  ),
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie("leaf"),
    fc
      .tuple(tie("schema"), small)
      .map(([items, [minItems, maxItems]]) => ({ type: "array", items, minItems, maxItems })),
    fc
      .tuple(fc.dictionary(fc.constantFrom("a", "b", "c"), tie("schema")), fc.boolean())
      .map(([properties, isStrict]) => ({
        type: "object",
        properties: { ...properties },
        required: isStrict ? Object.keys(properties) : [],
        additionalProperties: false,
      })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  ),
}));

test("a value made from a schema is one that another's validator allows", () => {
  fc.assert(
    fc.property(schema, fc.nat(), (given, seed) => {
      const value = valueOf(given, randomStream(seed, "value"));
      expect(isValid(given, value), JSON.stringify([given, value])).toBe(true);
    }),
  );
});

test("a schema that refers to itself comes to an end, with a value that it allows", () => {
  const tree = {
    $ref: "#/$defs/tree",
    $defs: {
      tree: {
        type: "object",
        properties: {
          children: { type: "array", items: { $ref: "#/$defs/tree" } },
          next: { anyOf: [{ $ref: "#/$defs/tree" }, { type: "null" }] },
        },
        required: ["children", "next"],
      },
    },
  };
  for (let seed = 0; seed < 50; seed++) expect(isValid(tree, valueOf(tree, randomStream(seed, "tree")))).toBe(true);
});

test("what zod makes of a tool's arguments is enough to make some", () => {
  const given = z.object({
    id: z.string().min(3),
    amount: z.number().min(0).max(99),
    share: z.number().gt(0.1).lt(0.3),
    by: z.email(),
    when: z.iso.date(),
    tags: z.array(z.enum(["a", "b"])).max(2),
    note: z.string().optional(),
    to: z.union([z.object({ iban: z.string() }), z.object({ card: z.uuid() })]),
  });
  const json: JsonSchema = { ...z.toJSONSchema(given) };
  for (let seed = 0; seed < 30; seed++)
    expect(given.safeParse(valueOf(json, randomStream(seed, "zod"))).error).toBeUndefined();
});

test.for<readonly [string, JsonSchema, string]>([
  ["a pattern", { type: "string", pattern: "^x" }, 'no value can be made from "pattern"; add "examples" to the schema'],
  ["bounds that cross", { type: "integer", minimum: 2, maximum: 1 }, "no number is within the schema's bounds"],
  ["a reference to nothing", { $ref: "#/$defs/x" }, "the reference #/$defs/x leads nowhere in the schema"],
  ["a circle", { $ref: "#" }, "the reference # goes round in a circle"],
])("from %s no value is made, and the error says why", ([, given, words]) => {
  expect(() => valueOf(given, randomStream(1, "x"))).toThrow(words);
});

test("a pattern with examples gives one of them", () => {
  expect(valueOf({ pattern: "^A-", examples: ["A-1"] }, randomStream(1, "x"))).toBe("A-1");
});

const TOOLS: readonly OfferedTool[] = [
  { name: "lookup", schema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] } },
  {
    name: "refund",
    schema: { type: "object", properties: { cents: { type: "integer", minimum: 1 } }, required: ["cents"] },
  },
];

function asked(seed: number, more: Partial<ModelRequest> = {}): ModelAnswer {
  const request: ModelRequest = {
    agent: "a",
    model: "m",
    conversation: [{ role: "user", text: "Hi" }],
    tools: TOOLS,
    toolChoice: "auto",
    isParallel: true,
    attempt: 1,
    random: randomStream(seed, "monkey"),
    ...more,
  };
  return randomAnswers()(request.conversation, request);
}

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

test("calls are of offered tools, with arguments that their schemas allow, and in time there are words", () => {
  const answers = SEEDS.map((seed) => asked(seed));
  for (const { tool, arguments: args } of answers.flatMap(({ call = [] }) => call)) {
    const known = TOOLS.find(({ name }) => name === tool);
    expect(isValid(known?.schema ?? { not: {} }, args)).toBe(true);
  }
  expect(new Set(answers.flatMap(({ call = [] }) => call.map(({ tool }) => tool)))).toEqual(
    new Set(["lookup", "refund"]),
  );
  expect(new Set(answers.map(({ call, say }) => call?.length ?? say))).toEqual(new Set([1, 2, "Done."]));
});

test.for<readonly [string, Partial<ModelRequest>, (answer: ModelAnswer) => boolean]>([
  ["none", { toolChoice: "none" }, ({ call }) => call === undefined],
  ["required", { toolChoice: "required" }, ({ call }) => call !== undefined],
  ["one tool", { toolChoice: { tool: "refund" } }, ({ call = [] }) => call.every(({ tool }) => tool === "refund")],
  ["no parallel calls", { isParallel: false }, ({ call }) => call === undefined || call.length === 1],
  ["no tools", { tools: [] }, ({ say }) => say === "Done."],
])("a request that says %s is obeyed with every seed", ([, more, isObeyed]) => {
  expect(SEEDS.filter((seed) => !isObeyed(asked(seed, more)))).toEqual([]);
});

test("after as many answers that call as it may give, it says something", () => {
  const called = { role: "assistant", text: "", toolCalls: [] } as const;
  const conversation = [{ role: "user", text: "Hi" } as const, called, called, called];
  expect(SEEDS.map((seed) => asked(seed, { conversation }).say)).toEqual(SEEDS.map(() => "Done."));
});

test("words that have to be JSON are a value that the format allows", () => {
  const format = { type: "object", properties: { risk: { type: "integer", maximum: 9 } }, required: ["risk"] };
  for (const seed of SEEDS)
    expect(isValid(format, JSON.parse(asked(seed, { tools: [], format }).say ?? ""))).toBe(true);
});

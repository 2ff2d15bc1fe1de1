import { expect, test } from "vitest";
import type { Attributes } from "../../../src/trace/span.ts";
import { agent, at, chat, tool } from "../spans.ts";
import { seenBy } from "./findings.ts";

const root = at(1n, "a", undefined, agent("booker"));
const call = (args: unknown, name = "search"): Attributes => ({
  ...tool(name),
  "gen_ai.tool.call.arguments": typeof args === "string" ? args : JSON.stringify(args),
});
const times = (count: number, attributes: Attributes): ReturnType<typeof at>[] =>
  Array.from({ length: count }, (_, index) => at(BigInt(10 + index), `c${index}`, "a", attributes));

test("repeated-tool-call stands at the first call beyond what is allowed", () => {
  expect(seenBy("repeated-tool-call", [root, ...times(5, call({ to: "Lisbon" }))])).toEqual([
    'c3: called 5 times by agent booker with the same input {"to":"Lisbon"}',
  ]);
  expect(seenBy("repeated-tool-call", [root, ...times(3, call({ to: "Lisbon" }))])).toEqual([]);
  expect(seenBy("repeated-tool-call", [root, ...times(1, call({}))], { callsMax: 0 })).toHaveLength(1);
});

test("repeated-tool-call takes keys in any order for the same input, and unknown input for no repetition", () => {
  const turned = [
    ...times(2, call('{"a":1,"b":2}')),
    at(90n, "x", "a", call('{"b":2,"a":1}')),
    at(91n, "y", "a", call('{ "a":1, "b":2 }')),
  ];
  expect(seenBy("repeated-tool-call", [root, ...turned])).toHaveLength(1);
  expect(seenBy("repeated-tool-call", [root, ...times(5, tool("search"))])).toEqual([]);
});

test("repeated-tool-call prints no secret of the input", () => {
  const [seen = ""] = seenBy("repeated-tool-call", [root, ...times(4, call({ mail: "ann@example.org" }))]);
  expect(seen).toContain('{"mail":"[email]"}');
});

const PARAMETERS = {
  type: "object",
  properties: { id: { type: "string" }, count: { type: "integer", minimum: 1 } },
  required: ["id"],
};

const OFFERS: readonly (readonly [dialect: string, attributes: Attributes])[] = [
  [
    "OpenTelemetry",
    { "gen_ai.tool.definitions": JSON.stringify([{ type: "function", name: "search", parameters: PARAMETERS }]) },
  ],
  [
    "OpenAI",
    {
      "gen_ai.tool.definitions": JSON.stringify([
        { type: "function", function: { name: "search", parameters: PARAMETERS } },
      ]),
    },
  ],
  ["Anthropic", { "gen_ai.tool.definitions": JSON.stringify([{ name: "search", input_schema: PARAMETERS }]) }],
  [
    "the AI SDK",
    { "ai.prompt.tools": [JSON.stringify({ type: "function", name: "search", inputSchema: PARAMETERS })] },
  ],
  [
    "OpenInference",
    {
      "llm.tools.0.tool.json_schema": JSON.stringify({
        type: "function",
        function: { name: "search", parameters: PARAMETERS },
      }),
    },
  ],
  [
    "OpenLLMetry",
    { "llm.request.functions.0.name": "search", "llm.request.functions.0.parameters": JSON.stringify(PARAMETERS) },
  ],
  [
    "MLflow",
    {
      "mlflow.chat.tools": JSON.stringify([{ type: "function", function: { name: "search", parameters: PARAMETERS } }]),
    },
  ],
  [
    "Pydantic AI",
    {
      model_request_parameters: JSON.stringify({
        function_tools: [{ name: "search", parameters_json_schema: PARAMETERS }],
      }),
    },
  ],
  [
    "Google",
    {
      "gen_ai.tool.definitions": JSON.stringify([
        { function_declarations: [{ name: "search", parameters: PARAMETERS }] },
      ]),
    },
  ],
];

test.for(OFFERS)("tool-arguments-invalid reads the schema as %s offers it", ([, offer]) => {
  const offered = [root, at(2n, "b", "a", { ...chat(1, 1), ...offer })];
  expect(seenBy("tool-arguments-invalid", [...offered, at(3n, "c", "a", call({ count: 0 }))])).toEqual([
    expect.stringMatching(/^c: the arguments do not fit: .*id: .*; count: /),
  ]);
  expect(seenBy("tool-arguments-invalid", [...offered, at(3n, "c", "a", call({ id: "A", count: 1 }))])).toEqual([]);
});

test("tool-arguments-invalid is silent without a schema, with one that cannot be read, and on what is no JSON", () => {
  const [, offer = {}] = OFFERS[0] ?? [];
  const unreadable = { "gen_ai.tool.definitions": '[{"name":"search","parameters":{"type":"nonsense"}}]' };
  const other = { "gen_ai.tool.definitions": "[not json" };
  expect(seenBy("tool-arguments-invalid", [root, at(3n, "c", "a", call({}))])).toEqual([]);
  for (const attributes of [unreadable, other])
    expect(seenBy("tool-arguments-invalid", [root, at(2n, "b", "a", attributes), at(3n, "c", "a", call({}))])).toEqual(
      [],
    );
  const text = at(3n, "c", "a", call("{'id': 'A'}"));
  expect(seenBy("tool-arguments-invalid", [root, at(2n, "b", "a", offer), text])).toEqual([]);
});

const SCHEMAS: readonly (readonly [schema: object, fits: unknown, differs: unknown])[] = [
  [{ type: "object", required: ["a"] }, { a: 1 }, {}],
  [{ properties: { a: { type: "string" } }, required: ["a"] }, { a: "x" }, {}],
  [{ type: "object", properties: { a: { type: "string", default: "x" } }, required: ["a"] }, { a: "y" }, {}],
  [
    { type: "object", properties: { a: { $ref: "#/definitions/n" } }, definitions: { n: { type: "number" } } },
    { a: 1 },
    { a: "x" },
  ],
  [{ type: "object", properties: { day: { type: "string", format: "date" } } }, { day: "tomorrow" }, { day: 1 }],
  [
    { type: "object", properties: { default: { type: "string" }, format: { type: "number" } } },
    { default: "x", format: 1 },
    { default: 1 },
  ],
  [{ type: "object", properties: { a: { type: "string", nullable: true } } }, { a: null }, { a: 1 }],
  [{ type: "object", properties: { a: {} }, additionalProperties: false }, { a: 1 }, { b: 1 }],
  [{ type: "object", properties: { a: { enum: ["x", "y"] } }, required: ["a"] }, { a: "y" }, { a: "z" }],
  [
    { anyOf: [{ type: "object", properties: { a: { type: "number" } }, required: ["a"] }, { type: "null" }] },
    { a: 0 },
    { a: "0" },
  ],
];

test.for(SCHEMAS)("arguments are held to %j as JSON Schema means it", ([schema, fits, differs]) => {
  const offer = { "gen_ai.tool.definitions": JSON.stringify([{ name: "search", parameters: schema }]) };
  const seen = (args: unknown): number =>
    seenBy("tool-arguments-invalid", [root, at(2n, "b", "a", offer), at(3n, "c", "a", call(args))]).length;
  expect([seen(fits), seen(differs)]).toEqual([0, 1]);
});

test("a tool that was offered with two schemas is held to either", () => {
  const other = { name: "search", parameters: { type: "object", required: ["query"] } };
  const offers = { "gen_ai.tool.definitions": JSON.stringify([{ name: "search", parameters: PARAMETERS }, other]) };
  const spans = [root, at(2n, "b", "a", { ...chat(1, 1), ...offers })];
  expect(seenBy("tool-arguments-invalid", [...spans, at(3n, "c", "a", call({ query: "x" }))])).toEqual([]);
  expect(seenBy("tool-arguments-invalid", [...spans, at(3n, "c", "a", call({ neither: 1 }))])).toHaveLength(1);
});

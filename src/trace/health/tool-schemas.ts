import * as z from "zod";
import type { Attributes, AttributeValue } from "../span.ts";
import type { SpanNode } from "../tree.ts";

/** A JSON Schema as text: equal texts are compiled once. */
type SchemaText = string;

/** Where dialects keep the tools that a model was offered: a list of them, or its JSON text. */
const LISTS = [
  "gen_ai.tool.definitions",
  "ai.prompt.tools",
  "mlflow.chat.tools",
  "llm.request.functions",
  "model_request_parameters",
] as const;

/** One tool an attribute: OpenInference has the whole definition in one, OpenLLMetry name and schema in two. */
const NUMBERED = /^(?:llm\.tools|llm\.request\.functions)\.(\d+)\.(tool\.json_schema|name|parameters)$/;

/** The input schemas of the tools that models of a trace were offered, by the name of the tool. */
export function schemasOf(nodes: readonly SpanNode[]): ReadonlyMap<string, readonly SchemaText[]> {
  const schemas = new Map<string, Set<SchemaText>>();
  const seen = new Set<string>();
  for (const { span } of nodes)
    for (const definition of definitionsIn(span.attributes, seen)) {
      const [name, schema] = namedSchema(definition) ?? [];
      if (name === undefined || schema === undefined) continue;
      const known = schemas.get(name);
      const text = JSON.stringify(schema);
      if (known === undefined) schemas.set(name, new Set([text]));
      else known.add(text);
    }
  return new Map([...schemas].map(([name, texts]) => [name, [...texts]]));
}

/**
 * What is wrong with a call's arguments by every schema that its tool was offered with, in the words of the first;
 * nothing where they fit one of them, where they were not recorded as JSON, or where a schema cannot be read.
 */
export function faultsOf(schemas: readonly SchemaText[], recorded: string | undefined): readonly string[] {
  const [first] = schemas;
  const value = recorded === undefined ? undefined : parsedTwice(recorded);
  if (first === undefined || value === undefined) return [];
  const faults = schemas.map((schema) => faultsBy(schema, value));
  return faults.some(({ length }) => length === 0) ? [] : (faults[0] ?? []);
}

const FAULTS_SHOWN_MAX = 3;

function faultsBy(schema: SchemaText, value: unknown): readonly string[] {
  const issues = issuesBy(schema, value);
  const faults = issues.map(({ path, message }) => `${path.length === 0 ? "" : `${path.join(".")}: `}${message}`);
  const rest = faults.length - FAULTS_SHOWN_MAX;
  return rest > 0 ? [...faults.slice(0, FAULTS_SHOWN_MAX), `and ${rest} more`] : faults;
}

function issuesBy(schema: SchemaText, value: unknown): readonly z.core.$ZodIssue[] {
  try {
    return compiled(schema)?.safeParse(value).error?.issues ?? [];
  } catch {
    return []; // A value that is nested too deep, or a pattern that is none, which shows only now.
  }
}

const COMPILED_MAX = 1000;
const compiledSchemas = new Map<SchemaText, z.ZodType | undefined>();

function compiled(schema: SchemaText): z.ZodType | undefined {
  if (compiledSchemas.has(schema)) return compiledSchemas.get(schema);
  const type = compile(schema);
  if (compiledSchemas.size >= COMPILED_MAX) compiledSchemas.clear();
  compiledSchemas.set(schema, type);
  return type;
}

/** Not by Ajv, which makes code of a schema: those of a trace come from anywhere. */
function compile(schema: SchemaText): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(JSON.parse(schema, mended));
  } catch {
    return undefined; // A schema with words that cannot be checked holds nobody to anything.
  }
}

/** Under these keys stand schemas by name, and no schema. */
const MAPS: ReadonlySet<string> = new Set(["properties", "$defs", "definitions", "patternProperties"]);

/**
 * A schema in the words that zod reads as JSON Schema means them: a key is required also where it is not described or has a
 * default, a format is a remark, and what describes properties describes an object.
 */
function mended(key: string, value: unknown): unknown {
  if (key === "$ref" && typeof value === "string") return value.replace("#/definitions/", "#/$defs/");
  if (!isMembers(value) || MAPS.has(key)) return value;
  const { default: _default, format: _format, definitions, nullable, ...schema } = value;
  const { properties, required } = schema;
  const isObject = schema["type"] === undefined && (properties !== undefined || required !== undefined);
  const described = Array.isArray(required)
    ? { ...Object.fromEntries(required.map((name) => [name, {}])), ...(isMembers(properties) && properties) }
    : undefined;
  const whole = {
    ...schema,
    ...(isObject && { type: "object" }),
    ...(described !== undefined && { properties: described }),
    ...(isMembers(definitions) && { $defs: definitions }),
  };
  return nullable === true ? { anyOf: [whole, { type: "null" }] } : whole;
}

type Members = Readonly<Record<string, unknown>>;

function* definitionsIn(attributes: Attributes, seen: Set<string>): Generator {
  for (const key of LISTS) {
    const value = attributes[key];
    // Every model call of an agent repeats the same list.
    if (value === undefined || (typeof value === "string" && seen.has(value))) continue;
    if (typeof value === "string") seen.add(value);
    yield* listIn(typeof value === "string" ? parsedTwice(value) : value);
  }
  const numbered = new Map<string, Record<string, unknown>>();
  for (const key in attributes) {
    const [, number, part = ""] = NUMBERED.exec(key) ?? [];
    if (number === undefined) continue;
    const tool = numbered.get(number) ?? {};
    numbered.set(number, tool);
    const value = jsonOf(attributes[key]);
    if (part !== "tool.json_schema") tool[part] = value;
    else if (isMembers(value)) Object.assign(tool, value);
  }
  yield* numbered.values();
}

function* listIn(value: unknown): Generator {
  const list = isMembers(value) ? (value["function_tools"] ?? value["tools"]) : value;
  if (!Array.isArray(list)) return;
  for (const entry of list as readonly unknown[]) {
    const tool = typeof entry === "string" ? parsedTwice(entry) : entry;
    // Google groups tools: [{ functionDeclarations: [ … ] }].
    const grouped = isMembers(tool) ? (tool["functionDeclarations"] ?? tool["function_declarations"]) : undefined;
    if (Array.isArray(grouped)) yield* grouped;
    else yield tool;
  }
}

/** The tool's name and its input schema, in the words of OpenAI, Anthropic, MCP, the AI SDK, Pydantic AI or Google. */
function namedSchema(definition: unknown): readonly [name: string, schema: object] | undefined {
  if (!isMembers(definition)) return undefined;
  const tool = isMembers(definition["function"]) ? definition["function"] : definition;
  const { name } = tool;
  const written = tool["parameters"] ?? tool["input_schema"] ?? tool["inputSchema"] ?? tool["parameters_json_schema"];
  const schema = typeof written === "string" ? parsedTwice(written) : written;
  return typeof name === "string" && isMembers(schema) ? [name, schema] : undefined;
}

function jsonOf(value: AttributeValue | undefined): unknown {
  return typeof value === "string" ? (parsedTwice(value) ?? value) : value;
}

/** MLflow writes JSON text as JSON text. */
function parsedTwice(text: string): unknown {
  const once = parsed(text);
  return typeof once === "string" ? (parsed(once) ?? once) : once;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

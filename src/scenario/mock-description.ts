import { type Json, canonicalJson } from "../core/json.ts";
import { type A2aAgent, type Mock, isA2aAgent } from "./a2a.ts";
import { jsonSchemaOf } from "./schema.ts";
import type { Model, RuleCondition } from "./model.ts";
import type { McpServer } from "./server.ts";

/** What a mock declares, without its code: two loadings of one definition give the same. */
export function describeMock(mock: Mock): Json {
  const known = described.get(mock);
  if (known !== undefined) return known;
  const { name, version } = mock;
  const made = plain(
    isA2aAgent(mock)
      ? { kind: "A2A agent", name, version, ...declaredAgent(mock) }
      : { kind: "MCP server", name, version, ...declaredServer(mock) },
  );
  described.set(mock, made);
  return made;
}

/** Definitions are never changed, and each run over real processes asks for the description of each. */
const described = new WeakMap<Mock, Json>();

function declaredAgent({ description, skills, servers, model }: A2aAgent): object {
  return { description, skills, servers: servers.map((one) => one.name), model: declaredModel(model) };
}

/** Rules by their index, so that a path names one; what a rule answers may be code. */
function declaredModel({ name, provider, timing, price, rules }: Model): object {
  return {
    name,
    provider,
    timing,
    price,
    rules: Object.fromEntries(rules.map(({ when }, at) => [at, condition(when)])),
  };
}

function condition({ model, system, user, result, ...rest }: RuleCondition = {}): object {
  return { ...rest, model: textOf(model), system: textOf(system), user: textOf(user), result: textOf(result) };
}

/** A text as JSON, so that it differs from the pattern `/pattern/flags` that reads alike. */
function textOf(wanted: string | RegExp | undefined): string | undefined {
  return typeof wanted === "string" ? JSON.stringify(wanted) : wanted?.toString();
}

function declaredServer({ tools, resources, prompts, latencyMs, instructions }: McpServer): object {
  return {
    tools: mapped(tools, ({ description, input, output }) => ({
      description,
      input: jsonSchemaOf(input),
      output: output === undefined ? null : jsonSchemaOf(output),
    })),
    resources: mapped(resources, ({ description, mimeType }) => ({ description, mimeType })),
    prompts: mapped(prompts, ({ description, arguments: args }) => ({ description, arguments: args })),
    latencyMs,
    instructions,
  };
}

function mapped<T>(list: Readonly<Record<string, T>>, describe: (one: T) => object): object {
  return Object.fromEntries(Object.entries(list).map(([name, one]) => [name, describe(one)]));
}

function plain(value: object): Json {
  return JSON.parse(canonicalJson(value));
}

/** Where two descriptions first differ, as a path such as `tools.refund.input`; `undefined` where they are equal. */
export function firstDifference(one: Json, other: Json): string | undefined {
  const open: { readonly path: string; readonly one: unknown; readonly other: unknown }[] = [{ path: "", one, other }];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const { path } = pair;
    if (pair.one === undefined || pair.other === undefined) return path;
    if (canonicalJson(pair.one) === canonicalJson(pair.other)) continue;
    if (!isObject(pair.one) || !isObject(pair.other)) return path;
    const keys = [...new Set([...Object.keys(pair.one), ...Object.keys(pair.other)])].toSorted().toReversed();
    for (const key of keys)
      open.push({ path: path === "" ? key : `${path}.${key}`, one: pair.one[key], other: pair.other[key] });
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { isMap, isScalar } from "yaml";
import type { Json } from "../core/json.ts";
import {
  type AgentMessage,
  type ForeignAgent,
  a2aEndpoint,
  chatAgent,
  commandAgent,
  httpAgent,
} from "./foreign-agent.ts";
import * as y from "./yaml-reader.ts";
import type { Read } from "./yaml-reader.ts";

const variable: Read<string | true> = (node, yaml) =>
  isScalar(node) && node.value === true ? true : y.text(node, yaml);

const commandFields = y.object(
  "an agent",
  { name: y.text, command: y.list(y.text, { min: 1 }), over: y.choice("stdin", "http") },
  { lines: y.choice("json", "text"), env: y.record(variable), cwd: y.text },
);

const chatFields = y.object("an agent", { name: y.text, url: y.text, model: y.text }, { keyVariable: y.text });

const httpFields = y.object(
  "an agent",
  { name: y.text, url: y.text },
  { headers: y.record(y.text), keyVariable: y.text, request: y.json, reply: y.text },
);

const a2aFields = y.object("an agent", { name: y.text, a2a: y.text }, { keyVariable: y.text });

/** An agent that is no code of this process; which one, its keys say: `command`, `model`, `a2a`, or `url` alone. */
export const agentYaml: Read<ForeignAgent> = (node, yaml) => {
  const has = (key: string): boolean => isMap(node) && node.has(key);
  if (has("command")) {
    const fields = commandFields(node, yaml);
    return fields === undefined ? undefined : commandAgent(fields.name, fields);
  }
  if (has("model")) {
    const fields = chatFields(node, yaml);
    return fields === undefined ? undefined : chatAgent(fields.name, fields);
  }
  if (has("a2a")) {
    const fields = a2aFields(node, yaml);
    if (fields === undefined) return undefined;
    const { name, a2a: url, ...rest } = fields;
    return a2aEndpoint(name, { url, ...rest });
  }
  const fields = httpFields(node, yaml);
  if (fields === undefined) return undefined;
  const { name, request, reply, ...rest } = fields;
  return httpAgent(name, {
    ...rest,
    ...(request === undefined ? {} : { request: (message) => filled(request, message) }),
    ...(reply === undefined ? {} : { reply: (body) => at(body, reply.split(".")) }),
  });
};

const PLACE = /\{(text|from|conversation|payload)\}/g;

/** A body after its pattern: `{text}`, `{from}` and `{conversation}` anywhere in its texts, `{payload}` as a text of its own. */
function filled(pattern: Json, message: AgentMessage): Json {
  if (pattern === "{payload}") return message.payload;
  if (typeof pattern === "string")
    return pattern.replaceAll(PLACE, (_place, key: keyof AgentMessage) => {
      const value = message[key];
      return typeof value === "string" ? value : JSON.stringify(value);
    });
  if (pattern === null || typeof pattern !== "object") return pattern;
  if (Array.isArray(pattern)) return pattern.map((item: Json) => filled(item, message));
  return Object.fromEntries(Object.entries(pattern).map(([key, value]) => [key, filled(value, message)]));
}

/** What stands at a path such as `choices.0.text`. */
function at(body: Json, path: readonly string[]): unknown {
  let found: unknown = body;
  for (const key of path) found = Reflect.get(Object(found), key);
  return found;
}

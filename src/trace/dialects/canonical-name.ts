import type { TextField } from "./dialect.ts";
import { httpName } from "./http.ts";
import type { Kind } from "../kinds.ts";
import { serviceOf, type Span } from "../span.ts";

type Texts = Readonly<Partial<Record<TextField, string>>>;

/** A canonical name, and what of the span it comes from: a field, or in words. */
interface Named {
  readonly name: string;
  readonly from: string;
}

type Naming = (text: Texts, span: Span) => Named;

const spanName: Naming = (_text, { name }) => ({ name, from: "the span's name" });
const bareName: Naming = (_text, span) => ({ name: bare(span), from: "the span's name without its operation" });

/** The first of the fields that the span has. */
function firstOf(fields: readonly TextField[], otherwise: Naming): Naming {
  return (text, span) => {
    for (const field of fields) {
      const name = text[field];
      if (name !== undefined) return { name, from: `the field ${field}` };
    }
    return otherwise(text, span);
  };
}

const modelName = firstOf(["model"], bareName);
const thingName = firstOf(["thing"], bareName);

const NAMINGS: Readonly<Record<Kind, Naming>> = {
  workflow: firstOf(["workflow", "thing"], bareName),
  turn: firstOf(["turn"], bareName),
  agent: firstOf(["agent", "thing"], bareName),
  chain: spanName,
  llm: modelName,
  embedding: modelName,
  retrieval: thingName,
  rerank: modelName,
  tool: firstOf(["tool", "thing"], bareName),
  handoff: spanName,
  "mcp.client": mcpName,
  "mcp.server": mcpName,
  "mcp.lifecycle": firstOf(["method"], spanName),
  "a2a.client": firstOf(["agent", "server", "method"], spanName),
  "a2a.server": firstOf(["agent"], serviceName),
  gateway: thingName,
  guardrail: thingName,
  evaluator: thingName,
  approval: thingName,
  memory: thingName,
  stt: modelName,
  tts: modelName,
  http: (_text, { attributes }) => ({ name: httpName(attributes), from: "the HTTP method and route" }),
  span: spanName,
};

/** The name that shapes and canonical trees use, whatever the span is called (DESIGN §4). Handoffs are named apart. */
export function canonicalName(kind: Kind, text: Texts, span: Span): Named {
  return NAMINGS[kind](text, span);
}

function mcpName(text: Texts, span: Span): Named {
  const method = text.method ?? span.name;
  const target = text.tool ?? text.prompt ?? text.resource;
  return { name: target === undefined ? method : `${method} ${target}`, from: "the method and its target" };
}

function serviceName(text: Texts, span: Span): Named {
  const service = serviceOf(span);
  return service === "" ? spanName(text, span) : { name: service, from: "the service" };
}

/** The operations that the conventions put before a span's subject, and the suffixes that OpenLLMetry puts after it. */
const PREFIX = /^(?:invoke_agent|create_agent|execute_tool|invoke_workflow|retrieval|turn) (?=.)/;
const AGENT_RUN = /^agent_run \[(.+)\]$/;
const SUFFIX = /(?<=.)\.(?:tool|agent|workflow|task)$/;

function bare({ name }: Span): string {
  return AGENT_RUN.exec(name)?.[1] ?? name.replace(PREFIX, "").replace(SUFFIX, "");
}

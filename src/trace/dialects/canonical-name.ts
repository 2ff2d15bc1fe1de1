import type { TextField } from "./dialect.ts";
import { httpName } from "./http.ts";
import type { Kind } from "../kinds.ts";
import { serviceOf, type Span } from "../span.ts";

type Texts = Readonly<Partial<Record<TextField, string>>>;
type Naming = (text: Texts, span: Span) => string;

const modelName: Naming = (text, span) => text.model ?? bareName(span);
const thingName: Naming = (text, span) => text.thing ?? bareName(span);
const spanName: Naming = (_text, span) => span.name;

const NAMINGS: Readonly<Record<Kind, Naming>> = {
  workflow: (text, span) => text.workflow ?? thingName(text, span),
  turn: (text, span) => text.turn ?? bareName(span),
  agent: (text, span) => text.agent ?? thingName(text, span),
  chain: spanName,
  llm: modelName,
  embedding: modelName,
  retrieval: thingName,
  rerank: modelName,
  tool: (text, span) => text.tool ?? thingName(text, span),
  handoff: spanName,
  "mcp.client": mcpName,
  "mcp.server": mcpName,
  "mcp.lifecycle": (text, span) => text.method ?? span.name,
  "a2a.client": (text, span) => text.agent ?? text.server ?? text.method ?? span.name,
  "a2a.server": (text, span) => text.agent ?? (serviceOf(span) || span.name),
  gateway: thingName,
  guardrail: thingName,
  evaluator: thingName,
  approval: thingName,
  memory: thingName,
  stt: modelName,
  tts: modelName,
  http: (_text, span) => httpName(span.attributes),
  span: spanName,
};

/** The name that shapes and canonical trees use, whatever the span is called (DESIGN §4). Handoffs are named apart. */
export function canonicalName(kind: Kind, text: Texts, span: Span): string {
  return NAMINGS[kind](text, span);
}

function mcpName(text: Texts, span: Span): string {
  const method = text.method ?? span.name;
  const target = text.tool ?? text.prompt ?? text.resource;
  return target === undefined ? method : `${method} ${target}`;
}

/** The operations that the conventions put before a span's subject, and the suffixes that OpenLLMetry puts after it. */
const PREFIX = /^(?:invoke_agent|create_agent|execute_tool|invoke_workflow|retrieval|turn) (?=.)/;
const AGENT_RUN = /^agent_run \[(.+)\]$/;
const SUFFIX = /(?<=.)\.(?:tool|agent|workflow|task)$/;

function bareName({ name }: Span): string {
  return AGENT_RUN.exec(name)?.[1] ?? name.replace(PREFIX, "").replace(SUFFIX, "");
}

import { canonicalName } from "./dialects/canonical-name.ts";
import { A2A_PYTHON_SDK } from "./dialects/a2a-python-sdk.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { AI_SDK } from "./dialects/ai-sdk.ts";
import { GOOGLE_ADK } from "./dialects/google-adk.ts";
import { HTTP } from "./dialects/http.ts";
import { LANGFUSE } from "./dialects/langfuse.ts";
import { LANGSMITH } from "./dialects/langsmith.ts";
import { LIVEKIT } from "./dialects/livekit.ts";
import { LOGFIRE } from "./dialects/logfire.ts";
import { MLFLOW } from "./dialects/mlflow.ts";
import { MONOCLE } from "./dialects/monocle.ts";
import { OPENAI_AGENTS } from "./dialects/openai-agents.ts";
import { OPENINFERENCE } from "./dialects/openinference.ts";
import { OPENLLMETRY } from "./dialects/openllmetry.ts";
import { OTEL_A2A } from "./dialects/otel-a2a.ts";
import { OTEL_GENAI, OTEL_GENAI_HINTS } from "./dialects/otel-genai.ts";
import { OTEL_MCP } from "./dialects/otel-mcp.ts";
import { TRACEAI } from "./dialects/traceai.ts";
import { isHarness, TROUPE } from "./dialects/troupe.ts";
import { fieldReader, type Fields } from "./dialects/fields.ts";
import { handoffOf, type HandoffEnds } from "./dialects/handoff.ts";
import type { Kind, Meaning } from "./kinds.ts";
import type { Attributes, Span } from "./span.ts";

/** Asked in this order, for the kind and for each field apart: the standard's closed words first, hints last. */
const DIALECTS: readonly Dialect[] = [
  TROUPE,
  OTEL_MCP,
  OTEL_A2A,
  OTEL_GENAI,
  OPENINFERENCE,
  OPENLLMETRY,
  GOOGLE_ADK,
  A2A_PYTHON_SDK,
  TRACEAI,
  OPENAI_AGENTS,
  MONOCLE,
  LIVEKIT,
  LOGFIRE,
  LANGFUSE,
  AI_SDK,
  MLFLOW,
  LANGSMITH,
  OTEL_GENAI_HINTS,
  HTTP,
];

const readFields = fieldReader(DIALECTS);
const UNFOLDING = DIALECTS.filter(({ unfold }) => unfold !== undefined);

/** Kinds whose arguments and results are their own, and no chat messages. */
const CALLS: ReadonlySet<Kind> = new Set<Kind>(["tool", "handoff", "mcp.client", "mcp.server"]);
const METHODS: ReadonlySet<Kind> = new Set<Kind>([
  "tool",
  "mcp.client",
  "mcp.server",
  "mcp.lifecycle",
  "a2a.client",
  "a2a.server",
]);

/**
 * What a span says, normalised field by field: the kind may come from one dialect and the tokens from another.
 *
 * A handoff's source may be "" here, where the span does not name it; in a tree it is the nearest agent.
 */
export function meaningOf(span: Span): Meaning {
  const fields = readFields(unfolded(span));
  const [own, dialect] = kindOf(span);
  const ownName = canonicalName(own, fields.text, span);
  const handoff = handoffOf(own, ownName, fields);
  const kind = handoff === undefined ? own : "handoff";
  return {
    kind,
    name: handoff === undefined ? ownName : handoffName(handoff),
    dialect,
    isHarness: isHarness(span.attributes),
    ...optionalFields(kind, ownName, fields),
    ...(handoff === undefined ? {} : { handoff }),
  };
}

/** The attributes of a span, and what dialects keep elsewhere in it. */
function unfolded(span: Span): Attributes {
  let attributes = span.attributes;
  for (const { unfold } of UNFOLDING) {
    const added = unfold?.(span);
    if (added !== undefined) attributes = { ...added, ...attributes };
  }
  return attributes;
}

/** The canonical name of a handoff. */
export function handoffName({ from, to }: HandoffEnds): string {
  return `${from} -> ${to}`;
}

function kindOf(span: Span): readonly [kind: Kind, dialect: string] {
  for (const dialect of DIALECTS) {
    const kind = dialect.kindOf?.(span);
    if (kind !== undefined) return [kind, dialect.name];
  }
  return ["span", "none"];
}

function optionalFields(kind: Kind, ownName: string, { text, number }: Fields): Partial<Meaning> {
  const isCall = CALLS.has(kind);
  const agent = text.agent ?? (kind === "agent" ? ownName : undefined);
  const tool = text.tool ?? (kind === "tool" ? ownName : undefined);
  const given = (kind === "handoff" ? text.payload : undefined) ?? (isCall ? text.arguments : undefined);
  return {
    ...(agent !== undefined && { agent }),
    ...(tool !== undefined && { tool }),
    ...(text.model !== undefined && { model: text.model }),
    ...(text.server !== undefined && { server: text.server }),
    ...(text.finishReason !== undefined && { finishReason: text.finishReason }),
    ...number,
    ...(given !== undefined && { arguments: given }),
    ...(isCall && text.result !== undefined && { result: text.result }),
    ...(METHODS.has(kind) && text.method !== undefined && { method: text.method }),
    ...(text.taskState !== undefined && { taskState: text.taskState }),
  };
}

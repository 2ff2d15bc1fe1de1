import { canonicalJson } from "../../core/json.ts";
import type { Kind } from "../../trace/kinds.ts";
import type { Attributes } from "../../trace/span.ts";
import { serviceOf } from "../../trace/span.ts";
import type { SpanNode } from "../../trace/tree.ts";

/** Kinds whose name is a model: which model answered is a fact about the span, not what the span is. */
const NAMED_BY_MODEL: ReadonlySet<Kind> = new Set<Kind>(["llm", "embedding", "rerank", "stt", "tts"]);

/**
 * What a span is, wherever it stands: its kind and name. Ids and times inside the name count as any other id and time;
 * a span named by its model is its kind alone.
 */
export function identityOf({ meaning: { kind, name } }: SpanNode): string {
  return NAMED_BY_MODEL.has(kind) ? kind : `${kind} ${settledName(name)}`;
}

/**
 * What a span says beside its identity, as text by key: the canonical fields, and those attributes that mean the same in
 * every run. Never ids, times, sessions, addresses or transports; never what a convention records beside a canonical field.
 * The step number is left out: one step more or less shifts all later ones.
 */
export function factsOf({ span, meaning }: SpanNode): ReadonlyMap<string, string> {
  const isModel = NAMED_BY_MODEL.has(meaning.kind);
  const name = isModel ? undefined : meaning.name;
  const own = (value: string | undefined): string | undefined => (value === name ? undefined : value);
  const fields: Readonly<Record<string, string | number | undefined>> = {
    service: serviceOf(span) === "" ? undefined : serviceOf(span),
    status: span.status.code,
    agent: own(meaning.agent),
    tool: own(meaning.tool),
    server: meaning.server,
    model: own(meaning.model) ?? (isModel && meaning.name !== "" ? meaning.name : undefined),
    method: meaning.name.startsWith(meaning.method ?? "") ? undefined : meaning.method,
    arguments: settledJson(meaning.arguments),
    result: settledJson(meaning.result),
    finishReason: meaning.finishReason,
    inputTokens: meaning.inputTokens,
    outputTokens: meaning.outputTokens,
    taskState: meaning.taskState,
  };
  const facts = new Map<string, string>();
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) facts.set(key, String(value));
  addStableAttributes(span.attributes, facts);
  return facts;
}

function addStableAttributes(attributes: Attributes, facts: Map<string, string>): void {
  for (const key of Object.keys(attributes).toSorted()) {
    const value = attributes[key];
    if (value === undefined || facts.has(key) || !isStable(key)) continue;
    facts.set(key, typeof value === "string" ? value : canonicalJson(value));
  }
}

/** First words of the keys that tracing conventions and instrumentations use. */
const CONVENTIONS: ReadonlySet<string> = new Set(
  `a2a agent ai client code enduser event exception faas fi gcp gen_ai graph http input k8s kagent langfuse langsmith
  langwatch llm logfire mcp messaging metadata monocle net network openinference operation otel output peer process
  retrieval reranker embedding rpc scope server service session span strands telemetry thread tool traceloop troupe url
  user workflow jsonrpc db az aws cloud container host os device`.split(/\s+/),
);

/** Keys of conventions that no canonical field holds and that are the same in every run. */
const STABLE = /^(error\.type|gen_ai\.request\.(?!model$|stream$).+)$/;

/** A word of a key that says its value is another one in each run. */
const VOLATILE =
  /(^|[._-])(ids?|uuid|guid|time|timestamp|date|duration|latency|elapsed|ms|ns|session|conversation|thread|pid|host|hostname|address|port|ip|url|trace|run|seed)($|[._-])/;

/** Whether an attribute that no canonical field holds says the same of a span in every run, by its key. */
export function isStable(key: string): boolean {
  if (STABLE.test(key)) return true;
  const words = key.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return !CONVENTIONS.has(words.split(/[./:]/)[0] ?? "") && !VOLATILE.test(words);
}

const IN_NAMES =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?|\b(?=\w*\d)[0-9a-f]{16,}\b|\b(?:call|toolu)_\w{8,}/gi;

/** A name with the ids and times in it counting as any other. */
export function settledName(name: string): string {
  return name.replaceAll(IN_NAMES, "[id]");
}

/** Recorded JSON as canonical JSON, so that the order of keys does not count; any other text as it is. */
function settledJson(recorded: string | undefined): string | undefined {
  if (recorded === undefined) return undefined;
  try {
    return canonicalJson(JSON.parse(recorded));
  } catch {
    return recorded;
  }
}

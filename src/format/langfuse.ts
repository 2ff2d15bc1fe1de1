import type { Attributes, AttributeValue, Scope, Span } from "../trace/span.ts";
import { canonicalJson } from "../core/json.ts";
import { given, plainAttributes, plainValue } from "./attributes.ts";
import { type StoredEvaluation, withEvaluations } from "./evaluations.ts";
import type { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { firstOf, isObject, jsonObjectIn, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { hasRecord, recordsIn } from "./records.ts";
import { timeOf } from "./times.ts";

const TYPES = /^(?:SPAN|GENERATION|EVENT|AGENT|TOOL|CHAIN|RETRIEVER|EVALUATOR|EMBEDDING|GUARDRAIL)$/i;

/** The lists that observations stand in. A downloaded trace has them twice: whole beside the trace, and short in it. */
const HOLDERS = ["observations", "trace", "data", "traces"];

/**
 * Langfuse: a trace as downloaded (`{ trace, observations }`), as its API gives it (with `observations` in it), lists of
 * observations, and exports with snake_case names. Metadata may be an object or JSON text, and holds the attributes,
 * resource and scope of what came by OpenTelemetry.
 */
export const LANGFUSE: JsonFormat = {
  format: "langfuse-json",
  sign: 'Langfuse ("observations", or objects with "traceId", "type" and "startTime")',
  isOne: (document) => hasRecord(document, isObservation, HOLDERS),
  read: readLangfuse,
  isGathered: true,
};

const has = (record: JsonObject, ...keys: readonly string[]): boolean => keys.some((key) => key in record);

function isObservation(record: JsonObject): boolean {
  return (
    TYPES.test(textOr(record["type"])) &&
    has(record, "traceId", "trace_id") &&
    has(record, "startTime", "start_time") &&
    !has(record, "spanId", "span_id", "context")
  );
}

function readLangfuse(document: unknown, file: string, faults: TraceFaults): readonly Span[] {
  const seen = new Set<string>();
  const traces = new Map<string, JsonObject>();
  for (const { record } of recordsIn(document, isTrace, HOLDERS)) traces.set(textOr(record["id"]), record);
  const spans = recordsIn(document, isObservation, HOLDERS, faults).flatMap(({ record, where }) => {
    // The lists of one download repeat each other, not a span.
    const list = where.replace(/\[\d+\]$/, "");
    const key = `${textOr(firstOf(record, ["traceId", "trace_id"]))}/${textOr(record["id"])}`;
    if (list.endsWith(".trace.observations") && seen.has(key)) return [];
    seen.add(key);
    return [readObservation(record, traces, `${file}: ${where}`, faults)];
  });
  return withEvaluations(spans, scoresIn(document), faults);
}

/** Scores stand beside the observations, or in the trace; of one download both lists may be there. */
function scoresIn(document: unknown): readonly StoredEvaluation[] {
  const scores = new Map<unknown, StoredEvaluation>();
  for (const { record, where } of recordsIn(document, isScore, [...HOLDERS, "scores"])) {
    const isCategory = /^(?:CATEGORICAL|TEXT)$/i.test(textOr(firstOf(record, ["dataType", "data_type"])));
    scores.set(record["id"] ?? where, {
      traceId: readId(firstOf(record, ["traceId", "trace_id"]), "trace") ?? "",
      spanId: readId(firstOf(record, ["observationId", "observation_id"]), "span"),
      name: textOr(record["name"]),
      value: isCategory ? firstOf(record, ["stringValue", "string_value", "value"]) : record["value"],
      explanation: record["comment"],
      timeUnixNano: timeOf(record["timestamp"]),
    });
  }
  return [...scores.values()];
}

function isScore(record: JsonObject): boolean {
  return (
    has(record, "value", "stringValue", "string_value") &&
    has(record, "name") &&
    has(record, "traceId", "trace_id") &&
    has(record, "source", "dataType", "data_type")
  );
}

function isTrace(record: JsonObject): boolean {
  return (
    has(record, "id") && has(record, "timestamp") && has(record, "projectId", "userId", "sessionId", "observations")
  );
}

function readObservation(
  record: JsonObject,
  traces: ReadonlyMap<string, JsonObject>,
  where: string,
  faults: TraceFaults,
): Span {
  const ownTraceId = firstOf(record, ["traceId", "trace_id"]);
  const traceId = readId(ownTraceId, "trace") ?? "";
  const spanId = readId(record["id"], "span") ?? "";
  if (traceId === "" || spanId === "") faults.add(where, "the observation lacks an id", "It needs id and traceId.");
  const parentSpanId = readId(firstOf(record, ["parentObservationId", "parent_observation_id"]), "span");
  const start = timeOf(firstOf(record, ["startTime", "start_time"]));
  if (start === undefined) faults.add(`${where}.startTime`, "this is no time", "Write it as ISO 8601.");
  const end = timeOf(firstOf(record, ["endTime", "end_time"]));
  const metadata = jsonObjectIn(record["metadata"]);
  const message = textOr(firstOf(record, ["statusMessage", "status_message"]));
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: textOr(record["name"]),
    spanKind: "unspecified",
    startTimeUnixNano: start ?? 0n,
    ...endOf(record, start, end),
    status: { code: record["level"] === "ERROR" ? "error" : "unset", ...(message !== "" && { message }) },
    attributes: {
      ...attributesOf(metadata, where, faults),
      ...traceAttributes(objectOr(traces.get(textOr(ownTraceId)))),
      ...observationAttributes(record, where, faults),
    },
    events: [],
    links: [],
    resource: resourceOf(plainAttributes(metadata["resourceAttributes"], where, faults)),
    scope: scopeOf(metadata["scope"]),
  };
}

/** An event is a moment and has no end. */
function endOf(record: JsonObject, start: bigint | undefined, end: bigint | undefined): { endTimeUnixNano?: bigint } {
  if (end !== undefined) return { endTimeUnixNano: end };
  return textOr(record["type"]).toUpperCase() === "EVENT" && start !== undefined ? { endTimeUnixNano: start } : {};
}

/** The attributes of a span that came by OpenTelemetry, or else the metadata under Langfuse's own prefix. */
function attributesOf(metadata: JsonObject, where: string, faults: TraceFaults): Attributes {
  const { attributes, resourceAttributes: _resource, scope: _scope, ...rest } = metadata;
  return {
    ...Object.fromEntries(
      Object.entries(plainAttributes(rest, where, faults)).map(([key, value]) => [
        `langfuse.observation.metadata.${key}`,
        value,
      ]),
    ),
    ...plainAttributes(isObject(attributes) ? attributes : {}, where, faults),
  };
}

function traceAttributes(trace: JsonObject): Attributes {
  return given({
    "langfuse.trace.name": textOr(trace["name"]) || undefined,
    "session.id": textOr(firstOf(trace, ["sessionId", "session_id"])) || undefined,
    "user.id": textOr(firstOf(trace, ["userId", "user_id"])) || undefined,
  });
}

function observationAttributes(record: JsonObject, where: string, faults: TraceFaults): Attributes {
  const value = (...keys: readonly string[]): AttributeValue => plainValue(firstOf(record, keys), where, faults);
  const details = (...keys: readonly string[]): AttributeValue | undefined => {
    const stated = plainAttributes(jsonObjectIn(firstOf(record, keys)), where, faults);
    return Object.keys(stated).length === 0 ? undefined : stated;
  };
  const usage = details("usageDetails", "usage_details") ?? details("usage");
  const cost = details("costDetails", "cost_details");
  return given({
    "langfuse.observation.type": textOr(record["type"]).toLowerCase(),
    "langfuse.observation.level": value("level"),
    "langfuse.observation.model.name": value("model", "providedModelName", "provided_model_name"),
    "langfuse.observation.model.parameters": details("modelParameters", "model_parameters"),
    "langfuse.observation.input": ioText(value("input")),
    "langfuse.observation.output": ioText(value("output")),
    "langfuse.observation.usage_details": usage,
    "langfuse.observation.cost_details": cost,
    "langfuse.observation.completion_start_time": value("completionStartTime", "completion_start_time"),
    "langfuse.observation.prompt.name": value("promptName", "prompt_name"),
    "langfuse.environment": value("environment"),
    "langfuse.version": value("version"),
  });
}

/** The SDKs' placeholder for a service that nobody named, which the rest of a Langfuse export shows nowhere, is no name. */
function resourceOf({ "service.name": service, ...rest }: Attributes): Attributes {
  const isNamed = typeof service === "string" && !/^unknown_service(?::|$)/.test(service);
  return isNamed ? { ...rest, "service.name": service } : rest;
}

/** Input and output are JSON text on a span; an export may have parsed them. */
function ioText(value: AttributeValue): AttributeValue {
  return typeof value === "object" && value !== null ? canonicalJson(value) : value;
}

function scopeOf(value: unknown): Scope {
  const { name, version } = objectOr(value);
  return { name: textOr(name), ...(typeof version === "string" && version !== "" && { version }) };
}

import type { Attributes, Span } from "../trace/span.ts";
import { given, plainAttributes } from "./attributes.ts";
import type { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { isList, isObject, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { hasRecord, recordsIn } from "./records.ts";
import { timeOf } from "./times.ts";

/**
 * What the OpenAI Agents SDKs post to their tracing endpoint: `trace` and `trace.span` objects in any order, in `data` of
 * a post, in a list, or one a line. A trace object names its spans' workflow and group; it is no span itself.
 */
export const OPENAI_AGENTS: JsonFormat = {
  format: "openai-agents",
  sign: 'OpenAI Agents tracing ("object": "trace.span")',
  isOne: (document) => hasRecord(document, isItem),
  read: readOpenAiAgents,
  isGathered: true,
};

function isItem(record: JsonObject): boolean {
  return record["object"] === "trace.span" || (record["object"] === "trace" && "workflow_name" in record);
}

function readOpenAiAgents(document: unknown, file: string, faults: TraceFaults): readonly Span[] {
  const items = recordsIn(document, isItem, undefined, faults);
  const traces = new Map(
    items.flatMap(({ record }) => (record["object"] === "trace" ? [[textOr(record["id"]), record] as const] : [])),
  );
  return items
    .filter(({ record }) => record["object"] === "trace.span")
    .map(({ record, where }) => readSpan(record, traces, `${file}: ${where}`, faults));
}

function readSpan(
  record: JsonObject,
  traces: ReadonlyMap<string, JsonObject>,
  where: string,
  faults: TraceFaults,
): Span {
  const ownTraceId = textOr(record["trace_id"]);
  const traceId = readId(ownTraceId.replace(/^trace_(?=[0-9a-f]{32}$)/i, ""), "trace") ?? "";
  const spanId = readId(record["id"], "span") ?? "";
  if (traceId === "" || spanId === "") faults.add(where, "the span lacks an id", "It needs id and trace_id.");
  const parentSpanId = readId(record["parent_id"], "span");
  const end = timeOf(record["ended_at"]);
  const data = objectOr(record["span_data"]);
  const error = record["error"];
  const message = isObject(error) ? textOr(error["message"]) : textOr(error);
  const isError = isObject(error) || message !== "";
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: nameOf(data),
    spanKind: "internal",
    startTimeUnixNano: timeOf(record["started_at"]) ?? 0n,
    ...(end !== undefined && { endTimeUnixNano: end }),
    status: { code: isError ? "error" : "unset", ...(message !== "" && { message }) },
    attributes: {
      ...traceAttributes(objectOr(traces.get(ownTraceId)), where, faults),
      ...spanData(data, where, faults),
      ...(isError && isObject(error) && plainAttributes({ "error.data": error["data"] }, where, faults)),
    },
    events: [],
    links: [],
    resource: {},
    scope: { name: "openai-agents" },
  };
}

function nameOf(data: JsonObject): string {
  const type = textOr(data["type"]);
  const names = [data["name"], data["to_agent"], data["server"], data["model"]].map((name) => textOr(name));
  const name = names.find((each) => each !== "");
  return name === undefined ? type : `${type} ${name}`;
}

function traceAttributes(trace: JsonObject, where: string, faults: TraceFaults): Attributes {
  const metadata = plainAttributes(trace["metadata"], where, faults);
  return given({
    "openai_agents.workflow_name": textOr(trace["workflow_name"]) || undefined,
    "openai_agents.group_id": textOr(trace["group_id"]) || undefined,
    "openai_agents.metadata": Object.keys(metadata).length === 0 ? undefined : metadata,
  });
}

/** The members of `span_data`, each under `span_data.`; chat completions keep their usage in the output. */
function spanData(data: JsonObject, where: string, faults: TraceFaults): Attributes {
  const [first]: readonly unknown[] = isList(data["output"]) ? data["output"] : [];
  const { usage } = objectOr(first);
  const members = plainAttributes(usage === undefined ? data : { usage, ...data }, where, faults);
  return given(Object.fromEntries(Object.entries(members).map(([key, value]) => [`span_data.${key}`, value])));
}

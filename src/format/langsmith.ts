import { canonicalJson } from "../core/json.ts";
import type { Attributes, AttributeValue, Span, SpanEvent } from "../trace/span.ts";
import { given, plainAttributes, plainValue } from "./attributes.ts";
import type { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { firstOf, isList, isObject, jsonObjectIn, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { hasRecord, nestedRecords, recordsIn, type PlacedRecord } from "./records.ts";
import { timeOf } from "./times.ts";

const HOLDERS = ["runs", "data", "post", "patch", "items", "traces"];

/**
 * LangSmith: runs in a list, one a line, nested in `child_runs`, or as its API takes them (`post` and `patch`, where a
 * patch completes what was posted). A run's trace is the root run: `trace_id`, or the first id of `dotted_order`.
 */
export const LANGSMITH: JsonFormat = {
  format: "langsmith-json",
  sign: 'LangSmith runs ("run_type")',
  isOne: (document) => hasRecord(document, isRun, HOLDERS),
  read: readLangsmith,
  isGathered: true,
};

function isRun(record: JsonObject): boolean {
  return (
    "id" in record &&
    ("run_type" in record || "runType" in record) &&
    ["start_time", "startTime", "dotted_order", "trace_id", "parent_run_id"].some((key) => key in record)
  );
}

/** A patch may leave out all that it does not change. */
function isRunOrPatch(record: JsonObject): boolean {
  return isRun(record) || ("id" in record && "dotted_order" in record && "trace_id" in record);
}

function readLangsmith(document: unknown, file: string, faults: TraceFaults): readonly Span[] {
  const records = nestedRecords(recordsIn(document, isRunOrPatch, HOLDERS, faults), ["child_runs"]);
  const runs = completed(records);
  const rootOf = new Map<string, string>();
  return runs.map(({ record, where, parent }) => {
    const id = textOr(record["id"]);
    const parentId = textOr(firstOf(record, ["parent_run_id", "parentRunId"])) || textOr(parent?.["id"]);
    const trace = textOr(record["trace_id"]) || firstRunOf(record) || (rootOf.get(parentId) ?? id);
    rootOf.set(id, trace);
    return readRun(record, { where: `${file}: ${where}`, id, parentId, trace, faults });
  });
}

type PlacedRun = PlacedRecord & { readonly parent?: JsonObject };

/** One record for each post and the patch that completes it. Whole runs that share an id stay as they are. */
function completed(records: readonly PlacedRun[]): readonly PlacedRun[] {
  const posted = new Map<string, PlacedRun[]>();
  for (const placed of records) {
    const id = textOr(placed.record["id"]);
    const known = posted.get(id);
    const isHalf = !isRun(placed.record) || known?.some(({ record }) => !("end_time" in record));
    const last = known?.at(-1);
    if (known === undefined) posted.set(id, [placed]);
    else if (isHalf === true && last !== undefined) {
      known[known.length - 1] = { ...last, record: { ...last.record, ...stated(placed.record) } };
    } else known.push(placed);
  }
  return [...posted.values()].flat();
}

function stated(record: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null && value !== undefined));
}

/** `<time>Z<id of the root>.<time>Z<id>…` */
function firstRunOf(record: JsonObject): string {
  return /^\d{8}T\d+Z([0-9a-f-]{36})/i.exec(textOr(record["dotted_order"]))?.[1] ?? "";
}

interface RunPlace {
  readonly where: string;
  readonly id: string;
  readonly parentId: string;
  readonly trace: string;
  readonly faults: TraceFaults;
}

function readRun(record: JsonObject, { where, id, parentId, trace, faults }: RunPlace): Span {
  if (id === "") faults.add(where, "the run lacks an id", "It needs id.");
  const start = timeOf(firstOf(record, ["start_time", "startTime"]));
  const end = timeOf(firstOf(record, ["end_time", "endTime"]));
  const error = textOr(record["error"]);
  const status = textOr(record["status"]);
  const isError = error !== "" || status === "error";
  return {
    traceId: readId(trace, "trace") ?? "",
    spanId: readId(id, "span") ?? "",
    ...(parentId !== "" && { parentSpanId: parentId }),
    name: textOr(record["name"]),
    spanKind: "internal",
    startTimeUnixNano: start ?? 0n,
    ...(end !== undefined && { endTimeUnixNano: end }),
    status: {
      code: isError ? "error" : status === "success" ? "ok" : "unset",
      ...(error !== "" && { message: error }),
    },
    attributes: runAttributes(record, where, faults),
    events: eventsOf(record, where, faults),
    links: [],
    resource: {},
    scope: { name: "langsmith" },
  };
}

function runAttributes(record: JsonObject, where: string, faults: TraceFaults): Attributes {
  const extra = jsonObjectIn(record["extra"]);
  const metadata = plainAttributes(extra["metadata"], where, faults);
  const outputs = jsonObjectIn(record["outputs"]);
  const called = objectOr(extra["invocation_params"]);
  const usage = objectOr(firstOf(outputs, ["usage_metadata"]) ?? objectOr(extra["metadata"])["usage_metadata"]);
  const value = (...keys: readonly string[]): AttributeValue => plainValue(firstOf(record, keys), where, faults);
  const tokens = (key: string, ...keys: readonly string[]): AttributeValue =>
    value(...keys) ?? plainValue(usage[key], where, faults);
  return given({
    ...Object.fromEntries(Object.entries(metadata).map(([key, each]) => [`langsmith.metadata.${key}`, each])),
    "langsmith.span.kind": value("run_type", "runType"),
    "langsmith.span.tags": value("tags"),
    "langsmith.span.dotted_order": value("dotted_order"),
    "langsmith.trace.session_name": value("session_name"),
    first_token_time: value("first_token_time", "firstTokenTime"),
    "langsmith.inputs": jsonText(value("inputs")),
    "langsmith.outputs": jsonText(value("outputs")),
    "gen_ai.request.model":
      metadata["ls_model_name"] ?? plainValue(firstOf(called, ["model", "model_name"]), where, faults),
    "gen_ai.usage.input_tokens": tokens("input_tokens", "prompt_tokens", "input_tokens"),
    "gen_ai.usage.output_tokens": tokens("output_tokens", "completion_tokens", "output_tokens"),
    "gen_ai.usage.total_tokens": tokens("total_tokens", "total_tokens"),
    "gen_ai.usage.cost": tokens("total_cost", "total_cost"),
    "gen_ai.conversation.id": metadata["thread_id"] ?? metadata["session_id"] ?? metadata["conversation_id"],
  });
}

function jsonText(value: AttributeValue): AttributeValue {
  return typeof value === "object" && value !== null ? canonicalJson(value) : value;
}

function eventsOf(record: JsonObject, where: string, faults: TraceFaults): readonly SpanEvent[] {
  const events = isList(record["events"]) ? record["events"].filter(isObject) : [];
  return events.map(({ name, time, ...rest }) => ({
    name: textOr(name),
    timeUnixNano: timeOf(time) ?? 0n,
    attributes: plainAttributes(rest, where, faults),
  }));
}

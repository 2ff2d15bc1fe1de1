import { canonicalJson } from "../core/json.ts";
import type { Attributes, AttributeValue, Span, SpanEvent } from "../trace/span.ts";
import { given, plainAttributes, plainValue } from "./attributes.ts";
import type { TraceFaults } from "./faults.ts";
import { madeId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { isList, isObject, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { hasRecord, recordsIn } from "./records.ts";
import { timeOf } from "./times.ts";

/**
 * Inspect's event streams: a log with `samples`, one sample, or its `events` one a line. Each sample is a trace.
 *
 * `span_begin` and `span_end` (before them, `step` with an action) are a span, and so are a model and a tool event, in
 * OpenTelemetry's GenAI words, and a score. Other events are events of the span they are in.
 */
export const INSPECT: JsonFormat = {
  format: "inspect-json",
  sign: 'Inspect event streams ("events" with "event": "span_begin")',
  isOne: (document) => hasRecord(document, isSample, ["samples"]) || hasRecord(document, isEvent),
  read: readInspect,
  isGathered: true,
};

/** Every event says when it came, and by the sample's working clock too. */
function isEvent(record: JsonObject): boolean {
  return typeof record["event"] === "string" && "timestamp" in record && "working_start" in record;
}

function isSample(record: JsonObject): boolean {
  const { events } = record;
  if (!isList(events)) return false;
  if (events.length === 0) return "expected" in record || ("epoch" in record && "input" in record);
  return events.slice(0, 20).some((event) => isObject(event) && isEvent(event));
}

function readInspect(document: unknown, file: string, faults: TraceFaults): readonly Span[] {
  const samples = recordsIn(document, isSample, ["samples"]);
  if (samples.length === 0) return readEvents({}, isList(document) ? document : [document], file, faults);
  return samples.flatMap(({ record, where }) => {
    const events = isList(record["events"]) ? record["events"] : [];
    return readEvents(record, events, `${file}: ${where}`, faults);
  });
}

/** A span while its end has not come. */
interface Begun {
  readonly name: string;
  readonly span: Span;
  end: bigint | undefined;
  readonly events: SpanEvent[];
}

/** One sample while its events are read. */
interface Stream {
  readonly traceId: string;
  /** What ids are made from besides an event's own. */
  readonly seed: string;
  readonly begun: Map<string, Begun>;
  /** The steps that are open, of logs from before there were spans. */
  readonly steps: Begun[];
  readonly spans: Begun[];
  readonly where: string;
  readonly faults: TraceFaults;
}

function readEvents(sample: JsonObject, list: readonly unknown[], where: string, faults: TraceFaults): readonly Span[] {
  const events = list.filter(isObject);
  const { uuid, id, timestamp } = events.find(isEvent) ?? {};
  const seed = canonicalJson([sample["uuid"], sample["id"], sample["epoch"], uuid, id, timestamp]);
  const traceId = madeId("trace", seed);
  const stream: Stream = { traceId, seed, begun: new Map(), steps: [], spans: [], where, faults };
  const open = events.map((event, index) => ({ event, place: String(index) })).toReversed();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { event, place } = next;
    take(stream, event, place);
    // Events of its own that a tool event holds come right after it.
    const inner = event["event"] === "tool" && isList(event["events"]) ? event["events"].filter(isObject) : [];
    for (let at = inner.length - 1; at >= 0; at--) open.push({ event: inner[at] ?? {}, place: `${place}.${at}` });
  }
  return stream.spans.map(({ span, end, events: within }) => ({
    ...span,
    ...(end !== undefined && { endTimeUnixNano: end }),
    events: within,
  }));
}

function take(stream: Stream, event: JsonObject, place: string): void {
  const { begun, steps } = stream;
  const time = timeOf(event["timestamp"]) ?? 0n;
  const type = textOr(event["event"]);
  const parent = begun.get(textOr(event["span_id"])) ?? steps.at(-1);
  if (type === "span_begin") {
    const id = textOr(event["id"]);
    begun.set(id, begin(stream, id, begun.get(textOr(event["parent_id"])), event));
  } else if (type === "span_end") {
    const ended = begun.get(textOr(event["id"]));
    if (ended !== undefined) ended.end = time;
  } else if (type === "step" && event["action"] === "begin") {
    steps.push(begin(stream, `step-${place}`, steps.at(-1), event));
  } else if (type === "step") endStep(steps, textOr(event["name"]), time);
  else if (parent === undefined || CALLS.has(type)) addCall(stream, event, place, parent);
  else parent.events.push({ name: type, timeUnixNano: time, attributes: detailsOf(stream, event) });
}

function begin(stream: Stream, id: string, above: Begun | undefined, event: JsonObject): Begun {
  const kind = textOr(event["type"]);
  const name = textOr(event["name"]);
  const attributes = given({
    "inspect.span.type": kind || undefined,
    ...(kind === "agent" && { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name }),
    "inspect.metadata": nonEmpty(plainAttributes(event["metadata"], stream.where, stream.faults)),
  });
  const span = spanOf(stream, id, above, event, { name, attributes });
  const made: Begun = { name, span, end: undefined, events: [] };
  stream.spans.push(made);
  return made;
}

/** Ends the innermost step of that name; the steps inside of it that never ended stay open. */
function endStep(steps: Begun[], name: string, time: bigint): void {
  const at = steps.findLastIndex((step) => step.name === name);
  const ended = at === -1 ? undefined : steps.splice(at)[0];
  if (ended !== undefined) ended.end = time;
}

function addCall(stream: Stream, event: JsonObject, place: string, parent: Begun | undefined): void {
  const [name, attributes] = callOf(stream, event);
  const span = spanOf(stream, `event-${textOr(event["uuid"]) || place}`, parent, event, { name, attributes });
  const error = event["error"];
  const message = isObject(error) ? textOr(error["message"]) : textOr(error);
  const isError = isObject(error) || message !== "";
  const status = isError ? ({ code: "error", ...(message !== "" && { message }) } as const) : span.status;
  const end = timeOf(event["completed"]) ?? span.startTimeUnixNano;
  stream.spans.push({ name, span: { ...span, status }, end, events: [] });
}

function callOf(stream: Stream, event: JsonObject): readonly [name: string, attributes: Attributes] {
  const { where, faults } = stream;
  const type = textOr(event["event"]);
  if (type === "model") {
    const model = textOr(event["model"]);
    const output = objectOr(event["output"]);
    const usage = plainAttributes(output["usage"], where, faults);
    return [
      `chat ${model}`,
      given({
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model || undefined,
        "gen_ai.response.model": textOr(output["model"]) || undefined,
        "gen_ai.usage.input_tokens": usage["input_tokens"],
        "gen_ai.usage.output_tokens": usage["output_tokens"],
      }),
    ];
  }
  if (type === "tool") {
    const name = textOr(event["function"]);
    return [
      `execute_tool ${name}`,
      given({
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name || undefined,
        "gen_ai.tool.call.id": textOr(event["id"]) || undefined,
        "gen_ai.tool.call.arguments": jsonText(plainValue(event["arguments"], where, faults)),
        "gen_ai.tool.call.result": jsonText(plainValue(event["result"], where, faults)),
      }),
    ];
  }
  return [type, { ...detailsOf(stream, event), ...(type === "score" && { "openinference.span.kind": "EVALUATOR" }) }];
}

function spanOf(
  { traceId, seed }: Stream,
  id: string,
  above: Begun | undefined,
  event: JsonObject,
  of: Pick<Span, "name" | "attributes">,
): Span {
  return {
    traceId,
    spanId: madeId("span", seed, id),
    ...(above !== undefined && { parentSpanId: above.span.spanId }),
    ...of,
    spanKind: "internal",
    startTimeUnixNano: timeOf(event["timestamp"]) ?? 0n,
    status: { code: "unset" },
    events: [],
    links: [],
    resource: {},
    scope: { name: "inspect_ai" },
  };
}

/** All that an event says, under Inspect's name. */
function detailsOf({ where, faults }: Stream, event: JsonObject): Attributes {
  const { event: type, ...rest } = event;
  return { [`inspect.${textOr(type, "event")}`]: plainAttributes(rest, where, faults) };
}

/** Events that are spans wherever they are. */
const CALLS = new Set(["model", "tool", "score"]);

function nonEmpty(attributes: Attributes): Attributes | undefined {
  return Object.keys(attributes).length === 0 ? undefined : attributes;
}

function jsonText(value: AttributeValue): AttributeValue {
  return typeof value === "object" && value !== null ? canonicalJson(value) : value;
}

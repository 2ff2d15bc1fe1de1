import type { Attributes, AttributeValue, Span } from "../trace/span.ts";
import { plainValue } from "./attributes.ts";
import { type StoredEvaluation, withEvaluations } from "./evaluations.ts";
import type { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { firstOf, isList, isObject, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { isPlainSpan, plainSpanReader } from "./plain-span.ts";
import { hasRecord, recordsIn } from "./records.ts";
import { timeOf } from "./times.ts";

const HOLDERS = ["data", "spans", "traces", "trace_data", "trace"];

/**
 * MLflow: traces as `{ info, data: { spans } }`, their data alone, or lists of both; spans of its second schema
 * (`context`, `parent_id`) and of its third (`start_time_unix_nano`, base64 ids). Attribute values are JSON text.
 */
export const MLFLOW: JsonFormat = {
  format: "mlflow-json",
  sign: 'MLflow ("info" and "data" with "spans", or spans with "mlflow.*" attributes)',
  isOne: (document) =>
    hasRecord(document, isMlflow, HOLDERS) || hasRecord(document, (record) => isTrace(record), HOLDERS),
  read: readMlflow,
};

function isTrace(record: JsonObject): boolean {
  const info = objectOr(record["info"]);
  const isInfo = "request_id" in info || "trace_id" in info || "trace_location" in info || "experiment_id" in info;
  return isInfo && isList(objectOr(record["data"])["spans"]);
}

function isMlflow(record: JsonObject): boolean {
  if (!isPlainSpan(record) || !isObject(record["attributes"])) return false;
  for (const key in record["attributes"]) if (key.startsWith("mlflow.")) return true;
  return false;
}

function readMlflow(document: unknown, file: string, faults: TraceFaults): readonly Span[] {
  const read = plainSpanReader(faults, { unit: "ns" });
  const spans = recordsIn(document, isPlainSpan, HOLDERS, faults).map(({ record, where }) => {
    const span = read(withOtelTraceId(record), `${file}: ${where}`);
    return { ...span, attributes: decoded(span.attributes, where, faults) };
  });
  const traces = recordsIn(document, isTrace, HOLDERS);
  return withEvaluations(
    spans,
    traces.flatMap(({ record }) => assessmentsOf(record)),
    faults,
  );
}

/** What was found of a trace or of one of its spans. An expectation is no finding, but what was hoped for. */
function assessmentsOf(trace: JsonObject): readonly StoredEvaluation[] {
  const list = objectOr(trace["info"])["assessments"];
  const [first] = recordsIn(trace, isPlainSpan, HOLDERS);
  const { trace_id: flat, context } = first === undefined ? {} : withOtelTraceId(first.record);
  const traceId = readId(flat ?? objectOr(context)["trace_id"], "trace") ?? "";
  return (isList(list) ? list : []).filter(isObject).flatMap((assessment): readonly StoredEvaluation[] => {
    const { feedback, rationale: explanation } = assessment;
    if (!isObject(feedback)) return [];
    return [
      {
        traceId,
        spanId: readId(assessment["span_id"], "span"),
        name: textOr(firstOf(assessment, ["assessment_name", "name"])),
        value: feedback["value"],
        explanation,
        timeUnixNano: timeOf(firstOf(assessment, ["create_time", "create_time_ms"])),
      },
    ];
  });
}

/** Some versions write MLflow's own id of the trace, `tr-` and the hex, where others write the trace id. */
function withOtelTraceId(record: JsonObject): JsonObject {
  const own = textOr(record["trace_id"]);
  const otel = textOr(record["otel_trace_id"]) || own.replace(/^tr-(?=[0-9a-f]{32}$)/i, "");
  return otel === own ? record : { ...record, trace_id: otel };
}

/** Each attribute's value out of its JSON text; what only looks like JSON stays text. */
function decoded(attributes: Attributes, where: string, faults: TraceFaults): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]): readonly [string, AttributeValue] => [
      key,
      typeof value === "string" ? decodedText(value, `${where}.${key}`, faults) : value,
    ]),
  );
}

function decodedText(text: string, where: string, faults: TraceFaults): AttributeValue {
  if (!/^(?:["{[\dtfn-])/.test(text)) return text;
  try {
    return plainValue(JSON.parse(text), where, faults);
  } catch {
    return text;
  }
}

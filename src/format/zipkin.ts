import type { Attributes, Span, SpanKind } from "../trace/span.ts";
import { given, plainAttributes } from "./attributes.ts";
import type { TraceFaults } from "./faults.ts";
import { readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { isList, isObject, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { hasRecord, recordsIn } from "./records.ts";
import { durationOf, timeOf } from "./times.ts";

const KINDS: Readonly<Record<string, SpanKind>> = {
  CLIENT: "client",
  SERVER: "server",
  PRODUCER: "producer",
  CONSUMER: "consumer",
};

/**
 * Zipkin's second format: spans in a list, traces as lists of lists, or one span. Times are microseconds; tags are texts.
 *
 * Client and server may share one span id on purpose: both halves stay, each under that id, and the server's says
 * `zipkin.shared`. Times may be missing, above all where a half was never reported.
 */
export const ZIPKIN: JsonFormat = {
  format: "zipkin-json",
  sign: 'Zipkin v2 ("traceId" and "id", with "localEndpoint", "timestamp" or "annotations")',
  isOne: (document) => hasRecord(document, isZipkin),
  read: (document, file, faults) =>
    recordsIn(document, hasIds, undefined, faults).map(({ record, where }) =>
      readSpan(record, `${file}: ${where}`, faults),
    ),
  lists: [""],
};

const SIGNS = ["localEndpoint", "remoteEndpoint", "annotations", "timestamp", "duration", "tags", "kind", "parentId"];
/** What spans of other formats have that call their ids the same. */
const FOREIGN = [
  "attributes",
  "spanId",
  "startTime",
  "start_time",
  "observations",
  "resource",
  "binaryAnnotations",
  "type",
];

function hasIds(record: JsonObject): boolean {
  return "traceId" in record && "id" in record;
}

function isZipkin(record: JsonObject): boolean {
  return (
    typeof record["traceId"] === "string" &&
    typeof record["id"] === "string" &&
    SIGNS.some((key) => key in record) &&
    !FOREIGN.some((key) => key in record)
  );
}

function readSpan(record: JsonObject, where: string, faults: TraceFaults): Span {
  const traceId = readId(record["traceId"], "trace") ?? "";
  const spanId = readId(record["id"], "span") ?? "";
  if (traceId === "" || spanId === "") faults.add(where, "the span lacks an id", "It needs traceId and id.");
  const parentSpanId = readId(record["parentId"], "span");
  const start = timeOf(record["timestamp"], "us") ?? firstAnnotation(record);
  const duration = durationOf(record["duration"], "us");
  const tags = plainAttributes(record["tags"], where, faults);
  const error = tags["error"];
  const message = typeof error === "string" && error !== "true" ? error : "";
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: textOr(record["name"]),
    spanKind: KINDS[textOr(record["kind"]).toUpperCase()] ?? "unspecified",
    startTimeUnixNano: start ?? 0n,
    ...(start !== undefined && duration !== undefined && { endTimeUnixNano: start + duration }),
    status: statusOf(tags, message),
    attributes: { ...tags, ...own(record) },
    events: annotations(record).map((annotation) => ({
      name: textOr(annotation["value"]),
      timeUnixNano: timeOf(annotation["timestamp"], "us") ?? 0n,
      attributes: {},
    })),
    links: [],
    resource: endpointAttributes(record["localEndpoint"], {
      name: "service.name",
      address: "host.ip",
      port: "service.port",
    }),
    scope: { name: textOr(tags["otel.scope.name"] ?? tags["otel.library.name"]) },
  };
}

function own(record: JsonObject): Attributes {
  return {
    ...endpointAttributes(record["remoteEndpoint"], {
      name: "peer.service",
      address: "network.peer.address",
      port: "network.peer.port",
    }),
    ...(record["shared"] === true && { "zipkin.shared": true }),
    ...(record["debug"] === true && { "zipkin.debug": true }),
  };
}

/** A tag `error` of any value is an error, also an empty one; OpenTelemetry's exporters add their own status. */
function statusOf(tags: Attributes, message: string): Span["status"] {
  const code = textOr(tags["otel.status_code"]).toLowerCase();
  const isError = "error" in tags && tags["error"] !== "false" ? true : code === "error";
  const stated = message || textOr(tags["otel.status_description"]);
  return {
    code: isError ? "error" : code === "ok" ? "ok" : "unset",
    ...(isError && stated !== "" && { message: stated }),
  };
}

function annotations(record: JsonObject): readonly JsonObject[] {
  return isList(record["annotations"]) ? record["annotations"].filter(isObject) : [];
}

function firstAnnotation(record: JsonObject): bigint | undefined {
  const times = annotations(record).flatMap(({ timestamp }) => timeOf(timestamp, "us") ?? []);
  return times.reduce<bigint | undefined>(
    (first, time) => (first === undefined || time < first ? time : first),
    undefined,
  );
}

function endpointAttributes(
  value: unknown,
  keys: { readonly name: string; readonly address: string; readonly port: string },
): Attributes {
  const { serviceName, ipv4, ipv6, port } = objectOr(value);
  return given({
    [keys.name]: textOr(serviceName) || undefined,
    [keys.address]: textOr(ipv4) || textOr(ipv6) || undefined,
    [keys.port]: typeof port === "number" && port !== 0 ? port : undefined,
  });
}

import type { Attributes, Span } from "../trace/span.ts";
import { canonicalJson } from "../core/json.ts";
import { given, plainAttributes } from "./attributes.ts";
import { statusCodeOf } from "./enums.ts";
import type { TraceFaults } from "./faults.ts";
import { madeId, readId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { isList, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { readAttributes } from "./otlp-value.ts";
import { hasRecord, nestedRecords, recordsIn } from "./records.ts";
import { timeOf } from "./times.ts";

/** What its categories are called in OpenInference. */
const MEANINGS: Readonly<Record<string, string>> = {
  llm_call: "LLM",
  tool_execution: "TOOL",
  agent_invocation: "AGENT",
  create_agent: "AGENT",
  chain_operation: "CHAIN",
  retrieval: "RETRIEVER",
  embedding: "EMBEDDING",
  guardrail: "GUARDRAIL",
};

/**
 * AgentPrism's own spans: trees with a title and a category, alone or beside a `traceRecord`. They name no trace: those
 * that stand together are one.
 */
export const AGENT_PRISM: JsonFormat = {
  format: "agent-prism",
  sign: 'AgentPrism ("title", "type" and "startTime", with "children")',
  isOne: (document) => hasRecord(document, isPrismSpan),
  read: readAgentPrism,
};

function isPrismSpan(record: JsonObject): boolean {
  return "id" in record && "title" in record && "type" in record && "startTime" in record;
}

function readAgentPrism(document: unknown, file: string, faults: TraceFaults): readonly Span[] {
  const tops = recordsIn(document, isPrismSpan, undefined, faults);
  const { id } = objectOr(objectOr(document)["traceRecord"]);
  const traceId = readId(id, "trace") ?? madeId("trace", canonicalJson(tops.map(({ record }) => record["id"])));
  return nestedRecords(tops, ["children"]).map(({ record, where, parent }) =>
    readSpan(record, traceId, parent, { where: `${file}: ${where}`, faults }),
  );
}

function readSpan(
  record: JsonObject,
  traceId: string,
  parent: JsonObject | undefined,
  { where, faults }: { readonly where: string; readonly faults: TraceFaults },
): Span {
  const spanId = readId(record["id"], "span") ?? "";
  if (spanId === "") faults.add(where, "the span lacks an id", "It needs id.");
  const parentSpanId = readId(parent?.["id"], "span");
  const end = timeOf(record["endTime"]);
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: textOr(record["title"]),
    spanKind: "unspecified",
    startTimeUnixNano: timeOf(record["startTime"]) ?? 0n,
    ...(end !== undefined && { endTimeUnixNano: end }),
    status: { code: statusCodeOf(record["status"]) },
    attributes: attributesOf(record, where, faults),
    events: [],
    links: [],
    resource: {},
    scope: { name: "agent-prism" },
  };
}

/** The source's own attributes where there are some, and what AgentPrism has made of them. */
function attributesOf(record: JsonObject, where: string, faults: TraceFaults): Attributes {
  const own = isList(record["attributes"]) ? readAttributes(record["attributes"], where, faults) : {};
  const usage = objectOr(record["tokenUsage"]);
  const tokens = (type: string): number | undefined => {
    const { tokens: count } = objectOr(usage[type]);
    return typeof count === "number" ? count : undefined;
  };
  return {
    ...given({
      "openinference.span.kind": MEANINGS[textOr(record["type"])],
      "input.value": textOr(record["input"]) || undefined,
      "output.value": textOr(record["output"]) || undefined,
      "llm.token_count.prompt": tokens("input"),
      "llm.token_count.completion": tokens("output"),
    }),
    ...plainAttributes({ metadata: record["metadata"] }, where, faults),
    ...own,
  };
}

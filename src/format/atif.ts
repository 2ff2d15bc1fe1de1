import { canonicalJson } from "../core/json.ts";
import type { Attributes, AttributeValue, Span } from "../trace/span.ts";
import { given, plainAttributes, plainValue } from "./attributes.ts";
import type { TraceFaults } from "./faults.ts";
import { madeId } from "./ids.ts";
import type { JsonFormat } from "./json-format.ts";
import { isList, isObject, objectOr, textOr, type JsonObject } from "./json-value.ts";
import { hasRecord, recordsIn } from "./records.ts";
import { timeOf } from "./times.ts";

/**
 * Harbor's Agent Trajectory Interchange Format: one trajectory, several in a list, or several by name in an object.
 *
 * A trajectory becomes an agent with a model call for each of its own steps and a tool call for each of theirs, in the
 * words of OpenTelemetry's GenAI conventions. A step lasts until the next. A trajectory that a tool's observation refers to
 * hangs under that tool, in its trace. Steps copied from another trajectory are no model calls. Ids are made from the
 * session's and the step's.
 */
export const ATIF: JsonFormat = {
  format: "atif",
  sign: 'ATIF trajectories ("schema_version": "ATIF-…")',
  isOne: (document) => hasRecord(byName(document), isTrajectory),
  read: readAtif,
  isGathered: true,
};

function isTrajectory(record: JsonObject): boolean {
  return textOr(record["schema_version"]).startsWith("ATIF") && isList(record["steps"]);
}

/** The values of an object that names its trajectories. */
function byName(document: unknown): unknown {
  if (!isObject(document) || isTrajectory(document)) return document;
  const values = Object.values(document);
  return values.some((value) => isObject(value) && isTrajectory(value)) ? values : document;
}

interface Placement {
  readonly traceId: string;
  readonly parentSpanId: string;
}

function readAtif(document: unknown, file: string, faults: TraceFaults): readonly Span[] {
  const list = isList(document) ? document.flatMap((each) => byName(each)) : byName(document);
  const trajectories = recordsIn(list, isTrajectory, undefined, faults);
  const placements = placementsOf(trajectories.map(({ record }) => record));
  return trajectories.flatMap(({ record, where }) => {
    const session = sessionOf(record);
    const placement = placements.get(session);
    const traceId = placement?.traceId ?? madeId("trace", session);
    return readTrajectory(record, traceId, placement?.parentSpanId, `${file}: ${where}`, faults);
  });
}

function sessionOf(record: JsonObject): string {
  return textOr(record["session_id"]) || textOr(record["trajectory_id"]) || canonicalJson(record["steps"]);
}

/** Where each trajectory hangs that a tool of another refers to, in the trace of the first of that line. */
function placementsOf(trajectories: readonly JsonObject[]): ReadonlyMap<string, Placement> {
  const referrers = new Map<string, { readonly session: string; readonly spanId: string }>();
  for (const record of trajectories) {
    const session = sessionOf(record);
    for (const [step, index] of stepsOf(record)) {
      for (const result of resultsOf(step)) {
        const spanId = madeId("span", session, String(index), callIdOf(result));
        for (const reference of objectsIn(result["subagent_trajectory_ref"])) {
          const to = textOr(reference["session_id"]) || textOr(reference["trajectory_id"]);
          if (to !== "" && to !== session && !referrers.has(to)) referrers.set(to, { session, spanId });
        }
      }
    }
  }
  return new Map(
    [...referrers].map(([session, { spanId }]) => {
      const seen = new Set([session]);
      let first = session;
      for (let up = referrers.get(first); up !== undefined && !seen.has(up.session); up = referrers.get(first)) {
        first = up.session;
        seen.add(first);
      }
      return [session, { traceId: madeId("trace", first), parentSpanId: spanId }];
    }),
  );
}

function stepsOf(record: JsonObject): readonly (readonly [step: JsonObject, index: number])[] {
  return objectsIn(record["steps"]).map((step, index) => [step, index] as const);
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return isList(value) ? value.filter(isObject) : [];
}

function resultsOf(step: JsonObject): readonly JsonObject[] {
  return objectsIn(objectOr(step["observation"])["results"]);
}

const callIdOf = (result: JsonObject): string => textOr(result["source_call_id"]);

function readTrajectory(
  record: JsonObject,
  traceId: string,
  parentSpanId: string | undefined,
  where: string,
  faults: TraceFaults,
): readonly Span[] {
  const session = sessionOf(record);
  const agent = objectOr(record["agent"]);
  const agentName = textOr(agent["name"]);
  const steps = stepsOf(record);
  const times = timesOf(steps.map(([step]) => step));
  const [start, end] = [times[0] ?? 0n, times.at(-1) ?? 0n];
  const root = spanOf({
    traceId,
    spanId: madeId("span", session),
    parentSpanId,
    name: agentName === "" ? "invoke_agent" : `invoke_agent ${agentName}`,
    times: [start, end],
    attributes: given({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": agentName || undefined,
      "gen_ai.agent.version": textOr(agent["version"]) || undefined,
      "gen_ai.conversation.id": textOr(record["session_id"]) || undefined,
      "atif.schema_version": textOr(record["schema_version"]),
      "atif.final_metrics": nonEmpty(plainAttributes(record["final_metrics"], where, faults)),
    }),
  });
  const inner = steps.flatMap(([step, index]) => {
    if (step["source"] !== "agent") return [];
    const at = [times[index] ?? start, times[index + 1] ?? times[index] ?? end] as const;
    const of = { traceId, parentSpanId: root.spanId, times: at };
    const model = textOr(step["model_name"]) || textOr(agent["model_name"]);
    const call = spanOf({
      ...of,
      spanId: madeId("span", session, String(index)),
      name: model === "" ? "chat" : `chat ${model}`,
      attributes: stepAttributes(step, model, where, faults),
    });
    return [
      ...(step["is_copied_context"] === true ? [] : [call]),
      ...toolSpans(step, session, index, of, where, faults),
    ];
  });
  return [root, ...inner];
}

/** When each step starts; one that does not say it starts with the one before. */
function timesOf(steps: readonly JsonObject[]): readonly bigint[] {
  let last = steps.map(({ timestamp }) => timeOf(timestamp)).find((time) => time !== undefined) ?? 0n;
  return steps.map(({ timestamp }) => (last = timeOf(timestamp) ?? last));
}

function nonEmpty(attributes: Attributes): Attributes | undefined {
  return Object.keys(attributes).length === 0 ? undefined : attributes;
}

function stepAttributes(step: JsonObject, model: string, where: string, faults: TraceFaults): Attributes {
  const metrics = plainAttributes(step["metrics"], where, faults);
  return given({
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": model || undefined,
    "gen_ai.usage.input_tokens": metrics["prompt_tokens"],
    "gen_ai.usage.output_tokens": metrics["completion_tokens"],
    "gen_ai.usage.cache_read.input_tokens": metrics["cached_tokens"],
    "gen_ai.usage.cost": metrics["cost_usd"],
    "atif.step_id": plainValue(step["step_id"], where, faults),
    "atif.message": jsonText(plainValue(step["message"], where, faults)),
    "atif.reasoning_content": textOr(step["reasoning_content"]) || undefined,
  });
}

interface StepPlace {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly times: readonly [start: bigint, end: bigint];
}

function toolSpans(
  step: JsonObject,
  session: string,
  index: number,
  place: StepPlace,
  where: string,
  faults: TraceFaults,
): readonly Span[] {
  const results = new Map(resultsOf(step).map((result) => [callIdOf(result), result]));
  return objectsIn(step["tool_calls"]).map((call) => {
    const name = textOr(call["function_name"]);
    const id = textOr(call["tool_call_id"]);
    const result = results.get(id);
    return spanOf({
      ...place,
      spanId: madeId("span", session, String(index), id),
      name: `execute_tool ${name}`,
      attributes: given({
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name || undefined,
        "gen_ai.tool.call.id": id || undefined,
        "gen_ai.tool.call.arguments": jsonText(plainValue(call["arguments"], where, faults)),
        "gen_ai.tool.call.result": jsonText(plainValue(result?.["content"], where, faults)),
      }),
    });
  });
}

function jsonText(value: AttributeValue): AttributeValue {
  return typeof value === "object" && value !== null ? canonicalJson(value) : value;
}

function spanOf(of: {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly times: readonly [start: bigint, end: bigint];
  readonly attributes: Attributes;
}): Span {
  return {
    traceId: of.traceId,
    spanId: of.spanId,
    ...(of.parentSpanId !== undefined && { parentSpanId: of.parentSpanId }),
    name: of.name,
    spanKind: "internal",
    startTimeUnixNano: of.times[0],
    endTimeUnixNano: of.times[1],
    status: { code: "unset" },
    attributes: of.attributes,
    events: [],
    links: [],
    resource: {},
    scope: { name: "atif" },
  };
}

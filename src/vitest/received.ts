import type { ReadableSpan } from "@opentelemetry/sdk-trace-node";
import type { Subject } from "../check/expectation.ts";
import type { PropagationPolicy } from "../check/propagation/policy.ts";
import { spanOf } from "../telemetry/record.ts";
import type { Span } from "../trace/span.ts";
import { type Tree, buildTrees } from "../trace/tree.ts";

/** What a matcher takes for a trace; each is known by its form, since it may come from another copy of this package. */
const TAKEN =
  "a run or its result, what collectTrace or readTrace gave, a tree or trees, spans of Troupe or of OpenTelemetry's SDK, or an exporter with getFinishedSpans()";

type Fields = Readonly<Record<string, unknown>>;

/**
 * What is judged, out of anything that holds a trace.
 *
 * @throws TypeError that lists what can be given.
 */
export function subjectOf(received: unknown): Subject {
  if (isFields(received) && isFields(received["run"])) return subjectOf(received["run"]);
  if (isFields(received) && isSpans(received["spans"]) && isSpans(received["openSpans"]))
    return { ...evidenceOf(received), trees: buildTrees([...received["spans"], ...received["openSpans"]]) };
  if (isFields(received) && isTrees(received["trees"])) return { ...evidenceOf(received), trees: received["trees"] };
  return { ledger: [], isComplete: true, trees: treesOf(received) };
}

/** What is known of a run besides its spans; of anything else nothing is. */
function evidenceOf({ ledger, missing, late, plan, outcome }: Fields): Omit<Subject, "trees"> {
  return {
    ledger: Array.isArray(ledger) ? ledger : [],
    isComplete: !Array.isArray(missing) || missing.length === 0,
    ...(isSpans(late) && { late }),
    propagation: policyIn(plan),
    outcome: typeof outcome === "string" ? outcome : undefined,
  };
}

/** A run's scenario has been checked. */
function policyIn(plan: unknown): PropagationPolicy {
  const scenario: unknown = isFields(plan) ? plan["scenario"] : undefined;
  const policy: unknown = isFields(scenario) ? scenario["propagation"] : undefined;
  return isFields(policy) && Array.isArray(policy["links"]) ? { links: policy["links"] } : {};
}

function treesOf(received: unknown): readonly Tree[] {
  if (isTree(received)) return [received];
  if (isTrees(received)) return received;
  if (isSpans(received)) return buildTrees(received);
  if (isSdkSpans(received)) return buildTrees(received.map(spanOf));
  if (isFields(received) && typeof received["getFinishedSpans"] === "function") {
    const finished: unknown = Reflect.apply(received["getFinishedSpans"], received, []);
    return treesOf(finished);
  }
  const isPromise = isFields(received) && typeof received["then"] === "function";
  throw new TypeError(
    isPromise
      ? "a promise was given for a trace: write `await` before it"
      : `${formOf(received)} is no trace. Give ${TAKEN}`,
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isTree(value: unknown): value is Tree {
  return isFields(value) && typeof value["traceId"] === "string" && Array.isArray(value["roots"]);
}

/** An empty list is one of each. */
function isTrees(value: unknown): value is readonly Tree[] {
  return Array.isArray(value) && value.every(isTree);
}

function isSpans(value: unknown): value is readonly Span[] {
  const isSpan = (one: unknown): boolean =>
    isFields(one) && typeof one["spanId"] === "string" && typeof one["startTimeUnixNano"] === "bigint";
  return Array.isArray(value) && value.every(isSpan);
}

function isSdkSpans(value: unknown): value is readonly ReadableSpan[] {
  const isSpan = (one: unknown): boolean => isFields(one) && typeof one["spanContext"] === "function";
  return Array.isArray(value) && value.every(isSpan);
}

function formOf(value: unknown): string {
  if (Array.isArray(value)) return "a list of something else";
  if (isFields(value)) return `an object with ${Object.keys(value).slice(0, 5).join(", ") || "nothing in it"}`;
  return value === undefined || value === null ? String(value) : `a ${typeof value}`;
}

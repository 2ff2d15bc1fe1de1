import type { AttributeValue } from "../../trace/span.ts";
import { ATTR } from "../../trace/conventions.ts";
import type { SpanNode } from "../../trace/tree.ts";
import { durationOf } from "./columns.ts";
import { nanosIn, numberIn } from "../text/number-text.ts";
import type { Comparison, Predicate, ValueTest } from "../pattern.ts";
import { scalarsOf, valueTester } from "./text-test.ts";
import type { Usage } from "./usage.ts";

/** A predicate compiled: whether it holds for a span, and what the span has under its key. */
export interface SpanTest {
  readonly predicate: Predicate;
  readonly holds: (node: SpanNode, row: number, usage: Usage) => boolean;
  readonly valueOf: (node: SpanNode, row: number, usage: Usage) => AttributeValue | undefined;
}

export function spanTest(predicate: Predicate): SpanTest {
  const valueOf = keyReader(predicate.key);
  const test = predicateTester(predicate);
  return { predicate, valueOf, holds: (node, row, usage) => test(valueOf(node, row, usage)) };
}

function predicateTester(predicate: Predicate): (value: AttributeValue | undefined) => boolean {
  if (!("value" in predicate)) {
    const isWanted = predicate.op === "present";
    return (value) => (value !== undefined) === isWanted;
  }
  const { key, op } = predicate;
  const wanted: ValueTest = predicate.value;
  const nanos = key === "duration" && wanted.type === "word" ? nanosIn(wanted.text) : undefined;
  if (op === "=" || op === "!=") {
    const equals = nanos === undefined ? valueTester(wanted) : (value: AttributeValue) => value === nanos;
    return (value) => value !== undefined && equals(value) === (op === "=");
  }
  const limit = nanos ?? (wanted.type === "word" ? numberIn(wanted.text) : undefined) ?? Number.NaN;
  const compare = COMPARE[op];
  return (value) => {
    if (value === undefined) return false;
    return scalarsOf(value).some((scalar) => {
      const number = typeof scalar === "boolean" ? undefined : numberIn(String(scalar));
      return number !== undefined && compare(number, limit);
    });
  };
}

const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** Names of ours shadow attributes; `attributes.status` reaches an attribute that is called so. */
function keyReader(key: string): SpanTest["valueOf"] {
  const [, root, path = ""] = /^(args|result|attributes)\.(.+)$/.exec(key) ?? [];
  if (root === "attributes") return ({ span }) => ownValue(span.attributes, path);
  if (root === "args") return ({ meaning }) => jsonAt(meaning.arguments, path);
  if (root === "result") return ({ meaning }) => jsonAt(meaning.result, path);
  return OWN_KEYS.get(key) ?? (({ span }) => ownValue(span.attributes, key));
}

const OWN_KEYS: ReadonlyMap<string, SpanTest["valueOf"]> = new Map<string, SpanTest["valueOf"]>([
  ["duration", ({ span }) => durationOf(span)],
  ["status", ({ span }) => span.status.code],
  ["error", errorOf],
  ["span.id", ({ span }) => span.spanId],
  ["trace.id", ({ span }) => span.traceId],
  ["tokens", (_node, row, usage) => usage.of(row, "tokens")],
  ["tokens.input", (_node, row, usage) => usage.of(row, "inputTokens")],
  ["tokens.output", (_node, row, usage) => usage.of(row, "outputTokens")],
  ["cost", (_node, row, usage) => usage.of(row, "costUsd")],
]);

/** Present where the status is an error: the error's type and message, as far as they are known. */
function errorOf({ span }: SpanNode): AttributeValue | undefined {
  if (span.status.code !== "error") return undefined;
  const type = ownValue(span.attributes, ATTR.errorType);
  const message = span.status.message;
  return [...(type === undefined ? [] : [type]), ...(message === undefined ? [] : [message])];
}

function ownValue(values: Readonly<Record<string, AttributeValue>>, key: string): AttributeValue | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

/** What stands at a dotted path in JSON text; on the way through an array, any element or the one of that number. */
function jsonAt(text: string | undefined, path: string): AttributeValue | undefined {
  if (text === undefined) return undefined;
  let found: readonly AttributeValue[];
  try {
    const parsed: AttributeValue = JSON.parse(text);
    found = [parsed];
  } catch {
    return undefined;
  }
  for (const step of path.split(".")) found = found.flatMap((value) => stepInto(value, step));
  return found.length <= 1 ? found[0] : found;
}

function stepInto(value: AttributeValue, step: string): readonly AttributeValue[] {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return [];
  if (isArray(value)) {
    if (/^\d+$/.test(step)) return value.slice(Number(step), Number(step) + 1);
    return value.flatMap((element) => (isArray(element) ? [] : stepInto(element, step)));
  }
  const inner = ownValue(value, step);
  return inner === undefined ? [] : [inner];
}

function isArray(value: AttributeValue): value is readonly AttributeValue[] {
  return Array.isArray(value);
}

import { type Attributes, type AttributeValue, isParentRemote } from "../../trace/span.ts";
import { ATTR } from "../../trace/conventions.ts";
import type { SpanNode } from "../../trace/tree.ts";
import { durationOf } from "./columns.ts";
import { nanosIn, numberIn } from "../text/number-text.ts";
import type { Comparison, Predicate } from "../pattern.ts";
import { captureKeys, scalarsOf, valueTester } from "./text-test.ts";
import type { Usage } from "./usage.ts";

/**
 * The value of each capture, as {@link captureKeys} writes it. A capture that is not among them has a value that occurs
 * nowhere, and equals nothing.
 */
export type Captured = ReadonlyMap<string, string>;

/** A predicate compiled: whether it holds for a span, and what the span has under its key. */
export interface SpanTest {
  readonly predicate: Predicate;
  /** The capture that it compares with, if it does. */
  readonly capture?: string;
  /** Without `captured` a capture is any value that the span has. */
  readonly holds: (node: SpanNode, row: number, usage: Usage, captured?: Captured) => boolean;
  readonly valueOf: (node: SpanNode, row: number, usage: Usage) => AttributeValue | undefined;
}

export function spanTest(predicate: Predicate): SpanTest {
  const valueOf = keyReader(predicate.key);
  const capture = captureOf(predicate);
  const test = predicateTester(predicate, true);
  return {
    predicate,
    valueOf,
    ...(capture === undefined ? {} : { capture }),
    holds: (node, row, usage, captured) => test(valueOf(node, row, usage), captured),
  };
}

/** The name of the capture that a predicate compares with. */
export function captureOf(predicate: Predicate): string | undefined {
  return "value" in predicate && predicate.value.type === "capture" ? predicate.value.name : undefined;
}

/** A test of one value under the key of `predicate`. With `isOwnKey` a duration is one, not a text. */
export function predicateTester(
  predicate: Predicate,
  isOwnKey: boolean,
): (value: AttributeValue | undefined, captured?: Captured) => boolean {
  if (!("value" in predicate)) {
    const isWanted = predicate.op === "present";
    return (value) => (value !== undefined) === isWanted;
  }
  const { key, op, value: wanted } = predicate;
  if (wanted.type === "capture") {
    return (value, captured) => {
      if (value === undefined || captured === undefined) return value !== undefined;
      const shared = captured.get(wanted.name);
      return shared !== undefined && captureKeys(value).includes(shared);
    };
  }
  const nanos = isOwnKey && key === "duration" && wanted.type === "word" ? nanosIn(wanted.text) : undefined;
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
  const [, root, path = ""] = /^(args|result|attributes|resource)\.(.+)$/.exec(key) ?? [];
  if (root === "attributes") return readAttributes(path);
  if (root === "resource") {
    const read = attributeReader(path);
    return ({ span }) => read(span.resource);
  }
  if (root === "args") return ({ meaning }) => jsonAt(meaning.arguments, path);
  if (root === "result") return ({ meaning }) => jsonAt(meaning.result, path);
  return OWN_KEYS.get(key) ?? readAttributes(key);

  function readAttributes(name: string): SpanTest["valueOf"] {
    const read = attributeReader(name);
    return ({ span }) => read(span.attributes);
  }
}

/** Reads an attribute, or for `KEY#path` what stands at a dotted path in it, be it JSON text or a structured value. */
export function attributeReader(key: string): (attributes: Attributes) => AttributeValue | undefined {
  const [, name, path] = /^([^#]+)#(.+)$/.exec(key) ?? [];
  if (name === undefined || path === undefined) return (attributes) => ownValue(attributes, key);
  return (attributes) => {
    const value = ownValue(attributes, name);
    return typeof value === "string" ? jsonAt(value, path) : valueAt(value, path);
  };
}

const OWN_KEYS: ReadonlyMap<string, SpanTest["valueOf"]> = new Map<string, SpanTest["valueOf"]>([
  ["duration", ({ span }) => durationOf(span)],
  ["status", ({ span }) => span.status.code],
  ["error", errorOf],
  ["span.id", ({ span }) => span.spanId],
  ["span.name", ({ span }) => span.name],
  ["span.kind", ({ span }) => span.spanKind],
  ["parent.remote", ({ span }) => isParentRemote(span)],
  ["trace.id", ({ span }) => span.traceId],
  ["status.message", ({ span }) => span.status.message],
  ["scope.name", ({ span }) => span.scope.name],
  ["scope.version", ({ span }) => span.scope.version],
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
  try {
    const parsed: AttributeValue = JSON.parse(text);
    return valueAt(parsed, path);
  } catch {
    return undefined;
  }
}

function valueAt(value: AttributeValue | undefined, path: string): AttributeValue | undefined {
  let found: readonly AttributeValue[] = value === undefined ? [] : [value];
  for (const step of path.split(".")) found = found.flatMap((outer) => stepInto(outer, step));
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

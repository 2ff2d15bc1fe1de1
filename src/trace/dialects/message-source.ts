import type { Attributes, AttributeValue, Span } from "../span.ts";
import { membersOf, valueAt } from "./members.ts";

/** One place in which a dialect keeps messages. */
export interface MessageSource {
  /** The place in words: an attribute, a family of attributes, an event. */
  readonly rule: string;
  /** What is kept there, in whatever form; undefined where there is nothing. */
  readonly read: (span: Span) => unknown;
}

/** Messages in one attribute, as a structure, as JSON text or as plain text; `key#path` as in a dialect's fields. */
export function attribute(key: string): MessageSource {
  return { rule: key, read: ({ attributes }) => valueAt(attributes, key) };
}

/** A list flattened into attributes: `prefix.0.role`, `prefix.0.tool_calls.0.name`. */
export function flattened(prefix: string): MessageSource {
  return { rule: `${prefix}.{i}.*`, read: ({ attributes }) => unflattened(attributes, prefix) };
}

/** An attribute that holds nothing but what one party said. */
export function spoken(role: string, key: string): MessageSource {
  return {
    rule: key,
    read: ({ attributes: { [key]: content } }) => (content === undefined ? undefined : [{ role, content }]),
  };
}

/** An answer whose text and tool calls stand in attributes of their own. */
export function assembled({ text, toolCalls }: { readonly text: string; readonly toolCalls: string }): MessageSource {
  return {
    rule: `${text} and ${toolCalls}`,
    read: ({ attributes: { [text]: content, [toolCalls]: calls } }) =>
      content === undefined && calls === undefined
        ? undefined
        : [{ role: "assistant", content: content ?? "", tool_calls: calls ?? [] }],
  };
}

/** Messages in an attribute of an event; of the last event of that name. */
export function eventAttribute(event: string, key: string): MessageSource {
  return {
    rule: `${key} of the event ${event}`,
    read: ({ events }) =>
      events.findLast(({ name, attributes }) => name === event && key in attributes)?.attributes[key],
  };
}

/** Events that are a message each, as in the GenAI conventions before messages became attributes. */
export function messageEvents(...names: readonly string[]): MessageSource {
  return {
    rule: `the events ${names.join(", ")}`,
    read: ({ events }) => {
      const found = events.filter(({ name }) => names.includes(name));
      return found.length === 0 ? undefined : found.map(messageOfEvent);
    },
  };
}

/** The name says the role where the attributes do not; those of a choice have the message inside. */
function messageOfEvent({ name, attributes }: Span["events"][number]): unknown {
  const role = /^gen_ai\.(system|user|assistant|tool)\.message$/.exec(name)?.[1] ?? "assistant";
  const { message = null, id, ...rest } = attributes;
  return { role, ...(role === "tool" && { tool_call_id: id }), ...rest, ...membersOf(message) };
}

const SEGMENTS_MAX = 12;

type Nested = { [name: string]: Nested | AttributeValue };

/** The objects that attributes `prefix.{i}.a.b` spell, by number; undefined where there are none. */
export function unflattened(attributes: Attributes, prefix: string): readonly unknown[] | undefined {
  const start = `${prefix}.`;
  const byNumber = new Map<number, Nested>();
  for (const key in attributes) {
    if (!key.startsWith(start)) continue;
    const [number = "", ...path] = key.slice(start.length).split(".", SEGMENTS_MAX);
    const value = attributes[key];
    if (!/^\d{1,9}$/.test(number) || path.length === 0 || value === undefined || path.includes("__proto__")) continue;
    const item = byNumber.get(Number(number)) ?? {};
    byNumber.set(Number(number), item);
    put(item, path, value);
  }
  if (byNumber.size === 0) return undefined;
  return [...byNumber].toSorted(([a], [b]) => a - b).map(([, item]) => item);
}

function put(object: Nested, path: readonly string[], value: AttributeValue): void {
  let inner = object;
  for (const name of path.slice(0, -1)) {
    const next = inner[name];
    const deeper: Nested = isNested(next) ? next : {};
    inner[name] = deeper;
    inner = deeper;
  }
  inner[path.at(-1) ?? ""] = value;
}

function isNested(value: Nested[string] | undefined): value is Nested {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

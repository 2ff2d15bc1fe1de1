import type { AttributeValue, Attributes, Span } from "../trace/span.ts";
import type { Redactor } from "./redactor.ts";

/** A span in which everything that is a text is redacted; ids, times and numbers stay. */
export function redactedSpan(span: Span, redactor: Redactor): Span {
  const text = (value: string): string => redactor.text(value);
  const fields = (attributes: Attributes): Attributes =>
    Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, redactedValue(value, redactor)]));
  const { status, scope } = span;
  return {
    ...span,
    name: text(span.name),
    status: status.message === undefined ? status : { ...status, message: text(status.message) },
    attributes: fields(span.attributes),
    resource: fields(span.resource),
    scope: scope.attributes === undefined ? scope : { ...scope, attributes: fields(scope.attributes) },
    events: span.events.map((event) => ({
      ...event,
      name: text(event.name),
      attributes: fields(event.attributes),
    })),
    links: span.links.map((link) => ({ ...link, attributes: fields(link.attributes) })),
  };
}

function redactedValue(value: AttributeValue, redactor: Redactor): AttributeValue {
  if (typeof value === "string") return redactor.text(value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (isList(value)) return value.map((member) => redactedValue(member, redactor));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redactedValue(member, redactor)]));
}

function isList(value: AttributeValue): value is readonly AttributeValue[] {
  return Array.isArray(value);
}

import { canonicalJson } from "../core/json.ts";
import type { Attributes, Scope, Span, SpanEvent, SpanKind, SpanLink, SpanStatus } from "../trace/span.ts";
import { writeAttributes } from "./otlp-value.ts";

const KIND_NUMBERS: Readonly<Record<SpanKind, number>> = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};

const STATUS_NUMBERS: Readonly<Record<SpanStatus["code"], number>> = { unset: 0, ok: 1, error: 2 };

/**
 * The spans as one OTLP/JSON document, in an order that does not depend on theirs: resources by canonical JSON, scopes by
 * canonical JSON, spans by start, trace id, span id, then canonical JSON; attributes by key. Ids as they are (hex),
 * times and integers as decimal strings. Equal spans give equal bytes.
 */
export function writeOtlpJson(spans: readonly Span[]): string {
  const resourceSpans = groupBy(spans, ({ resource }) => resource).map(({ of: resource, spans: ofResource }) => ({
    resource: { attributes: writeAttributes(resource) },
    scopeSpans: groupBy(ofResource, ({ scope }) => scope).map(({ of: scope, spans: ofScope }) => ({
      scope: writeScope(scope),
      spans: inOrder(ofScope).map((span) => writeSpan(span)),
    })),
  }));
  return JSON.stringify({ resourceSpans });
}

interface Group<Of> {
  readonly of: Of;
  readonly spans: Span[];
}

/** The spans by what they share, equal by canonical JSON; groups in the order of that text. */
function groupBy<Of extends Attributes | Scope>(
  spans: readonly Span[],
  shared: (span: Span) => Of,
): readonly Group<Of>[] {
  const textOf = new Map<Of, string>();
  const groups = new Map<string, Group<Of>>();
  for (const span of spans) {
    const of = shared(span);
    const text = textOf.get(of) ?? canonicalJson(of);
    textOf.set(of, text);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, { of, spans: [span] });
    else group.spans.push(span);
  }
  return [...groups].toSorted(([a], [b]) => byText(a, b)).map(([, group]) => group);
}

function inOrder(spans: readonly Span[]): readonly Span[] {
  return spans.toSorted((a, b) => {
    if (a.startTimeUnixNano !== b.startTimeUnixNano) return a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1;
    if (a.traceId !== b.traceId) return byText(a.traceId, b.traceId);
    if (a.spanId !== b.spanId) return byText(a.spanId, b.spanId);
    return byText(canonicalJson(a), canonicalJson(b));
  });
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function writeScope({ name, version, attributes }: Scope): unknown {
  return {
    name,
    ...(version !== undefined && { version }),
    ...(attributes !== undefined && { attributes: writeAttributes(attributes) }),
  };
}

function writeSpan(span: Span): unknown {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.traceState !== undefined && { traceState: span.traceState }),
    ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: KIND_NUMBERS[span.spanKind],
    startTimeUnixNano: span.startTimeUnixNano.toString(),
    ...(span.endTimeUnixNano !== undefined && { endTimeUnixNano: span.endTimeUnixNano.toString() }),
    attributes: writeAttributes(span.attributes),
    ...(span.events.length > 0 && { events: span.events.map((event) => writeEvent(event)) }),
    ...(span.links.length > 0 && { links: span.links.map((link) => writeLink(link)) }),
    status: writeStatus(span.status),
    // Undefined members are not written.
    flags: span.flags,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

function writeEvent({ name, timeUnixNano, attributes, droppedAttributesCount }: SpanEvent): unknown {
  return {
    timeUnixNano: timeUnixNano.toString(),
    name,
    attributes: writeAttributes(attributes),
    droppedAttributesCount,
  };
}

function writeLink({ attributes, ...link }: SpanLink): unknown {
  return { ...link, attributes: writeAttributes(attributes) };
}

function writeStatus({ code, message }: SpanStatus): unknown {
  return {
    ...(message !== undefined && { message }),
    ...(code !== "unset" && { code: STATUS_NUMBERS[code] }),
  };
}

import type { Attributes, Scope, Span, SpanEvent, SpanLink, SpanStatus } from "../trace/span.ts";
import { spanKindOf, statusCodeOf } from "./enums.ts";
import { type Bag, readKeyValue, readKeyValues } from "./otlp-message-value.ts";
import { BYTES, FIXED32, FIXED64, VARINT, WireReader, tagOf } from "./protobuf.ts";

/** Tags of opentelemetry-proto's trace.proto and common.proto. */
const REQUEST = { resourceSpans: tagOf(1, BYTES) } as const;
const RESOURCE_SPANS = {
  resource: tagOf(1, BYTES),
  scopeSpans: tagOf(2, BYTES),
  librarySpans: tagOf(1000, BYTES),
} as const;
const SCOPE_SPANS = { scope: tagOf(1, BYTES), spans: tagOf(2, BYTES) } as const;
const SCOPE = { name: tagOf(1, BYTES), version: tagOf(2, BYTES), attributes: tagOf(3, BYTES) } as const;
const SPAN = {
  traceId: tagOf(1, BYTES),
  spanId: tagOf(2, BYTES),
  traceState: tagOf(3, BYTES),
  parentSpanId: tagOf(4, BYTES),
  name: tagOf(5, BYTES),
  kind: tagOf(6, VARINT),
  start: tagOf(7, FIXED64),
  end: tagOf(8, FIXED64),
  attributes: tagOf(9, BYTES),
  droppedAttributes: tagOf(10, VARINT),
  events: tagOf(11, BYTES),
  droppedEvents: tagOf(12, VARINT),
  links: tagOf(13, BYTES),
  droppedLinks: tagOf(14, VARINT),
  status: tagOf(15, BYTES),
  flags: tagOf(16, FIXED32),
} as const;
const EVENT = {
  time: tagOf(1, FIXED64),
  name: tagOf(2, BYTES),
  attributes: tagOf(3, BYTES),
  droppedAttributes: tagOf(4, VARINT),
} as const;
const LINK = {
  traceId: tagOf(1, BYTES),
  spanId: tagOf(2, BYTES),
  traceState: tagOf(3, BYTES),
  attributes: tagOf(4, BYTES),
  droppedAttributes: tagOf(5, VARINT),
  flags: tagOf(6, FIXED32),
} as const;
const STATUS = { message: tagOf(2, BYTES), code: tagOf(3, VARINT) } as const;
/**
 * The spans of one `ExportTraceServiceRequest`, in its order, and how many it has besides that have no trace or span id.
 *
 * @throws NotProtobuf
 */
export function readExportMessage(bytes: Uint8Array): {
  readonly spans: readonly Span[];
  readonly withoutIds: number;
} {
  const wire = new WireReader(bytes);
  const [traceId, spanId, parentSpanId, linkTraceId] = [unseen(), unseen(), unseen(), unseen()];
  const found: Found = { spans: [], withoutIds: 0, traceId, spanId, parentSpanId, linkTraceId };
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === REQUEST.resourceSpans) readResourceSpans(wire, found);
    else wire.skip(next);
  }
  return found;
}

interface Found {
  readonly spans: Span[];
  withoutIds: number;
  /** The ids that came last in each place. */
  readonly traceId: SeenId;
  readonly spanId: SeenId;
  readonly parentSpanId: SeenId;
  readonly linkTraceId: SeenId;
}

type SeenId = Parameters<WireReader["hex"]>[0];

function unseen(): SeenId {
  return { at: 0, hex: "" };
}

/** While it is read: what a message says in several parts comes together in one object. */
type Draft<Of> = { -readonly [Key in keyof Of]: Of[Key] };

/** Spans may stand before what they belong to, and a writer may send that in parts. */
function readResourceSpans(wire: WireReader, found: Found): void {
  const resource: Bag = {};
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === RESOURCE_SPANS.resource) readKeyValues(wire, resource, 0);
    else if (next === RESOURCE_SPANS.scopeSpans || next === RESOURCE_SPANS.librarySpans)
      readScopeSpans(wire, found, resource);
    else wire.skip(next);
  }
  wire.leave(outer);
}

function readScopeSpans(wire: WireReader, found: Found, resource: Attributes): void {
  const scope: Draft<Scope> = { name: "" };
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === SCOPE_SPANS.scope) readScope(wire, scope);
    else if (next === SCOPE_SPANS.spans) readSpan(wire, found, resource, scope);
    else wire.skip(next);
  }
  wire.leave(outer);
}

function readScope(wire: WireReader, scope: Draft<Scope>): void {
  const attributes: Bag = {};
  let version = "";
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === SCOPE.name) scope.name = wire.text();
    else if (next === SCOPE.version) version = wire.text();
    else if (next === SCOPE.attributes) readKeyValue(wire, attributes, 0);
    else wire.skip(next);
  }
  wire.leave(outer);
  if (version !== "") scope.version = version;
  if (Object.keys(attributes).length > 0) scope.attributes = { ...scope.attributes, ...attributes };
}

function readSpan(wire: WireReader, found: Found, resource: Attributes, scope: Scope): void {
  const attributes: Bag = {};
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  const status: Draft<SpanStatus> = { code: "unset" };
  const span: Draft<Span> = {
    traceId: "",
    spanId: "",
    name: "",
    spanKind: "unspecified",
    startTimeUnixNano: 0n,
    status,
    attributes,
    events,
    links,
    resource,
    scope,
  };
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === SPAN.attributes) readKeyValue(wire, attributes, 0);
    else if (next === SPAN.events) events.push(readEvent(wire));
    else if (next === SPAN.links) links.push(readLink(wire, found));
    else if (next === SPAN.status) readStatus(wire, status);
    else readSpanField(wire, next, span, found);
  }
  wire.leave(outer);
  if (span.traceId === "" || span.spanId === "") found.withoutIds++;
  else found.spans.push(span);
}

/** A field of a span that holds one value. What is zero or empty is not there, as proto3 says. */
function readSpanField(wire: WireReader, next: number, span: Draft<Span>, found: Found): void {
  switch (next) {
    case SPAN.traceId:
      span.traceId = readId(wire, found.traceId);
      return;
    case SPAN.spanId:
      span.spanId = readId(wire, found.spanId);
      return;
    case SPAN.parentSpanId: {
      const id = readId(wire, found.parentSpanId);
      if (id !== "") span.parentSpanId = id;
      return;
    }
    case SPAN.traceState: {
      const state = wire.text();
      if (state !== "") span.traceState = state;
      return;
    }
    case SPAN.name:
      span.name = wire.text();
      return;
    case SPAN.kind:
      span.spanKind = spanKindOf(wire.uint32());
      return;
    case SPAN.start:
      span.startTimeUnixNano = wire.fixed64();
      return;
    case SPAN.end: {
      const end = wire.fixed64();
      if (end !== 0n) span.endTimeUnixNano = end;
      return;
    }
    case SPAN.flags:
      return setCount(span, "flags", wire.fixed32());
    case SPAN.droppedAttributes:
      return setCount(span, "droppedAttributesCount", wire.uint32());
    case SPAN.droppedEvents:
      return setCount(span, "droppedEventsCount", wire.uint32());
    case SPAN.droppedLinks:
      return setCount(span, "droppedLinksCount", wire.uint32());
    default:
      wire.skip(next);
  }
}

function setCount<Key extends string>(of: { [Name in Key]?: number }, key: Key, count: number): void {
  if (count !== 0) of[key] = count;
}

/** An id as hex; "" where it is all zero, which OTLP says is no id. */
function readId(wire: WireReader, like: SeenId): string {
  const hex = wire.hex(like);
  return hex.startsWith("0") && /^0*$/.test(hex) ? "" : hex;
}

function readEvent(wire: WireReader): SpanEvent {
  const attributes: Bag = {};
  const event: Draft<SpanEvent> = { name: "", timeUnixNano: 0n, attributes };
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === EVENT.attributes) readKeyValue(wire, attributes, 0);
    else if (next === EVENT.name) event.name = wire.text();
    else if (next === EVENT.time) event.timeUnixNano = wire.fixed64();
    else if (next === EVENT.droppedAttributes) setCount(event, "droppedAttributesCount", wire.uint32());
    else wire.skip(next);
  }
  wire.leave(outer);
  return event;
}

function readLink(wire: WireReader, found: Found): SpanLink {
  const attributes: Bag = {};
  const link: Draft<SpanLink> = { traceId: "", spanId: "", attributes };
  let state = "";
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === LINK.traceId) link.traceId = readId(wire, found.linkTraceId);
    else if (next === LINK.spanId) link.spanId = readId(wire, found.spanId);
    else if (next === LINK.traceState) state = wire.text();
    else if (next === LINK.attributes) readKeyValue(wire, attributes, 0);
    else if (next === LINK.flags) setCount(link, "flags", wire.fixed32());
    else if (next === LINK.droppedAttributes) setCount(link, "droppedAttributesCount", wire.uint32());
    else wire.skip(next);
  }
  wire.leave(outer);
  if (state !== "") link.traceState = state;
  return link;
}

function readStatus(wire: WireReader, status: Draft<SpanStatus>): void {
  let message = "";
  const outer = wire.enter();
  while (wire.isInside()) {
    const next = wire.tag();
    if (next === STATUS.message) message = wire.text();
    else if (next === STATUS.code) status.code = statusCodeOf(wire.uint32());
    else wire.skip(next);
  }
  wire.leave(outer);
  if (message !== "") status.message = message;
}

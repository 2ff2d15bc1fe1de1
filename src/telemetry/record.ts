import {
  type HrTime,
  type Attributes as ApiAttributes,
  SpanKind as ApiSpanKind,
  SpanStatusCode,
} from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-node";
import { type Attributes, flagsOf, type Span, type SpanKind, type SpanStatus } from "../trace/span.ts";

const KINDS: Readonly<Record<ApiSpanKind, SpanKind>> = {
  [ApiSpanKind.INTERNAL]: "internal",
  [ApiSpanKind.SERVER]: "server",
  [ApiSpanKind.CLIENT]: "client",
  [ApiSpanKind.PRODUCER]: "producer",
  [ApiSpanKind.CONSUMER]: "consumer",
};

const STATUS: Readonly<Record<SpanStatusCode, SpanStatus["code"]>> = {
  [SpanStatusCode.UNSET]: "unset",
  [SpanStatusCode.OK]: "ok",
  [SpanStatusCode.ERROR]: "error",
};

const resources = new WeakMap<ReadableSpan["resource"], Attributes>();

/** Filled in step by step: conditional spreads cost more than all else here. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What the SDK of 1.x calls by other names. */
interface SpanBefore2 {
  readonly parentSpanId?: string;
  readonly instrumentationLibrary?: ReadableSpan["instrumentationScope"];
}

/** A finished span of the SDK, 1.x or 2.x, as Troupe's own type. */
export function spanOf(span: ReadableSpan & SpanBefore2): Span {
  const { traceId, spanId, traceState, traceFlags } = span.spanContext();
  const { message } = span.status;
  const parentSpanId = span.parentSpanContext?.spanId ?? span.parentSpanId;
  const code = STATUS[span.status.code];
  const flags = spanFlags(span, traceFlags);
  const taken: Writable<Span> = {
    traceId,
    spanId,
    name: span.name,
    spanKind: KINDS[span.kind],
    startTimeUnixNano: nanoOf(span.startTime),
    endTimeUnixNano: nanoOf(span.endTime),
    status: message === undefined ? { code } : { code, message },
    attributes: attributesOf(span.attributes),
    events: span.events.map(({ name, time, attributes }) => ({
      name,
      timeUnixNano: nanoOf(time),
      attributes: attributesOf(attributes),
    })),
    links: span.links.map(({ context, attributes }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      flags: flagsOf(context.traceFlags, context.isRemote === true),
      attributes: attributesOf(attributes),
    })),
    resource: resourceOf(span),
    scope: scopeOf(span.instrumentationScope ?? span.instrumentationLibrary),
  };
  if (parentSpanId !== undefined) taken.parentSpanId = parentSpanId;
  if (traceState !== undefined) taken.traceState = traceState.serialize();
  if (flags !== undefined) taken.flags = flags;
  return taken;
}

function scopeOf({ name, version }: ReadableSpan["instrumentationScope"]): Span["scope"] {
  return version === undefined ? { name } : { name, version };
}

/** Of the parent the SDK of 1.x keeps the id alone, and so does not say whether it is remote. */
function spanFlags(
  { parentSpanContext, parentSpanId }: ReadableSpan & SpanBefore2,
  traceFlags: number,
): number | undefined {
  if (parentSpanContext === undefined && parentSpanId !== undefined) return traceFlags === 0 ? undefined : traceFlags;
  return flagsOf(traceFlags, parentSpanContext?.isRemote === true);
}

/** A span that has not ended: as {@link spanOf}, without an end. */
export function openSpanOf(span: ReadableSpan): Span {
  const { endTimeUnixNano: _, ...open } = spanOf(span);
  return open;
}

function resourceOf({ resource }: ReadableSpan): Attributes {
  const known = resources.get(resource);
  if (known !== undefined) return known;
  const attributes = attributesOf(resource.attributes);
  resources.set(resource, attributes);
  return attributes;
}

function nanoOf([seconds, nanos]: HrTime): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

const NO_ATTRIBUTES: Attributes = {};

/** An ended span's attributes change no more, and the SDK has dropped what is no attribute value. */
function attributesOf(attributes: ApiAttributes | undefined): Attributes {
  return (attributes as Attributes | undefined) ?? NO_ATTRIBUTES;
}

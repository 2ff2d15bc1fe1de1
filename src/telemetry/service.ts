import {
  type Attributes,
  type Baggage,
  type Context,
  type HrTime,
  type Span as ApiSpan,
  type SpanOptions,
  type TimeInput,
  type Tracer,
  context as active,
  propagation,
} from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  ParentBasedSampler,
  type ReadableSpan,
  type Span as SdkSpan,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import type { SpanIds } from "../core/ids.ts";
import type { Span } from "../trace/span.ts";
import { openSpanOf, spanOf } from "./record.ts";
import { exceptionAttributes } from "./spans.ts";

/** A clock that also moves on: each span start takes a nanosecond, so that our own spans never tie. */
export interface SpanClock {
  /** `[seconds, nanoseconds]` since the Unix epoch. */
  hrTime(): HrTime;
  /** The same, one nanosecond later than it was. */
  tick(): HrTime;
}

/** One (simulated) process as telemetry sees it: a provider of its own, and what its spans became. */
export interface Service {
  readonly name: string;
  readonly tracer: Tracer;
  /** A tracer for code that asks the global API, under the name it asks for. */
  tracerNamed(name: string, version?: string): Tracer;
  /** Finished spans, in the order in which they ended, where they are kept. */
  readonly spans: readonly Span[];
  /** Their ids, where those are kept. */
  readonly endedIds: readonly string[];
  /** Spans that have started and not ended, as they stand. */
  openSpans(): readonly Span[];
}

const SCOPE = "troupe";

/** Stated in full, or the SDK takes what is missing from the environment: a run is the same on every machine. */
export const FIXED = {
  sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  spanLimits: {
    attributeValueLengthLimit: Infinity,
    attributeCountLimit: 1024,
    linkCountLimit: 1024,
    eventCountLimit: 1024,
    attributePerEventCountLimit: 1024,
    attributePerLinkCountLimit: 1024,
  },
} as const;

export interface ServiceOptions {
  /** Where its spans go besides. */
  readonly exporters?: readonly SpanProcessor[];
  /** What is kept of spans that have ended: they themselves, by default; their ids, where they are exported; or nothing. */
  readonly keeps?: "spans" | "ids" | "nothing";
  /** Has some of its spans go wrong. */
  readonly spoil?: (tracer: Tracer) => Tracer;
}

/** Makes a service's provider: seeded ids, the run's clock, baggage stamped on every span. */
export function openService(
  name: string,
  ids: SpanIds,
  clock: SpanClock,
  { exporters = [], keeps = "spans", spoil = (tracer) => tracer }: ServiceOptions = {},
): Service {
  const spans: Span[] = [];
  const endedIds: string[] = [];
  const keep = {
    spans: (span: ReadableSpan) => void spans.push(spanOf(span)),
    ids: (span: ReadableSpan) => void endedIds.push(span.spanContext().spanId),
    nothing: () => {},
  }[keeps];
  const open = new Set<ReadableSpan>();
  const { provider, starting } = exporters.length === 0 ? sharedProvider(name) : makeProvider(name, exporters);
  const tracers = new Map<string, Tracer>();
  const tracerNamed = (scope: string, version?: string): Tracer => {
    const key = `${scope}@${version ?? ""}`;
    const known = tracers.get(key);
    if (known !== undefined) return known;
    const tracer = spoil(timed(provider.getTracer(scope, version), starting, { ids, clock, open, keep }));
    tracers.set(key, tracer);
    return tracer;
  };
  return { name, tracer: tracerNamed(SCOPE), tracerNamed, spans, endedIds, openSpans: () => [...open].map(openSpanOf) };
}

/** What a provider has to know of the service whose span starts. */
interface Keeper {
  readonly ids: SpanIds;
  readonly clock: SpanClock;
  readonly open: Set<ReadableSpan>;
  /** What becomes of a span that has ended. */
  readonly keep: (span: ReadableSpan) => void;
}

interface Provider {
  readonly provider: BasicTracerProvider;
  readonly starting: StartingSpan;
}

function makeProvider(name: string, exporters: readonly SpanProcessor[]): Provider {
  const starting = new StartingSpan();
  const resource = resourceFromAttributes({ "service.name": name });
  const parts = { idGenerator: starting, resource, spanProcessors: [starting, ...exporters] };
  return { provider: new BasicTracerProvider(Object.assign(parts, FIXED)), starting };
}

/** To make a provider costs as much as the spans that a run asks of it, so that those of one name serve run after run. */
const sharedProviders = new Map<string, Provider>();

function sharedProvider(name: string): Provider {
  const provider = sharedProviders.get(name) ?? makeProvider(name, []);
  sharedProviders.set(name, provider);
  return provider;
}

/** The SDK stamps starts from `Date`, in milliseconds; a start given by us keeps the nanoseconds. */
function timed(tracer: Tracer, starting: StartingSpan, keeper: Keeper): Tracer {
  const { clock } = keeper;
  const startSpan = (name: string, options?: SpanOptions, context?: Context): ApiSpan => {
    const parent = context ?? active.active();
    const startTime = options?.startTime === undefined ? clock.tick() : exactTime(options.startTime, clock);
    // Not by spreads, which cost V8 ten times as much where more stands behind them: this is done for every span.
    const attributes: Attributes = Object.assign({}, options?.attributes);
    for (const [key, value] of stamps(propagation.getBaggage(parent))) attributes[key] ??= value;
    starting.keeper = keeper;
    const span = tracer.startSpan(name, Object.assign({}, options, { attributes, startTime }), parent);
    // The provider outlives the run, whose spans must not live on with it.
    starting.keeper = undefined;
    return span;
  };
  return { startSpan, startActiveSpan: tracer.startActiveSpan.bind({ startSpan }) };
}

/** What a provider has for life, ids and a processor, on behalf of the service that starts a span at the moment. */
class StartingSpan implements SpanIds, SpanProcessor {
  /** Stated while a span starts, which is within one call. */
  keeper: Keeper | undefined;

  generateTraceId(): string {
    return this.#stated.ids.generateTraceId();
  }

  generateSpanId(): string {
    return this.#stated.ids.generateSpanId();
  }

  /** Spans of foreign libraries end and add events without a time; theirs is the run's clock too. */
  onStart(span: SdkSpan): void {
    const { clock, open, keep } = this.#stated;
    open.add(span);
    const end = span.end.bind(span);
    const addEvent = span.addEvent.bind(span);
    span.end = (time) => {
      const isFirst = open.delete(span);
      end(exactTime(time, clock));
      if (isFirst) keep(span);
    };
    span.addEvent = (event, second, third) => {
      if (isTime(second)) return addEvent(event, exactTime(second, clock));
      return addEvent(event, second, exactTime(third, clock));
    };
    span.recordException = (exception, time) =>
      addEvent("exception", exceptionAttributes(exception), exactTime(time, clock));
  }

  onEnd(): void {}

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  get #stated(): Keeper {
    if (this.keeper === undefined) throw new Error("BUG: a span starts for no service");
    return this.keeper;
  }
}

type Stamps = readonly (readonly [key: string, value: string])[];

const NO_STAMPS: Stamps = [];

/** Baggage is immutable and one for all spans of a trace, so its entries are read once. */
const stamped = new WeakMap<Baggage, Stamps>();

function stamps(baggage: Baggage | undefined): Stamps {
  if (baggage === undefined) return NO_STAMPS;
  const known = stamped.get(baggage);
  if (known !== undefined) return known;
  const entries = baggage.getAllEntries().map(([key, { value }]) => [key, value] as const);
  stamped.set(baggage, entries);
  return entries;
}

/**
 * `time`, or now. A number out of `performance.now()` counts from when the process began, of which the SDK has a rounded
 * idea that differs between processes; it is told the date instead.
 */
function exactTime(time: TimeInput | undefined, clock: SpanClock): TimeInput {
  if (time === undefined) return clock.hrTime();
  const now = performance.now();
  if (typeof time !== "number" || time > now) return time;
  const [seconds, nanos] = clock.hrTime();
  const since = nanos - Math.round((now - time) * 1e6);
  const carried = Math.floor(since / 1e9);
  return [seconds + carried, since - carried * 1e9];
}

function isTime(value: unknown): value is TimeInput {
  return typeof value === "number" || value instanceof Date || (Array.isArray(value) && value.length === 2);
}

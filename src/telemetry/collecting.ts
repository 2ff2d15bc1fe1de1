import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, ROOT_CONTEXT, type Tracer, context, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-node";
import type { Span } from "../trace/span.ts";
import { SystemClock } from "../wire/system-clock.ts";
import { openSpanOf, spanOf } from "./record.ts";
import { FIXED } from "./service.ts";

/** The spans of one piece of work. */
interface Collection {
  readonly ended: Span[];
  /** Spans that have started and not ended, with the time at which they did. */
  readonly open: Map<ReadableSpan, bigint>;
  /** In step with the wall clock, by which the SDK stamps, since the work began. */
  readonly clock: SystemClock;
  /** Whether the work has settled: what comes later is no part of it. */
  isOver: boolean;
}

/**
 * A span processor that gives spans to the work in whose async context they start, or whose trace they continue: a server
 * of the same process that began to listen before is in nobody's async context.
 *
 * It fits `spanProcessors` of any SDK, 1.x or 2.x.
 */
export class TraceProcessor {
  readonly #active = new AsyncLocalStorage<Collection>();
  readonly #byTrace = new Map<string, Collection>();
  readonly #bySpan = new WeakMap<object, Collection>();
  #hasHeard = false;

  /** Whether any span has ever reached it. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** Whether a span under `parent` that starts here would be collected. */
  isCollecting(parent: Context): boolean {
    return this.#collectionOf(trace.getSpanContext(parent)?.traceId) !== undefined;
  }

  /**
   * Runs `work` and gives the spans that it started, those that have not ended last. Its traces begin here, whatever span
   * is active around it.
   */
  async collect<T>(work: () => T | Promise<T>): Promise<{ readonly value: T; readonly spans: readonly Span[] }> {
    const clock = new SystemClock(BigInt(Date.now()) * MILLISECOND_NANO - process.hrtime.bigint());
    const collection: Collection = { ended: [], open: new Map(), clock, isOver: false };
    try {
      const value = await this.#active.run(collection, () => context.with(ROOT_CONTEXT, work));
      const open = [...collection.open].map(([span, start]) => onTime(openSpanOf(span), start));
      return { value, spans: [...collection.ended, ...open] };
    } finally {
      collection.isOver = true;
      for (const [traceId, owner] of this.#byTrace) if (owner === collection) this.#byTrace.delete(traceId);
    }
  }

  onStart(span: unknown): void {
    this.#hasHeard = true;
    const started = span as ReadableSpan;
    const { traceId } = started.spanContext();
    const collection = this.#collectionOf(traceId);
    if (collection === undefined) return;
    if (!this.#byTrace.has(traceId)) this.#byTrace.set(traceId, collection);
    this.#bySpan.set(started, collection);
    collection.open.set(started, tickOf(collection));
  }

  onEnd(span: unknown): void {
    const ended = span as ReadableSpan;
    const collection = this.#bySpan.get(ended);
    const start = collection?.open.get(ended);
    if (collection === undefined || start === undefined) return;
    collection.open.delete(ended);
    collection.ended.push(onTime(spanOf(ended), start, tickOf(collection)));
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  #collectionOf(traceId: string | undefined): Collection | undefined {
    const active = this.#active.getStore();
    if (active?.isOver === false) return active;
    return traceId === undefined ? undefined : this.#byTrace.get(traceId);
  }
}

/** Now, and later than every time before. */
function tickOf({ clock }: Collection): bigint {
  const [seconds, nanos] = clock.tick();
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

const MILLISECOND_NANO = 1_000_000n;
/** How far the SDK's clock and ours may stand apart. */
const APART_NANO = 5n * MILLISECOND_NANO;

/**
 * The SDK stamps a start in whole milliseconds and counts all else from there: spans that follow one another would start
 * at once, and overlap. So ours is the time of what it has stamped; a time that somebody gave is left as it is.
 */
function onTime(span: Span, startUnixNano: bigint, endUnixNano?: bigint): Span {
  const { startTimeUnixNano: stamp, endTimeUnixNano: end } = span;
  const late = startUnixNano - stamp;
  if (stamp % MILLISECOND_NANO !== 0n || !isNear(late)) return span;
  return {
    ...span,
    startTimeUnixNano: startUnixNano,
    ...(end === undefined ? {} : { endTimeUnixNano: endOnTime(end) }),
    events: span.events.map((event) => ({ ...event, timeUnixNano: event.timeUnixNano + late })),
  };

  function endOnTime(given: bigint): bigint {
    if (endUnixNano !== undefined && isNear(endUnixNano - given)) return endUnixNano;
    // Between the stamp and our start: the process stood still before we heard of the end.
    return given >= stamp && given < startUnixNano ? startUnixNano : given;
  }
}

function isNear(apart: bigint): boolean {
  return apart > -APART_NANO && apart < APART_NANO;
}

/** The service of code that is collected without a provider of its own: the name that agents of a run have too. */
const SERVICE = "agents";

/** Hears of every span that Troupe's own provider makes outside of runs. */
export const OWN_PROCESSOR: TraceProcessor = new TraceProcessor();

let provider: BasicTracerProvider | undefined;

/** A tracer for code whose spans are being collected; `undefined` for all other code. */
export function collectingTracer(name: string, version: string | undefined, parent: Context): Tracer | undefined {
  if (!OWN_PROCESSOR.isCollecting(parent)) return undefined;
  provider ??= new BasicTracerProvider({
    ...FIXED,
    resource: resourceFromAttributes({ "service.name": SERVICE }),
    spanProcessors: [OWN_PROCESSOR],
  });
  return provider.getTracer(name, version);
}

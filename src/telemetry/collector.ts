import { ATTR } from "../trace/conventions.ts";
import type { Span } from "../trace/span.ts";
import type { IntakeLimits } from "../wire/intake.ts";
import { after } from "../wire/system-clock.ts";
import { type Batch, openReceiver } from "./receiver.ts";

/** What came in for one run, or for none. */
export interface Collected {
  /** In order of arrival. */
  readonly spans: readonly Span[];
  /** Requests and spans that could not be taken, and why. */
  readonly faults: readonly string[];
}

/** Takes spans over OTLP, apart for each run. */
export interface Collector {
  /** The endpoint for one run, to which exporters add `/v1/traces`. From now on the run is known. */
  urlOf(runId: string): string;
  /** The endpoint for exporters that know of no run. */
  readonly url: string;
  /**
   * What has arrived for a run since it was last asked. A span is of the run to whose endpoint it was sent; else of the one
   * that its resource names as `troupe.run.id`; else of the one whose trace it is in, `traceIds` and those of its other
   * spans; else of the one that it names itself, as baggage that is stamped on spans does.
   */
  take(runId: string, traceIds?: Iterable<string>): Collected;
  /** What has arrived and fits no run. */
  takeRest(): Collected;
  /**
   * Resolves once `isWhole` holds of the spans that have come to a run's endpoint, and at the latest when nothing has come
   * for `silentMs`.
   */
  settled(runId: string, isWhole: (spans: readonly Span[]) => boolean, silentMs: number): Promise<void>;
  /** Takes no more, and resolves once all is answered that came in whole, at most after `graceMs`. */
  stop(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

interface Arrivals {
  readonly spans: Span[];
  readonly faults: string[];
}

/** The most spans that wait to be taken: some 2 GB of them. */
const SPANS_MAX = 1_000_000;

const RUN_PATH = /^\/runs\/([^/]+)$/;

/**
 * Opens a collector on 127.0.0.1; port 0 takes a free one.
 *
 * @throws TroupeError `USAGE` when the port is taken.
 */
export async function openCollector(
  limits: Partial<IntakeLimits & { readonly spansMax: number }> = {},
  port = 0,
): Promise<Collector> {
  const { spansMax = SPANS_MAX, ...intake } = limits;
  const runs = new Map<string, Arrivals>();
  let rest: Arrivals = noArrivals();
  let waiting = 0;
  /** Who waits for something to come. */
  const hearing = new Set<() => void>();
  const receiver = await openReceiver({ port, limits: intake, take: keep, onRefused });
  return {
    url: receiver.url,
    urlOf(runId) {
      if (!runs.has(runId)) runs.set(runId, noArrivals());
      return `${receiver.url}/runs/${encodeURIComponent(runId)}`;
    },
    take(runId, traceIds = []) {
      const arrived = runs.get(runId) ?? noArrivals();
      if (runs.has(runId)) runs.set(runId, noArrivals());
      claimRest(runId, arrived, new Set(traceIds));
      waiting -= arrived.spans.length;
      return arrived;
    },
    takeRest() {
      const stray = rest;
      waiting -= stray.spans.length;
      rest = noArrivals();
      return stray;
    },
    settled: (runId, isWhole, silentMs) => untilWhole(hearing, () => isWhole(runs.get(runId)?.spans ?? []), silentMs),
    stop: (graceMs) => receiver.stop(graceMs),
    close: () => receiver.close(),
  };

  function keep({ path, spans }: Batch): ReturnType<Parameters<typeof openReceiver>[0]["take"]> {
    const room = Math.max(0, spansMax - waiting);
    const ofPath = runs.get(runOf(path));
    for (const span of room < spans.length ? spans.slice(0, room) : spans)
      (ofPath ?? runs.get(textAt(span.resource)) ?? rest).spans.push(span);
    waiting += Math.min(room, spans.length);
    for (const hear of hearing) hear();
    const rejectedSpans = spans.length - room;
    if (rejectedSpans > 0) return { rejectedSpans, message: `more than ${spansMax} spans wait to be taken` };
  }

  /** Of those that fit no run yet: the first of a trace may come before anything tells whose it is. */
  function claimRest(runId: string, arrived: Arrivals, traceIds: Set<string>): void {
    if (rest.spans.length === 0) return;
    for (const { traceId } of arrived.spans) traceIds.add(traceId);
    const ofOthers = new Set([...runs.values()].flatMap(({ spans }) => spans.map(({ traceId }) => traceId)));
    const { spans, faults } = rest;
    rest = { spans: [], faults };
    for (const span of spans) {
      const isNamed = textAt(span.attributes) === runId && !ofOthers.has(span.traceId);
      (isNamed || traceIds.has(span.traceId) ? arrived : rest).spans.push(span);
    }
  }

  function onRefused(path: string, message: string): void {
    const { faults } = runs.get(runOf(path)) ?? rest;
    if (faults.length < FAULTS_MAX) faults.push(message);
  }
}

/** Resolves once `isWhole`, which is asked whenever `hearing` is told that something came, or when nothing has for a while. */
function untilWhole(hearing: Set<() => void>, isWhole: () => boolean, silentMs: number): Promise<void> {
  return new Promise((resolve) => {
    let cancel = (): void => {};
    const settle = (): void => {
      hearing.delete(hear);
      resolve();
    };
    const hear = (): void => {
      cancel();
      if (isWhole()) settle();
      else cancel = after(silentMs, settle);
    };
    hearing.add(hear);
    hear();
  });
}

/** More of them say nothing new. */
const FAULTS_MAX = 1000;

function noArrivals(): Arrivals {
  return { spans: [], faults: [] };
}

function textAt(attributes: Span["attributes"]): string {
  const runId = attributes[ATTR.runId];
  return typeof runId === "string" ? runId : "";
}

/** The run that a request is for by its path, or "" where it names none. */
function runOf(path: string): string {
  try {
    return decodeURIComponent(RUN_PATH.exec(path)?.[1] ?? "");
  } catch {
    return "";
  }
}

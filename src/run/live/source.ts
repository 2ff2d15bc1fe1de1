import { faultSentence, isTroupeError } from "../../core/errors.ts";
import { openCollector } from "../../telemetry/collector.ts";
import type { Span } from "../../trace/span.ts";
import { ownEnvironment } from "../../wire/own-environment.ts";
import { readTraceSources } from "../../wire/trace-sources.ts";
import { isNotThere } from "../../wire/trace-stores/store.ts";
import type { SpansFrom } from "./spans-from.ts";

/** What is known of some traces by now. */
export interface ReadSpans {
  readonly spans: readonly Span[];
  /** Why there may be more, one sentence. */
  readonly problem?: string;
}

/** Something that is asked for spans again and again. */
export interface SpanSource {
  /** As sentences name it. */
  readonly where: string;
  /** How long to wait before it is asked again. */
  readonly pauseMs: number;
  /** All spans of these traces that it has. Takes at most some `limitMs` where nothing comes. */
  read(traceIds: readonly string[], limitMs: number): Promise<ReadSpans>;
  close(): Promise<void>;
}

/**
 * Opens it before anybody is asked anything, so that a store that cannot be read costs no conversation.
 *
 * @param runId what is asked for as a trace that the store cannot have.
 * @throws TroupeError `USAGE` for a port that is taken, and for keys that are none; `URL_UNREADABLE` for a store that
 *   answers with anything but a trace, or that there is none.
 */
export async function openSpanSource({ from, waitMs }: SpansFrom, runId: string): Promise<SpanSource> {
  if (from === "none") return NOTHING;
  const [, port] = /^otlp:(\d+)$/.exec(from) ?? [];
  if (port !== undefined) return await ownReceiver(Number(port), runId);
  const source = storeAt(from, waitMs);
  await source.ask(`${runId}${runId}`, waitMs).catch((error: unknown) => {
    if (!isStillToCome(error)) throw error;
  });
  return source;
}

const NOTHING: SpanSource = {
  where: "nowhere",
  pauseMs: 0,
  read: () => Promise.resolve({ spans: [] }),
  close: () => Promise.resolve(),
};

async function ownReceiver(port: number, runId: string): Promise<SpanSource> {
  const collector = await openCollector({}, port);
  const spans: Span[] = [];
  const faults = new Set<string>();
  return {
    where: collector.url,
    pauseMs: 50,
    read: (traceIds) => {
      const arrived = collector.take(runId, traceIds);
      spans.push(...arrived.spans);
      for (const fault of [...arrived.faults, ...collector.takeRest().faults]) faults.add(fault);
      const problem = faults.size === 0 ? {} : { problem: [...faults].join("; ") };
      return Promise.resolve({ spans: [...spans], ...problem });
    },
    close: () => collector.close(),
  };
}

interface StoreSource extends SpanSource {
  ask(traceId: string, limitMs: number): Promise<ReadSpans>;
}

function storeAt(from: string, waitMs: number): StoreSource {
  const ask = async (traceId: string, silenceMsMax: number): Promise<ReadSpans> => {
    const around = { env: ownEnvironment(), limits: { silenceMsMax } };
    const { spans, notes, isWhole } = await readTraceSources([`${from}#${traceId}`], around);
    return isWhole ? { spans } : { spans, problem: notes.join("; ") };
  };
  const asked = async (traceId: string, limitMs: number): Promise<ReadSpans> => {
    try {
      return await ask(traceId, limitMs);
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      const [fault] = error.faults;
      const what = fault?.what.replace(/\. Looked for .*/s, "") ?? error.message;
      return { spans: [], problem: fault === undefined ? what : faultSentence({ ...fault, what }) };
    }
  };
  return {
    where: from,
    // Often enough for who waits for a moment, and seldom enough for a store that many ask.
    pauseMs: Math.min(500, waitMs / 20),
    ask,
    read: async (traceIds, limitMs) => {
      const read = await Promise.all(traceIds.map((traceId) => asked(traceId, limitMs)));
      const [problem] = read.flatMap((one) => one.problem ?? []);
      return { spans: read.flatMap(({ spans }) => spans), ...(problem === undefined ? {} : { problem }) };
    },
    close: () => Promise.resolve(),
  };
}

/** A store that has no such trace may have it later; some say so with an empty document. */
function isStillToCome(error: unknown): boolean {
  return isNotThere(error) || (isTroupeError(error) && error.code === "FORMAT_UNKNOWN");
}

import { TroupeError } from "../core/errors.ts";
import { ATTR } from "../trace/conventions.ts";
import type { Tree } from "../trace/tree.ts";
import type { Exchange } from "./exchange.ts";
import { lacksOf } from "./lacks.ts";
import type { Recording, RecordingSource } from "./recording.ts";
import { redactedSpan } from "./redacted-span.ts";
import type { Redactor } from "./redactor.ts";
import { exchangesOf } from "./trace-exchanges.ts";
import { commonAttributes, trajectoryOf } from "./trajectory.ts";
import { turnsOf } from "./turns.ts";

/** Where traces were read, and what the reader said of it. */
export interface TraceOrigin extends Pick<RecordingSource, "format" | "store" | "readBy" | "cluster"> {
  /** What was left out while they were read, a sentence each. */
  readonly notes: readonly string[];
  /** A time as ISO 8601. */
  readonly timeText?: (unixNano: bigint) => string;
}

/**
 * The recording that the traces of one conversation are, in whatever dialect; with everything sensitive replaced.
 *
 * @throws TroupeError `TRACE_INVALID` where the traces hold no work of agents.
 */
export function recordingOfTraces(trees: readonly Tree[], origin: TraceOrigin, redact: Redactor): Recording {
  const { notes, format, store, readBy, cluster, timeText } = origin;
  const turns = turnsOf(trees);
  if (turns.length === 0)
    throw new TroupeError("TRACE_INVALID", {
      where: [...(store === undefined ? [] : [store]), ...trees.map(({ traceId }) => `trace ${traceId}`)].join(", "),
      what: "no span of it is work of an agent, a model or a tool",
      mend: "troupe show draws what it holds; --explain SPAN says why a span was not recognised.",
    });
  const trajectory = trajectoryOf(turns);
  const exchanges = exchangesOf(trees, turns.flat(), trajectory).map((exchange) => redactedExchange(exchange, redact));
  const starts = trajectory.spans.map(({ startTimeUnixNano }) => startTimeUnixNano);
  const first = starts.reduce((least, start) => (start < least ? start : least), starts[0] ?? 0n);
  const redactedSpans = trajectory.spans.map((span) => redactedSpan(span, redact));
  const lacks = lacksOf(exchanges, trees, notes.map(redact.text));
  return {
    source: {
      traceIds: trees.map(({ traceId }) => traceId),
      format,
      dialects: dialectsIn(trees),
      ...(store !== undefined && { store: redact.text(store) }),
      readBy,
      ...(first > 0n && timeText !== undefined && { recordedAt: timeText(first) }),
      ...(cluster !== undefined && { cluster }),
    },
    attributes: commonAttributes(redactedSpans.filter(({ attributes }) => attributes[ATTR.harness] === undefined)),
    exchanges,
    trajectory: redactedSpans,
    replaced: redact.replaced(),
    lacks,
  };
}

/** In which words the spans of these trees are, sorted. */
export function dialectsIn(trees: readonly Tree[]): readonly string[] {
  const dialects = new Set(trees.flatMap(({ nodes }) => nodes.map(({ meaning }) => meaning.dialect)));
  return [...dialects].filter((dialect) => dialect !== "none").toSorted((a, b) => (a < b ? -1 : 1));
}

/** Ids and times are no content, and digits in them no numbers of cards. */
export function redactedExchange(exchange: Exchange, redact: Redactor): Exchange {
  const { spanId, startMs, durationMs } = exchange;
  const { spanId: _, ...content } = exchange;
  // An exchange is JSON, and keeps its form.
  const redacted = redact.value(content as never) as Exchange;
  return { ...redacted, ...(spanId !== undefined && { spanId }), startMs, durationMs };
}

import { TroupeError } from "../core/errors.ts";
import type { TraceOutcome } from "../format/trace-file.ts";
import type { Span } from "../trace/span.ts";
import { lastRecords, type LastRecords } from "./last-records.ts";
import { replayOf, type Replay } from "./replay.ts";
import { readRecords, type Batch } from "./trace-records.ts";
import { readSources, type Surroundings } from "./trace-sources.ts";

/** All spans of one trace id. */
export interface SourcedTrace {
  readonly traceId: string;
  readonly spans: readonly Span[];
  /** The file that its first span came from. */
  readonly source: string;
}

export interface TraceStream extends TraceOutcome {
  /** Each trace once and whole, in the order in which their last records stand in the sources. Can be read once. */
  readonly traces: AsyncIterable<SourcedTrace>;
}

/** Up to so many bytes, unpacked, the spans are kept from the first reading. */
const KEPT_BYTES_MAX = 32_000_000;

/**
 * The traces of files, of all trace files in folders, and of standard input (`-`), and of URLs, as
 * {@link readTraceSources} finds them, one after the other, in memory for the traces that are open: whose first record has come and whose last has not.
 *
 * Reads large sources twice: first to learn what is wrong with them and in which record each trace ends, then for the
 * spans. Standard input is kept in a temporary file meanwhile. Documents of formats that are read together are one
 * record.
 *
 * @throws TroupeError as {@link readTraceSources}; while it is read, `FILE_UNREADABLE` where a file is not what it was.
 */
export async function openTraceStream(
  paths: readonly string[],
  around: Surroundings = {},
  keptBytesMax: number = KEPT_BYTES_MAX,
): Promise<TraceStream> {
  const last = lastRecords();
  const replays: Replay[] = [];
  let kept: SourcedBatch[] | undefined = [];
  let [bytes, records, spans] = [0, 0, 0];
  let before = { kept: 0, records, spans };
  const outcome = await readSources(paths, around, {
    open: (source) => {
      const replay = replayOf(source, keptBytesMax);
      replays.push(replay);
      before = { kept: kept?.length ?? 0, records, spans };
      return replay.first();
    },
    onBatch: (batch) => {
      bytes += batch.length;
      if (bytes > keptBytesMax) kept = undefined;
      kept?.push({ ...batch, source: replays.at(-1)?.name ?? "" });
      for (const record of batch.records) {
        noteRecord(last, record, records++);
        spans += record.length;
      }
    },
    onRefused: () => {
      replays.pop()?.close();
      kept?.splice(before.kept);
      ({ records, spans } = before);
    },
  }).catch((error: unknown) => {
    close(replays);
    throw error;
  });
  if (kept !== undefined) close(replays);
  return { ...outcome, traces: tracesOf(kept ?? readAgain(replays, spans), last) };
}

function close(replays: readonly Replay[]): void {
  for (const replay of replays) replay.close();
}

interface SourcedBatch extends Batch {
  readonly source: string;
}

function noteRecord(last: LastRecords, spans: readonly Span[], record: number): void {
  let noted: string | undefined;
  for (const { traceId } of spans) {
    if (traceId === noted) continue;
    last.note(traceId, record);
    noted = traceId;
  }
}

async function* readAgain(replays: readonly Replay[], expected: number): AsyncGenerator<SourcedBatch> {
  let spans = 0;
  try {
    for (const { name, again } of replays) {
      for await (const batch of readRecords(again(), name)) {
        for (const record of batch.records) spans += record.length;
        yield { ...batch, source: name };
      }
    }
  } finally {
    close(replays);
  }
  if (spans === expected) return;
  const what = `there were ${expected} spans at first, and ${spans} when they were read again`;
  throw new TroupeError("FILE_UNREADABLE", {
    where: replays.map(({ name }) => name).join(", "),
    what,
    mend: "Let nothing write to the files meanwhile.",
  });
}

async function* tracesOf(
  batches: Iterable<SourcedBatch> | AsyncIterable<SourcedBatch>,
  last: LastRecords,
): AsyncGenerator<SourcedTrace> {
  const open = new Map<string, SourcedTrace & { readonly spans: Span[] }>();
  let record = 0;
  for await (const { records, source } of batches) {
    for (const spans of records) {
      const seen = new Set<string>();
      for (const span of spans) {
        const { traceId } = span;
        seen.add(traceId);
        const trace = open.get(traceId);
        if (trace === undefined) open.set(traceId, { traceId, spans: [span], source });
        else trace.spans.push(span);
      }
      for (const traceId of seen) {
        const trace = last.isLast(traceId, record) ? open.get(traceId) : undefined;
        if (trace === undefined) continue;
        open.delete(traceId);
        yield trace;
      }
      record++;
    }
  }
  // Those that a source spoke of which turned out to be unreadable further on.
  yield* open.values();
}

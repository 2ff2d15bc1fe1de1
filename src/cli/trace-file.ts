import type { ShowJson } from "../report/json.ts";
import { showJson } from "../report/json.ts";
import type { Span } from "../trace/span.ts";
import { summarize } from "../trace/summary.ts";
import type { Tree } from "../trace/tree.ts";
import { buildTrees } from "../trace/tree.ts";
import { readTraceSources } from "../wire/trace-sources.ts";
import { openTraceStream, type SourcedTrace, type TraceStream } from "../wire/trace-stream.ts";
import type { Terminal } from "./terminal.ts";

export interface TraceFileTrees {
  readonly format: string;
  readonly trees: readonly Tree[];
  /** What was left out, also told on standard error. */
  readonly notes: readonly string[];
  /** Whether nothing was left out that may have been spans. */
  readonly isWhole: boolean;
}

/**
 * The trees of trace files, of the trace files in folders, of standard input (`-`), and of what is behind URLs.
 *
 * @throws TroupeError when one of them cannot be read, or is no trace.
 */
export async function openTraceFiles(paths: readonly string[], terminal: Terminal): Promise<TraceFileTrees> {
  const { format, spans, notes, isWhole } = await readTraceSources(paths, terminal);
  for (const note of notes) terminal.err.print(terminal.err.paint.warn(note));
  return { format, trees: buildTrees(spans), notes, isWhole };
}

/**
 * The first trees of many by start, as {@link openTraceFiles} orders them, and how many there are. The others are not
 * kept.
 *
 * @throws TroupeError as {@link openTraceFiles}.
 */
export async function openFirstTrees(
  max: number,
  paths: readonly string[],
  terminal: Terminal,
): Promise<{ readonly trees: readonly Tree[]; readonly count: number }> {
  const { traces } = await openStream(paths, terminal);
  let count = 0;
  let first: StartedTrace[] = [];
  for await (const trace of traces) {
    count++;
    first.push({ ...trace, start: firstStart(trace.spans) });
    if (first.length > 2 * max) first = first.toSorted(byStart).slice(0, max);
  }
  const spans = first
    .toSorted(byStart)
    .slice(0, max)
    .flatMap((trace) => trace.spans);
  return { trees: buildTrees(spans), count };
}

interface StartedTrace extends SourcedTrace {
  readonly start: bigint;
}

function firstStart(spans: readonly Span[]): bigint {
  return spans.reduce(
    (first, { startTimeUnixNano: start }) => (start < first ? start : first),
    spans[0]?.startTimeUnixNano ?? 0n,
  );
}

function byStart(a: StartedTrace, b: StartedTrace): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  return a.traceId < b.traceId ? -1 : 1;
}

/** A tree, and the file that its first span came from. */
interface SourcedTree {
  readonly tree: Tree;
  readonly source: string;
}

/** Trees one after the other, and what is known of where they come from. */
export interface TreeStream extends Omit<TraceFileTrees, "trees"> {
  /** Each once and whole. Can be read once. */
  readonly trees: AsyncIterable<SourcedTree>;
}

/**
 * As {@link openTraceFiles}, but the trees come one after the other, in memory for the traces that are open; in the order
 * in which they end in the files.
 *
 * @throws TroupeError as {@link openTraceFiles}, before the first tree.
 */
export async function streamTraceFiles(paths: readonly string[], terminal: Terminal): Promise<TreeStream> {
  const { traces, ...outcome } = await openStream(paths, terminal);
  return { ...outcome, trees: treesOf(traces) };
}

async function openStream(paths: readonly string[], terminal: Terminal): Promise<TraceStream> {
  const stream = await openTraceStream(paths, terminal);
  for (const note of stream.notes) terminal.err.print(terminal.err.paint.warn(note));
  return stream;
}

async function* treesOf(traces: AsyncIterable<SourcedTrace>): AsyncGenerator<SourcedTree> {
  for await (const { spans, source } of traces) for (const tree of buildTrees(spans)) yield { tree, source };
}

export function traceFileJson({ format, trees, notes }: TraceFileTrees): ShowJson {
  return showJson(
    format,
    trees,
    trees.map((tree) => summarize(tree)),
    notes,
  );
}

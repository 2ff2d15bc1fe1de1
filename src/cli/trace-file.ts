import type { ShowJson } from "../report/json.ts";
import { showJson } from "../report/json.ts";
import { summarize } from "../trace/summary.ts";
import type { Tree } from "../trace/tree.ts";
import { buildTrees } from "../trace/tree.ts";
import { readTraceSources } from "../wire/trace-sources.ts";
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
 * The trees of trace files, of the trace files in folders, and of standard input (`-`).
 *
 * @throws TroupeError when one of them cannot be read, or is no trace.
 */
export async function openTraceFiles(paths: readonly string[], { input, err }: Terminal): Promise<TraceFileTrees> {
  const { format, spans, notes, isWhole } = await readTraceSources(paths, input);
  for (const note of notes) err.print(err.paint.warn(note));
  return { format, trees: buildTrees(spans), notes, isWhole };
}

export function traceFileJson({ format, trees, notes }: TraceFileTrees): ShowJson {
  return showJson(
    format,
    trees,
    trees.map((tree) => summarize(tree)),
    notes,
  );
}

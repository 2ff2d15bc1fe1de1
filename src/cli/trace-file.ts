import { readTraceFile } from "../format/read.ts";
import type { ShowJson } from "../report/json.ts";
import { showJson } from "../report/json.ts";
import { summarize } from "../trace/summary.ts";
import type { Tree } from "../trace/tree.ts";
import { buildTrees } from "../trace/tree.ts";
import { readTextFile } from "../wire/files.ts";

export interface TraceFileTrees {
  readonly format: string;
  readonly trees: readonly Tree[];
}

/** @throws TroupeError when the file cannot be read, or is no trace. */
export async function openTraceFile(path: string): Promise<TraceFileTrees> {
  const { format, spans } = readTraceFile(await readTextFile(path), path);
  return { format, trees: buildTrees(spans) };
}

export function traceFileJson({ format, trees }: TraceFileTrees): ShowJson {
  return showJson(
    format,
    trees,
    trees.map((tree) => summarize(tree)),
  );
}

import { buildTrees, type Tree } from "../trace/tree.ts";
import { openTraceStream } from "../wire/trace-stream.ts";
import type { Terminal } from "./terminal.ts";

/** A whole trace, and the file that its first span came from. */
interface SourcedTree {
  readonly tree: Tree;
  readonly file: string;
}

/** Traces one after the other, and what is known of their sources. */
export interface TreeSource {
  readonly format: string;
  readonly notes: readonly string[];
  /** Whether nothing was left out that may have been spans. */
  readonly isWhole: boolean;
  /** Can be read once. */
  readonly trees: AsyncIterable<SourcedTree>;
}

/**
 * The traces of files, folders and standard input (`-`), each once and whole, in memory for those that are open.
 *
 * @throws TroupeError when one of them cannot be read, or is no trace.
 */
export async function openTrees(paths: readonly string[], { input, err }: Terminal): Promise<TreeSource> {
  const { format, notes, isWhole, traces } = await openTraceStream(paths, input);
  for (const note of notes) err.print(err.paint.warn(note));
  return { format, notes, isWhole, trees: trees() };

  async function* trees(): AsyncGenerator<SourcedTree> {
    for await (const { spans, source } of traces) for (const tree of buildTrees(spans)) yield { tree, file: source };
  }
}

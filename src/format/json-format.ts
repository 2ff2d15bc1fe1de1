import type { Span } from "../trace/span.ts";
import { TraceFaults } from "./faults.ts";

/** One format of trace files that are JSON documents. A new one is one file and its line in the table of `read.ts`. */
export interface JsonFormat {
  readonly format: string;
  /** How the format shows itself, for the error that lists what was looked for. */
  readonly sign: string;
  /** Whether a document is in this format. Looks at little of it. */
  readonly isOne: (document: unknown) => boolean;
  /** The spans of a document. What is wrong with it goes to `faults`, with its place in the file. */
  readonly read: (document: unknown, file: string, faults: TraceFaults) => readonly Span[];
  /** Whether the documents of a file are read together, as one list: where a line is less than a trace. */
  readonly isGathered?: true;
  /**
   * Where a document may keep a list of which each item can be read without the others: the keys that lead to it with dots
   * between them, "" for a document that is the list.
   */
  readonly lists?: readonly string[];
}

/**
 * The spans of a document that is known to be in a format.
 *
 * @throws TroupeError `TRACE_INVALID` with every fault's place.
 */
export function readDocument(format: JsonFormat, document: unknown, file: string): readonly Span[] {
  const faults = new TraceFaults();
  const spans = format.read(document, file, faults);
  faults.throwIfAny(file);
  return spans;
}

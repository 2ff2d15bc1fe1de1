import type { Paint } from "../report/paint.ts";

/** Where a command prints: documents and reports go to `out`, everything else to `err`. */
export interface Terminal {
  readonly out: Printer;
  readonly err: Printer;
  /** Standard input, in pieces. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** What the command may read of the environment, by name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Tells from now on of the wish to stop, by Ctrl-C or a signal, instead of ending at once; returns what ends that. */
  readonly onStop?: (listener: (exitCode: 130 | 143) => void) => () => void;
}

export interface Printer {
  readonly paint: Paint;
  /** Prints `text` and a line end. */
  readonly print: (text: string) => void;
  /** As `print`; resolves once that is passed on, and rejects where nobody takes it any more. */
  readonly printAll?: (text: string) => Promise<void>;
  /** Where it is a terminal that can go back on a line. */
  readonly screen?: {
    /** How many columns it has now. */
    readonly columns: () => number;
    readonly write: (text: string) => void;
  };
}

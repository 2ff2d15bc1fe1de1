import type { Paint } from "../report/paint.ts";

/** Where a command prints: documents and reports go to `out`, everything else to `err`. */
export interface Terminal {
  readonly out: Printer;
  readonly err: Printer;
}

export interface Printer {
  readonly paint: Paint;
  /** Prints `text` and a line end. */
  readonly print: (text: string) => void;
}

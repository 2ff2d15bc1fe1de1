import type { Fault } from "../../core/errors.ts";

/** One line of a shape being read: a text, a place in it, and where faults go with their own column. */
export class Scanner {
  readonly text: string;
  readonly #report: (index: number, what: string, mend: string) => void;
  index = 0;

  constructor(text: string, report: (index: number, what: string, mend: string) => void) {
    this.text = text;
    this.#report = report;
  }

  get isAtEnd(): boolean {
    return this.index >= this.text.length;
  }

  /** The text from here on. */
  get rest(): string {
    return this.text.slice(this.index);
  }

  skipSpaces(): void {
    this.take(/\s*/y);
  }

  /** Takes what a sticky regular expression matches here; "" if it does not. */
  take(sticky: RegExp): string {
    sticky.lastIndex = this.index;
    const [taken = ""] = sticky.exec(this.text) ?? [];
    this.index += taken.length;
    return taken;
  }

  /** Notes a fault at `index` and gives up the line. */
  fail(index: number, { what, mend }: Omit<Fault, "where">): never {
    this.#report(index, what, mend);
    throw new LineFault();
  }
}

/** Ends the reading of one line whose fault is noted; the rest of the file is still read. */
export class LineFault extends Error {}

/** Collects text and gives it on in whole lines, so that what several threads print is not torn apart. */
export class LineBuffer {
  readonly #print: (lines: string) => void;
  #open = "";

  /** @param print prints lines and a line end after the last */
  constructor(print: (lines: string) => void) {
    this.#print = print;
  }

  add(text: string): void {
    const end = text.lastIndexOf("\n");
    if (end === -1) {
      this.#open += text;
      return;
    }
    this.#print(this.#open + text.slice(0, end));
    this.#open = text.slice(end + 1);
  }

  /** Gives on a line that was not ended. */
  end(): void {
    if (this.#open !== "") this.#print(this.#open);
    this.#open = "";
  }
}

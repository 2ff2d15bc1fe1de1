import type { Progress } from "../campaign/result.ts";
import { counted, oneLine, thousands } from "../report/wording.ts";
import type { Printer } from "./terminal.ts";

/** The shortest time between two redraws: faster than anybody reads. */
const REDRAW_MS = 50;
/** The shortest time between two lines where nothing can be redrawn, in a log. */
const LINE_MS = 10_000;

/**
 * Shows how far a suite has come: on a terminal in one line that is redrawn, elsewhere in a line now and then, and in none
 * where a suite is soon done.
 */
export class ProgressLine {
  readonly #err: Printer;
  #last: Progress | undefined;
  /** What stands on the screen's last line; "" for nothing. */
  #shown = "";
  #timer: NodeJS.Timeout | undefined;
  #toldMs = performance.now();

  constructor(err: Printer) {
    this.#err = err;
  }

  /** Takes note of how far it is now. */
  update(progress: Progress): void {
    this.#last = progress;
    if (this.#err.screen === undefined) this.#tell();
    else this.#timer ??= setTimeout(() => this.#redraw(), REDRAW_MS);
  }

  /** Prints something else: the line makes room for it, and comes back below it. */
  around(print: () => void): void {
    const shown = this.#shown;
    this.#erase();
    print();
    if (shown !== "") this.#draw();
  }

  /** Removes the line for good. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#last = undefined;
    this.#erase();
  }

  #redraw(): void {
    this.#timer = undefined;
    this.#draw();
  }

  /** Writes over what stands there and clears what is left of it, all at once, so that nothing flickers. */
  #draw(): void {
    const { screen, paint } = this.#err;
    if (screen === undefined || this.#last === undefined) return;
    const text = fitting(sentence(this.#last), screen.columns() - 1);
    if (text === this.#shown) return;
    this.#shown = text;
    screen.write(`\r${paint.dim(text)}${CLEAR_REST}`);
  }

  #erase(): void {
    if (this.#shown === "") return;
    this.#shown = "";
    this.#err.screen?.write(`\r${CLEAR_REST}`);
  }

  #tell(): void {
    const nowMs = performance.now();
    if (this.#last === undefined || nowMs - this.#toldMs < LINE_MS || this.#last.done === this.#last.total) return;
    this.#toldMs = nowMs;
    this.#err.print(sentence(this.#last));
  }
}

const CLEAR_REST = "\u001B[K";

function sentence({ done, total, unmet, scenario, seed }: Progress): string {
  const failed = unmet === 0 ? "" : `, ${thousands(unmet)} failed`;
  return `${thousands(done)}/${counted(total, "run")}${failed}, ${oneLine(scenario)} seed ${seed}`;
}

/** As much as fits into so many columns; a character beyond ASCII may take two. */
function fitting(text: string, columns: number): string {
  let width = 0;
  let kept = "";
  for (const character of text) {
    width += character <= "~" ? 1 : 2;
    if (width > columns) return kept;
    kept += character;
  }
  return kept;
}

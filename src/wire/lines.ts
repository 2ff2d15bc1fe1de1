const LINE_BYTES_MAX = 64 * 1024 * 1024;
/** How much of a line that cannot be used is shown, in characters. */
export const RUBBISH_SHOWN = 200;
const NEWLINE = 10;

/**
 * Bytes to lines. The SDK's `ReadBuffer` does not say which line it could not read, copies all it holds for every chunk,
 * and gives up at its limit.
 */
export class LineSplitter {
  readonly #onOverlong: (start: string) => void;
  readonly #bytesMax: number;
  /** The line that has begun. */
  #parts: Buffer[] = [];
  #bytes = 0;
  #tail: Buffer = Buffer.alloc(0);
  #isSkipping = false;

  /** A line of more than `bytesMax` is left out; `onOverlong` hears how it begins. */
  constructor(onOverlong: (start: string) => void, bytesMax: number = LINE_BYTES_MAX) {
    this.#onOverlong = onOverlong;
    this.#bytesMax = bytesMax;
  }

  /** Once all lines before have been taken. */
  append(chunk: Buffer): void {
    this.#tail = chunk;
  }

  next(): string | undefined {
    for (;;) {
      const end = this.#tail.indexOf(NEWLINE);
      if (end === -1) {
        this.#keepPart();
        return undefined;
      }
      const line = Buffer.concat([...this.#parts, this.#tail.subarray(0, end)]);
      this.#tail = this.#tail.subarray(end + 1);
      this.#forgetParts();
      if (!this.#isSkipping) return line.toString();
      this.#isSkipping = false;
    }
  }

  /** What has been read and belongs to no line that was given out. */
  rest(): Buffer {
    return Buffer.concat([...this.#parts, this.#tail]);
  }

  #keepPart(): void {
    if (!this.#isSkipping && this.#tail.length > 0) {
      this.#parts.push(this.#tail);
      this.#bytes += this.#tail.length;
    }
    this.#tail = Buffer.alloc(0);
    if (this.#bytes <= this.#bytesMax) return;
    const start = this.#parts[0]?.subarray(0, 4 * RUBBISH_SHOWN).toString() ?? "";
    this.#onOverlong(start.trim().slice(0, RUBBISH_SHOWN));
    this.#isSkipping = true;
    this.#forgetParts();
  }

  #forgetParts(): void {
    this.#parts = [];
    this.#bytes = 0;
  }
}

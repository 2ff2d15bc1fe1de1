import type { Progress } from "../campaign/result.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { LineBuffer } from "./line-buffer.ts";
import { ProgressLine } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** What a campaign tells while it is at work, and how it is stopped. */
export interface Watch {
  readonly onProgress: (progress: Progress) => void;
  readonly onOutput: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Lets a campaign work while a line on standard error shows how far it is and a signal may stop it. */
export async function watched<T>(
  { err, onStop }: Terminal,
  work: (watch: Watch, around: (print: () => void) => void) => Promise<T>,
): Promise<{ readonly result: T; readonly stopCode: ExitCode | undefined }> {
  const progress = new ProgressLine(err);
  const around = (print: () => void): void => progress.around(print);
  const printed = new LineBuffer((lines) => around(() => err.print(lines)));
  const stop = new AbortController();
  let stopCode: ExitCode | undefined;
  const forget = onStop?.((code) => {
    stopCode = code;
    stop.abort();
  });
  try {
    const watch: Watch = {
      onProgress: (state) => progress.update(state),
      onOutput: (text) => printed.add(text),
      signal: stop.signal,
    };
    const result = await work(watch, around);
    return { result, stopCode };
  } finally {
    forget?.();
    progress.end();
    printed.end();
  }
}

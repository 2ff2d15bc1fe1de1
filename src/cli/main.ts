#!/usr/bin/env node
import { writeSync } from "node:fs";
import { type Fault, TroupeError } from "../core/errors.ts";
import { ANSI, PLAIN } from "../report/paint.ts";
import { runProgram, tellUncaught } from "./program.ts";
import type { Printer, Terminal } from "./terminal.ts";

let isDone = false;
const out = printerOn(process.stdout);
const err = printerOn(process.stderr);
const printed = [drained(process.stdout), drained(process.stderr)];
// Standard output is for documents and reports: what code under test prints goes to standard error.
process.stdout.write = process.stderr.write.bind(process.stderr);

// What user code leaves floating must not end as Node's exit code 1, which means "failed" here.
process.on("uncaughtException", (error) => {
  void exit(tellUncaught(error, err));
});

// Code under test that calls `process.exit` must not end a suite as passed.
process.on("exit", () => {
  if (isDone) return;
  process.exitCode = 2;
  const what = "code under test ended the process before the command was done";
  writeSync(process.stderr.fd, `troupe: ${what}. Let it throw instead of calling process.exit.\n`);
});

await exit(await runProgram(process.argv.slice(2), { out, err, input: process.stdin, env: process.env, onStop }));

/** The first signal is told; one more ends the process at once, as it would have without a listener. */
function onStop(listener: Parameters<NonNullable<Terminal["onStop"]>>[0]): () => void {
  let signals = 0;
  const hear = (code: 130 | 143) => (): void => {
    if (++signals === 1) return listener(code);
    isDone = true;
    process.exit(code);
  };
  const [interrupt, terminate] = [hear(130), hear(143)];
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", terminate);
  return () => {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", terminate);
  };
}

function printerOn(stream: NodeJS.WriteStream): Printer {
  // A reader that has seen enough, such as `head`, closes the pipe: the verdict still counts, the rest is not printed.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return;
    isDone = true;
    process.exit(3);
  });
  const write = stream.write.bind(stream);
  return {
    paint: isColoured(stream) ? ANSI : PLAIN,
    print: (text) => {
      if (stream.writable) write(`${text}\n`);
    },
    printAll: (text) =>
      new Promise((resolve, reject) => {
        write(`${text}\n`, (error) =>
          error ? reject(new TroupeError("USAGE", NOBODY_READS, { cause: error })) : resolve(),
        );
      }),
    ...(stream.isTTY &&
      process.env["TERM"] !== "dumb" && {
        screen: { columns: () => stream.columns, write: (text: string) => void write(text) },
      }),
  };
}

const NOBODY_READS: Fault = {
  where: "standard output",
  what: "it was closed, and nobody reads what is written there",
  mend: "Write to a file, or keep the program that reads it running.",
};

/** @see https://no-color.org and https://force-color.org */
function isColoured(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR: none = "", FORCE_COLOR: forced = "" } = process.env;
  return none === "" && (stream.isTTY || (forced !== "" && forced !== "0"));
}

/** Ends the process once all is printed, whatever timers and sockets the agents under test left open. */
async function exit(code: number): Promise<void> {
  await Promise.all(printed.map((wait) => wait()));
  isDone = true;
  process.exit(code);
}

/** Waits until the stream has passed on all that was written to it. */
function drained(stream: NodeJS.WriteStream): () => Promise<void> {
  const write = stream.write.bind(stream);
  return async () => {
    if (!stream.writable) return;
    await new Promise<void>((resolve) => {
      write("", () => resolve());
    });
  };
}

import { fileURLToPath } from "node:url";
import { TroupeError, isTroupeError } from "../core/errors.ts";
import type { ThreadEnd } from "./thread.ts";

/** The folder of Troupe's own code. */
const OWN = fileURLToPath(new URL("..", import.meta.url));

/**
 * What to throw when a thread ended while it loaded: nothing has run.
 *
 * @returns a TroupeError `SCENARIO_LOAD`, or the error itself where Troupe has a part in it.
 */
export function loadError(end: ThreadEnd, file: string): unknown {
  if (end.why === "threw") return isOwn(end.error) ? end.error : strayError(end.error);
  if (end.why === "exited")
    return new TroupeError("SCENARIO_LOAD", {
      where: "troupe",
      what: "code under test ended the process before the command was done",
      mend: "Let it throw instead of calling process.exit.",
    });
  return new TroupeError("SCENARIO_LOAD", {
    where: file,
    what: `loading it ${keeping(end.silentMs)}`,
    mend: "Mend the file, or what it imports.",
  });
}

/**
 * What to say of the run that was played when its thread ended: the end of a sentence.
 *
 * @throws the error that ended the thread, where Troupe has a part in it.
 */
export function lossSentence(end: ThreadEnd): string {
  if (end.why === "silent") return keeping(end.silentMs);
  if (end.why === "exited")
    return `ended its thread: code under test called process.exit(${end.code}) outside of every agent and server`;
  if (isOutOfMemory(end.error)) return "took more memory than a thread may have";
  if (isOwn(end.error)) throw end.error;
  return `ended its thread: code under test threw outside of every run, and nobody caught it: ${wordsOf(end.error)}`;
}

function keeping(silentMs: number): string {
  return `did not let go of its thread for ${silentMs / 1000} s: an endless loop, or a promise chain that never ends`;
}

function strayError(error: unknown): TroupeError {
  if (isOutOfMemory(error))
    return new TroupeError("SCENARIO_LOAD", {
      where: "troupe",
      what: "code under test took more memory than a thread may have",
      mend: "Load less when a file loads.",
    });
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new TroupeError("SCENARIO_LOAD", {
    where: "troupe",
    what: "code under test threw outside of every run, and nobody caught it",
    mend: `Mend it at its place:\n${stack}`,
  });
}

function isOwn(error: unknown): boolean {
  return isTroupeError(error) || (error instanceof Error && (error.stack ?? "").includes(OWN));
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.split("\n")[0]}` : String(error);
}

import { closeSync, createReadStream, openSync, rmSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TroupeError } from "../core/errors.ts";
import type { Source } from "./trace-sources.ts";
import type { Bytes } from "./unpacked.ts";

/** A source that can be read twice, and gives the same bytes. */
export interface Replay {
  readonly name: string;
  readonly first: () => Bytes;
  /** The bytes that the first reading gave. To be called when that is over. */
  readonly again: () => Bytes;
  readonly close: () => void;
}

/**
 * A file is read again as far as it was read first; what else there is, such as standard input, is kept meanwhile, above
 * `memoryBytesMax` bytes in a file of its own.
 */
export function replayOf(source: Source, memoryBytesMax: number): Replay {
  return source.path === undefined ? spooled(source, memoryBytesMax) : reopened(source, source.path);
}

function reopened({ name, open }: Source, path: string): Replay {
  let length = 0;
  return {
    name,
    first: async function* () {
      for await (const chunk of open()) {
        length += chunk.length;
        yield chunk;
      }
    },
    // A file may grow while it is read.
    again: () => (length === 0 ? inMemory([]) : createReadStream(path, { end: length - 1 })),
    close: () => {},
  };
}

function spooled({ name, open }: Source, memoryBytesMax: number): Replay {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let file: number | undefined;
  const keep = (chunk: Uint8Array): void => {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= memoryBytesMax) return;
    try {
      file ??= namelessFile();
      for (const each of chunks.splice(0)) writeAll(file, each);
    } catch (error) {
      throw noRoom(name, error);
    }
  };
  return {
    name,
    first: async function* () {
      for await (const chunk of open()) {
        keep(chunk);
        yield chunk;
      }
    },
    again: () =>
      file === undefined ? inMemory(chunks) : createReadStream("", { fd: file, start: 0, autoClose: false }),
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
      chunks.length = 0;
    },
  };
}

async function* inMemory(chunks: readonly Uint8Array[]): Bytes {
  yield* chunks;
}

/** It has no name any more, so that it is gone with the process, however that ends. */
function namelessFile(): number {
  const path = join(tmpdir(), `troupe-${randomUUID()}`);
  const file = openSync(path, "wx+", 0o600);
  rmSync(path);
  return file;
}

function writeAll(file: number, chunk: Uint8Array): void {
  for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
}

function noRoom(name: string, error: unknown): TroupeError {
  const reason = error instanceof Error ? error.message : String(error);
  const what = `it cannot be kept in ${tmpdir()} to be read again (${reason})`;
  const mend = "Set TMPDIR to a folder with room for it, or name a file.";
  return new TroupeError("FILE_UNREADABLE", { where: name, what, mend }, { cause: error });
}

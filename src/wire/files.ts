import { mkdir, open, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Fault } from "../core/errors.ts";
import { TroupeError } from "../core/errors.ts";

/**
 * A file's text; a byte order mark is no part of it.
 *
 * @throws TroupeError `FILE_UNREADABLE` when it is missing, a folder, not allowed, or not UTF-8.
 */
export function readTextFileSync(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  return decode(path, bytes);
}

/**
 * Writes a file, and the folders that lead to it.
 *
 * @throws TroupeError `USAGE` when it cannot be written there.
 */
export async function writeTextFile(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** A file that is written line by line. */
export interface LineFile {
  /** Resolves once the line is handed to the system; rejects where it cannot be written. */
  write(line: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file for lines, and the folders that lead to it; what it held is gone.
 *
 * @throws TroupeError `USAGE` when it cannot be written, here and at each line.
 */
export async function openLineFile(path: string): Promise<LineFile> {
  const handle = await mkdir(dirname(path), { recursive: true })
    .then(() => open(path, "w"))
    .catch((error: unknown) => {
      throw unwritable(path, error);
    });
  let written: Promise<unknown> = Promise.resolve();
  return {
    write(line) {
      const own = written.then(() => handle.appendFile(`${line}\n`));
      written = own.catch(() => {});
      return own.catch((error: unknown) => {
        throw unwritable(path, error);
      });
    },
    async close() {
      await written;
      await handle.close();
    },
  };
}

function unwritable(path: string, cause: unknown): TroupeError {
  const what = `the file cannot be written (${codeOf(cause)})`;
  const mend = "Name a file in a folder that you may write to.";
  return new TroupeError("USAGE", { where: path, what, mend }, { cause });
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    const fault = {
      where: path,
      what: "the file is not UTF-8 text",
      mend: "Unpack it if it is compressed, or save it as UTF-8.",
    };
    throw new TroupeError("FILE_UNREADABLE", fault, { cause: error });
  }
}

export function unreadable(path: string, error: unknown): TroupeError {
  return new TroupeError("FILE_UNREADABLE", { where: path, ...reasonOf(codeOf(error)) }, { cause: error });
}

function reasonOf(code: string): Pick<Fault, "what" | "mend"> {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return { what: "there is no such file", mend: "Check the path; it is relative to the folder you are in." };
    case "EISDIR":
      return { what: "this is a folder", mend: "Name a file in it." };
    case "EACCES":
    case "EPERM":
      return { what: "you may not read this file", mend: "Change its permissions, or copy it." };
    default:
      return { what: `the file cannot be read (${code})`, mend: "Check that it is a plain file." };
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

import { mkdir, writeFile } from "node:fs/promises";
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
    const what = `the file cannot be written (${codeOf(error)})`;
    throw new TroupeError(
      "USAGE",
      { where: path, what, mend: "Name a file in a folder that you may write to." },
      { cause: error },
    );
  }
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

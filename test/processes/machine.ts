/** What is on this machine: processes that a test has started, directly or not, found by a mark in their environment. */
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

/** Put into `process.env` (or a child's), it is inherited by all that is started from there. */
export const MARK = "TROUPE_TEST_MARK";

export function newMark(): string {
  return randomUUID();
}

/** A process on this machine, with its command line. */
export interface Found {
  readonly pid: number;
  readonly command: string;
}

/** Living processes that were started with this mark. A zombie has no environment, and is none of them. */
export function processesWith(mark: string): readonly Found[] {
  return readdirSync("/proc").flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(`${MARK}=${mark}`)) return [];
      return [{ pid, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim() }];
    } catch {
      return [];
    }
  });
}

/** Whether a process runs; one that has ended and that nobody has asked for yet does not. */
export function isAlive(pid: number): boolean {
  const state = statOf(pid)?.state;
  return state !== undefined && !/[ZX]/.test(state);
}

/** Who started a process; `undefined` where it is gone. */
export function parentOf(pid: number): number | undefined {
  const parent = statOf(pid)?.parent;
  return parent === undefined ? undefined : Number(parent);
}

function statOf(pid: number): { readonly state?: string; readonly parent?: string } | undefined {
  try {
    // The name between the parentheses may hold anything.
    return /^\d+ \(.*\) (?<state>\S) (?<parent>\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.groups;
  } catch {
    return undefined;
  }
}

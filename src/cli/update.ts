import { existsSync, realpathSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { quotedPath } from "../campaign/repeat.ts";
import type { SuiteResult } from "../campaign/result.ts";
import type { SnapshotCase } from "../campaign/snapshots.ts";
import { snapshotCases, snapshotText, withMetSnapshots } from "../campaign/snapshots.ts";
import type { ScenarioName } from "../campaign/thread-messages.ts";
import { faultSentence } from "../core/errors.ts";
import { counted } from "../report/wording.ts";
import { readTextFileSync, writeTextFile } from "../wire/files.ts";
import type { Terminal } from "./terminal.ts";

/** A suite that was played, and what it was played from. */
export interface Played {
  readonly suite: SuiteResult;
  readonly scenarios: readonly ScenarioName[];
  readonly seedCount: number;
}

/**
 * Writes the snapshots that are missing, and refreshes those that do not match; one that matches is left as it is. Says
 * on standard error what it has written and what not, and why. Under CI it writes nothing.
 *
 * @returns the suite with the snapshots it has written met.
 * @throws TroupeError `USAGE` when a file cannot be written.
 */
export async function updateSnapshots(played: Played, { err, env = {} }: Terminal): Promise<SuiteResult> {
  const { suite, scenarios, seedCount } = played;
  if (suite.notRun > 0 || scenarios.length * seedCount !== suite.runs.length) {
    err.print("no snapshot was written, since the suite was stopped");
    return suite;
  }
  const files = new Set<string>();
  for (const one of snapshotCases(suite, scenarios, seedCount)) {
    if (one.isMet) continue;
    const obstacle = obstacleTo(one, env);
    const text = obstacle ?? snapshotTextOf(one);
    if (typeof text === "string") {
      err.print(`not written: ${one.file} (${text})`);
      continue;
    }
    await replaceFile(one.file, text.text);
    files.add(one.file);
    err.print(`${one.isMissing ? "wrote" : "refreshed"} ${one.file} (${counted(seedCount, "seed")})${text.note}`);
  }
  return withMetSnapshots(suite, scenarios, { seedCount, files });
}

/** Why a snapshot may not be written here and now, or `undefined`. */
function obstacleTo(
  { file, scenarioFiles, isMissing, obstacle }: SnapshotCase,
  env: NonNullable<Terminal["env"]>,
): string | undefined {
  if (isCi(env)) {
    const what = isMissing ? "it is missing" : "the runs differ from it";
    const command = `troupe run ${quotedPath(scenarioFiles[0] ?? "")} --update`;
    return `${what}, and with CI set no snapshot is written: run ${command} yourself, read the change, and commit it`;
  }
  const outside = scenarioFiles.find((scenario) => !isBelow(file, dirname(scenario)));
  if (outside !== undefined) return `it is not in the folder of ${outside}, nor below it`;
  return obstacle;
}

/** As build servers set it; `CI=false` and `CI=0` say that this is none. */
function isCi({ CI = "" }: NonNullable<Terminal["env"]>): boolean {
  return !["", "0", "false"].includes(CI.toLowerCase());
}

/** Whether a file is in a folder or below it, wherever links lead. */
function isBelow(file: string, folder: string): boolean {
  let existing = dirname(resolve(file));
  while (!existsSync(existing)) existing = dirname(existing);
  const path = relative(realpathSync(folder), realpathSync(existing));
  return path !== ".." && !path.startsWith(`..${sep}`) && resolve(path) !== path;
}

/** The new text of a snapshot, and what the user should know of it; or why there is none. */
function snapshotTextOf(one: SnapshotCase): { readonly text: string; readonly note: string } | string {
  const old = one.isMissing ? undefined : readTextFileSync(one.file);
  const made = snapshotText(one, old, (path, from) => readTextFileSync(join(dirname(from), path)));
  if (!("text" in made)) return made.map(faultSentence).join(" ");
  const { text, lost } = made;
  return { text, note: lost > 0 ? `; ${counted(lost, "comment")} went with the lines they stood at` : "" };
}

/** Writes beside the file first, so that nobody ever reads half of it. */
async function replaceFile(file: string, text: string): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    await writeTextFile(draft, text);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

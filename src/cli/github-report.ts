import { appendFile, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { SuiteResult } from "../campaign/result.ts";
import { TroupeError } from "../core/errors.ts";
import { githubAnnotations, noRoomNotice } from "../report/github.ts";
import { SUMMARY_MAX_BYTES, githubSummary } from "../report/github-summary.ts";
import { writeTextFile } from "../wire/files.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Prints the annotations of a suite, and writes its summary to `file`, or else adds it to that of the step which runs this.
 *
 * @throws TroupeError `USAGE` when the summary cannot be written.
 */
export async function reportToGithub(
  suite: SuiteResult,
  file: string | undefined,
  print: (text: string) => void,
  env: NonNullable<Terminal["env"]>,
): Promise<void> {
  const { GITHUB_STEP_SUMMARY: ofStep = "", GITHUB_WORKSPACE: workspace = "" } = env;
  const annotations = githubAnnotations(suite, (path) => fromRepository(path, workspace));
  if (annotations !== "") print(annotations);
  if (file !== undefined) return writeTextFile(file, githubSummary(suite));
  if (ofStep !== "" && !(await addToStep(ofStep, suite))) print(noRoomNotice());
}

/** Other commands of the step may have written to its summary, and all of it has to fit; resolves with whether it does. */
async function addToStep(file: string, suite: SuiteResult): Promise<boolean> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  const summary = githubSummary(suite, SUMMARY_MAX_BYTES - size);
  try {
    await appendFile(file, summary);
  } catch (cause) {
    const what = `the summary cannot be written to $GITHUB_STEP_SUMMARY (${cause instanceof Error ? cause.message : ""})`;
    const mend = "Name a file that you may write to, as in --report github=summary.md.";
    throw new TroupeError("USAGE", { where: file, what, mend }, { cause });
  }
  return summary !== "";
}

/** GitHub knows files by their path from the root of the checkout, which need not be the folder that this runs in. */
function fromRepository(path: string, workspace: string): string {
  const own = workspace === "" ? path : relative(resolve(workspace), resolve(path));
  return (own.startsWith("..") ? join(path) : own).replaceAll("\\", "/");
}

import type { RunResult, SuiteResult } from "../campaign/result.ts";
import { firstCause } from "./cause.ts";
import { faultLine } from "./fault-line.ts";
import { counted } from "./wording.ts";

/** GitHub shows ten annotations of a kind for each step and drops the rest without a word. */
const ANNOTATIONS_MAX = 10;

/**
 * The suite as workflow commands of GitHub Actions: an `::error` for each run that failed or is inconclusive, at its
 * scenario file. Where they are more than GitHub shows, the last one says how many are left out.
 *
 * @param fileOf what the file of a scenario is called from the root of the repository
 * @returns lines without a line end after the last; "" when nothing is wrong
 */
export function githubAnnotations({ runs }: SuiteResult, fileOf: (file: string) => string = slashed): string {
  const unmet = runs.filter(isUnmet);
  const shown = unmet.length > ANNOTATIONS_MAX ? unmet.slice(0, ANNOTATIONS_MAX - 1) : unmet;
  const lines = shown.map((run) => annotation(run, fileOf));
  const rest = unmet.length - shown.length;
  if (rest > 0) {
    const title = `${counted(rest, "more run")} did not pass`;
    lines.push(command({ title }, "GitHub shows ten annotations of a step; the log and the summary name them all."));
  }
  return lines.join("\n");
}

/** Says that the summary has no room for this suite: the one place besides the log where it is then told of. */
export function noRoomNotice(): string {
  const title = "The job summary has no room for Troupe";
  return command({ title }, "Other commands of this step have filled it; the log tells every run.", "notice");
}

export function isUnmet({ verdict }: RunResult): boolean {
  return verdict === "failed" || verdict === "inconclusive";
}

function annotation(run: RunResult, fileOf: (file: string) => string): string {
  const { scenario, seed, mode, file, verdict, repeat, faults } = run;
  const cause = firstCause(run) ?? verdict;
  const line = file === null ? undefined : lineIn(file, run);
  const properties = {
    ...(file === null ? {} : { file: fileOf(file) }),
    ...(line === undefined ? {} : { line }),
    title: `${scenario} seed ${seed} ${mode} ${verdict}`,
  };
  const told = [cause, ...faults.map((fired) => `fault: ${faultLine(fired)}`), `repeat: ${repeat}`];
  return command(properties, told.join("\n"));
}

/** The line of the scenario file itself that is not met, where a mismatch names one. */
function lineIn(file: string, { expectations }: RunResult): string | undefined {
  const places = expectations
    .filter(({ verdict }) => verdict === "failed" || verdict === "inconclusive")
    .flatMap(({ mismatches }) => mismatches.map(({ expectedAt }) => expectedAt));
  const own = places.find((place) => place.startsWith(`${file}:`));
  return own === undefined ? undefined : /^(\d+)(:\d+)?$/.exec(own.slice(file.length + 1))?.[1];
}

/** @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions, and `@actions/core` for what is escaped. */
function command(properties: Readonly<Record<string, string>>, message: string, level = "error"): string {
  const written = Object.entries(properties).map(([name, value]) => `${name}=${property(value)}`);
  return `::${level} ${written.join(",")}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function slashed(file: string): string {
  return file.replaceAll("\\", "/");
}

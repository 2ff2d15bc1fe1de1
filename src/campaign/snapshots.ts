import type { Expectation } from "../check/expectation.ts";
import { checkOf, isExpectation } from "../check/expectation.ts";
import type { Fault } from "../core/errors.ts";
import { isTroupeError } from "../core/errors.ts";
import { inferShape } from "../shape/infer/infer.ts";
import { refreshShape } from "../shape/infer/refresh.ts";
import { printShape } from "../shape/print.ts";
import { withComments } from "../shape/text/comments.ts";
import type { ReadInclude } from "../shape/text/include.ts";
import { parseShape } from "../shape/text/parse.ts";
import { semanticNodes } from "../trace/semantic.ts";
import type { RunResult, SuiteResult } from "./result.ts";
import type { ScenarioName } from "./thread-messages.ts";
import { worst } from "./verdicts.ts";

/** A shape file that the runs of a scenario are to match; not one that they are to fail. */
export interface Snapshot extends NamedSnapshot {
  /** The paths of all scenarios of the same file that name it, this one included. */
  readonly sharers: readonly string[];
}

/** A snapshot as one scenario names it. */
export interface NamedSnapshot {
  /** Its place among the scenario's expectations. */
  readonly index: number;
  /** As the user would name it. */
  readonly file: string;
  readonly isMissing: boolean;
}

/** The snapshots among expectations; `fileOf` gives a path as the user would name it. */
export function snapshotsIn(
  expectations: readonly Expectation[],
  fileOf: (path: string) => string,
  exists: (file: string) => boolean,
): readonly NamedSnapshot[] {
  return expectations.flatMap((expectation, index) => {
    // Scenario files may be plain JavaScript, where no type keeps something else out.
    if (!isExpectation(expectation) || expectation.kind !== "shape-file") return [];
    const file = fileOf(expectation.path);
    return [{ index, file, isMissing: !exists(file) }];
  });
}

/** By snapshot, the paths of the scenarios that name it. */
export function sharersOf(
  scenarios: readonly { readonly path: string; readonly snapshots: readonly NamedSnapshot[] }[],
): ReadonlyMap<string, readonly string[]> {
  const sharers = new Map<string, Set<string>>();
  for (const { path, snapshots } of scenarios)
    for (const { file } of snapshots) sharers.set(file, (sharers.get(file) ?? new Set()).add(path));
  return new Map(Array.from(sharers, ([file, paths]) => [file, [...paths]]));
}

/** The expectations with a check that fails in the place of each snapshot that is missing. */
export function withoutMissing(
  expectations: readonly Expectation[],
  snapshots: readonly NamedSnapshot[],
): readonly Expectation[] {
  return expectations.map((expectation, index) => {
    const missing = snapshots.find((snapshot) => snapshot.index === index && snapshot.isMissing);
    if (missing === undefined) return expectation;
    const { name } = expectation;
    const message = `there is no file ${missing.file} yet, so there is nothing to compare with`;
    return checkOf(name, () => [{ kind: "missing", expectedAt: name, expected: "a snapshot", message }]);
  });
}

/** A snapshot with all the runs of a suite that are to match it, whichever scenario they are of. */
export interface SnapshotCase {
  readonly file: string;
  /** The scenario files that name it. */
  readonly scenarioFiles: readonly string[];
  readonly isMissing: boolean;
  /** Whether all runs match it. */
  readonly isMet: boolean;
  readonly runs: readonly RunResult[];
  /** Why it may not be written from these runs: a sentence without its end. */
  readonly obstacle?: string;
}

/** The snapshots of a suite that was played to its end, in the order in which they are first named. */
export function snapshotCases(
  { runs }: SuiteResult,
  scenarios: readonly ScenarioName[],
  seedCount: number,
): readonly SnapshotCase[] {
  const files = new Set(scenarios.flatMap(({ snapshots }) => snapshots.map(({ file }) => file)));
  return [...files].flatMap((file) => {
    const uses = scenarios.flatMap(({ snapshots, file: scenarioFile }, scenario) => {
      const own = runs
        .slice(scenario * seedCount, (scenario + 1) * seedCount)
        .filter(({ skipped }) => skipped === null);
      return snapshots
        .filter((snapshot) => snapshot.file === file)
        .map((snapshot) => ({ snapshot, scenarioFile, runs: own }));
    });
    const played = [...new Set(uses.flatMap((use) => use.runs))];
    if (played.length === 0) return [];
    const obstacle = absentSharer(uses, scenarios) ?? played.map(obstacleIn).find((found) => found !== undefined);
    return [
      {
        file,
        scenarioFiles: [...new Set(uses.map(({ scenarioFile }) => scenarioFile))],
        isMissing: uses.some(({ snapshot }) => snapshot.isMissing),
        isMet: uses.every((use) => use.runs.every((run) => run.expectations[use.snapshot.index]?.verdict === "passed")),
        runs: played,
        ...(obstacle === undefined ? {} : { obstacle }),
      },
    ];
  });
}

/** That a scenario of the same file is to match the snapshot as well, and was left out of the suite. */
function absentSharer(
  uses: readonly { readonly snapshot: Snapshot; readonly scenarioFile: string }[],
  scenarios: readonly ScenarioName[],
): string | undefined {
  const played = new Set(scenarios.map(({ path }) => path));
  for (const { snapshot, scenarioFile } of uses) {
    const absent = snapshot.sharers.find((path) => !played.has(path));
    if (absent !== undefined) return `${absent} is to match it too: run all of ${scenarioFile}`;
  }
  return undefined;
}

/** Why a run is nothing to go by: it did not come to its end, or not all of it is known. */
function obstacleIn({ scenario, seed, failures, missing, expectations, trees }: RunResult): string | undefined {
  const run = `${scenario} with seed ${seed}`;
  if (failures.length > 0) return `${run} did not come to its end`;
  const isOpen = missing.length > 0 || expectations.some(({ verdict }) => verdict === "inconclusive");
  if (isOpen) return `${run} is inconclusive`;
  const isEmpty = trees.every(({ roots }) => semanticNodes(roots).length === 0);
  return isEmpty ? `${run} has no span that a shape could name` : undefined;
}

/** What a snapshot's file should hold, `old` being what it holds, and how many of its comments that leaves out; or what is wrong. */
export function snapshotText(
  { file, runs }: SnapshotCase,
  old: string | undefined,
  readInclude: ReadInclude,
): { readonly text: string; readonly lost: number } | readonly Fault[] {
  const traces = runs.map(({ trees }) => trees);
  if (old === undefined) return { text: printShape(inferShape(traces)), lost: 0 };
  try {
    return withComments(old, printShape(refreshShape(parseShape(old, file, readInclude), traces)));
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    return error.faults;
  }
}

/** The suite as it is once the snapshots of these files match. */
export function withMetSnapshots(
  suite: SuiteResult,
  scenarios: readonly ScenarioName[],
  { seedCount, files }: { readonly seedCount: number; readonly files: ReadonlySet<string> },
): SuiteResult {
  const runs = suite.runs.map((run, index): RunResult => {
    const snapshots = scenarios[Math.floor(index / seedCount)]?.snapshots ?? [];
    const met = new Set(snapshots.filter(({ file }) => files.has(file)).map((snapshot) => snapshot.index));
    if (met.size === 0 || run.skipped !== null) return run;
    const expectations = run.expectations.map((result, place): typeof result => {
      return met.has(place) ? { ...result, verdict: "passed", mismatches: [] } : result;
    });
    const verdicts = expectations.map(({ verdict }) => verdict);
    return {
      ...run,
      expectations,
      verdict: worst([...(run.failures.length > 0 ? ["failed" as const] : []), ...verdicts]),
    };
  });
  return { ...suite, runs, verdict: worst(runs.map(({ verdict }) => verdict)) };
}
